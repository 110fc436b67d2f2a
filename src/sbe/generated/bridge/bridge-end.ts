// Generated from schemas/bridge-902.xml (id 902, version 3): change that, then run `npm run generate`.
import { MessageDecoder } from "../../runtime/decoders.ts";
import { outOfRange } from "../../runtime/encode-error.ts";
import { MessageEncoder } from "../../runtime/encoders.ts";
import { fieldInfo, type MessageInfo } from "../../runtime/info.ts";
import { type Refusal, refusal } from "../../runtime/refusal.ts";
import { NO_VIEW } from "../../runtime/scan.ts";
import { messageShape } from "../../runtime/shapes.ts";
import { putUint64, putUint64Number } from "../../runtime/words.ts";
import { BRIDGE_VERDICT_INFO, type BridgeVerdict, isBridgeVerdict } from "./enums.ts";

const MESSAGE = messageShape("BridgeEnd", 902, 74, 1, [9, 17, 17]);
const VERDICT_REFUSED = refusal("enum", "BridgeEnd", "verdict", "a code of BridgeVerdict");

/** Reads BridgeEnd in place. Ends a frame. */
export class BridgeEndDecoder extends MessageDecoder {
  static readonly NAME = "BridgeEnd";
  static readonly SCHEMA_ID = 902;
  static readonly TEMPLATE_ID = 74;
  static readonly BLOCK_LENGTH = 17;
  /** What `messageKeyAt` says for this message. */
  static readonly KEY = 59113546;

  override wrap(view: DataView, offset: number, length: number): Refusal | null {
    const refused = this.check(view, offset, length);
    this.view = refused === null ? view : NO_VIEW;

    return refused;
  }

  private check(view: DataView, offset: number, length: number): Refusal | null {
    const scan = this.scan;
    const refused = scan.header(view, offset, length, MESSAGE);
    if (refused !== null) return refused;
    const block = offset + 8;
    this.block = block;

    const verdictCode = view.getUint8(block + 8);
    if (!isBridgeVerdict(verdictCode)) return scan.refuse(VERDICT_REFUSED, block + 8, verdictCode);

    return scan.finish(MESSAGE);
  }

  /** Allocates. */
  get seq(): bigint {
    return this.view.getBigUint64(this.block, true);
  }

  /** The upper 32 bits, unsigned. */
  get seqHigh(): number {
    return this.view.getUint32(this.block + 4, true);
  }

  /** The lower 32 bits, unsigned. */
  get seqLow(): number {
    return this.view.getUint32(this.block, true);
  }

  /** Exact up to 2^53. */
  get seqNumber(): number {
    return this.view.getUint32(this.block + 4, true) * 4294967296 + this.view.getUint32(this.block, true);
  }

  get verdict(): BridgeVerdict {
    return this.view.getUint8(this.block + 8) as BridgeVerdict;
  }

  static readonly checksumNull = 18446744073709551615n;

  /** Of the frame's values, as the sender read them; absent: not computed. Allocates. */
  get checksum(): bigint {
    if (this.version < 2) return 18446744073709551615n;
    return this.view.getBigUint64(this.block + 9, true);
  }

  /** The upper 32 bits, unsigned. */
  get checksumHigh(): number {
    if (this.version < 2) return 4294967295;
    return this.view.getUint32(this.block + 13, true);
  }

  /** The lower 32 bits, unsigned. */
  get checksumLow(): number {
    if (this.version < 2) return 4294967295;
    return this.view.getUint32(this.block + 9, true);
  }

  /** Exact up to 2^53. */
  get checksumNumber(): number {
    if (this.version < 2) return Number(18446744073709551615n);
    return this.view.getUint32(this.block + 13, true) * 4294967296 + this.view.getUint32(this.block + 9, true);
  }

  get hasChecksum(): boolean {
    return this.version >= 2 && (this.checksumLow !== 4294967295 || this.checksumHigh !== 4294967295);
  }
}

const HEADER = { name: "BridgeEnd", blockLength: 17, templateId: 74, schemaId: 902, version: 3 };

/** Writes BridgeEnd in place. */
export class BridgeEndEncoder extends MessageEncoder {
  /** Bytes of the whole message with its SBE header. */
  static readonly ENCODED_LENGTH = 25;

  constructor() {
    super("BridgeEnd", []);
  }

  override wrap(view: DataView, offset: number, limit: number): this {
    this.begin(view, offset, limit, HEADER);
    const block = this.block;

    view.setUint32(block, 0, true);
    view.setUint32(block + 4, 0, true);
    view.setUint8(block + 8, 0);
    view.setUint32(block + 9, 4294967295, true);
    view.setUint32(block + 13, 4294967295, true);
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setSeq(high: number, low: number): this {
    this.view.setUint32(this.block, low, true);
    this.view.setUint32(this.block + 4, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setSeqNumber(value: number): this {
    putUint64Number(this.view, this.block, value, "BridgeEnd.seq");
    return this;
  }

  setSeqBigint(value: bigint): this {
    putUint64(this.view, this.block, value, "BridgeEnd.seq");
    return this;
  }

  setVerdict(value: number): this {
    if (!isBridgeVerdict(value)) throw outOfRange("BridgeEnd.verdict", "a code of BridgeVerdict", value);
    this.view.setUint8(this.block + 8, value);
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setChecksum(high: number, low: number): this {
    this.view.setUint32(this.block + 9, low, true);
    this.view.setUint32(this.block + 13, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setChecksumNumber(value: number): this {
    putUint64Number(this.view, this.block + 9, value, "BridgeEnd.checksum");
    return this;
  }

  setChecksumBigint(value: bigint): this {
    putUint64(this.view, this.block + 9, value, "BridgeEnd.checksum");
    return this;
  }

  setChecksumNull(): this {
    return this.setChecksum(4294967295, 4294967295);
  }
}

/** What tools need to know of BridgeEnd. */
export const BRIDGE_END_INFO: MessageInfo = {
  kind: "message",
  name: "BridgeEnd",
  schemaId: 902,
  templateId: 74,
  version: 3,
  blockLength: 17,
  fields: [
    fieldInfo("seq", 1, "uint64", 0),
    fieldInfo("verdict", 2, "uint8", 8, { codes: BRIDGE_VERDICT_INFO }),
    fieldInfo("checksum", 3, "uint64", 9, { nullValue: "18446744073709551615" }),
  ],
  groups: [],
  data: [],
  createDecoder: () => new BridgeEndDecoder(),
  createEncoder: () => new BridgeEndEncoder(),
};
