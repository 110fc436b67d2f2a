// Generated from schemas/bridge-902.xml (id 902, version 3): change that, then run `npm run generate`.
import { MessageDecoder } from "../../runtime/decoders.ts";
import { outOfRange } from "../../runtime/encode-error.ts";
import { MessageEncoder } from "../../runtime/encoders.ts";
import { fieldInfo, type MessageInfo } from "../../runtime/info.ts";
import type { Refusal } from "../../runtime/refusal.ts";
import { NO_VIEW } from "../../runtime/scan.ts";
import { messageShape } from "../../runtime/shapes.ts";
import { putUint64, putUint64Number } from "../../runtime/words.ts";

const MESSAGE = messageShape("BridgePart", 902, 73, 1, [12, 12, 12]);

/** Reads BridgePart in place. Continues a frame; values follow. */
export class BridgePartDecoder extends MessageDecoder {
  static readonly NAME = "BridgePart";
  static readonly SCHEMA_ID = 902;
  static readonly TEMPLATE_ID = 73;
  static readonly BLOCK_LENGTH = 12;
  /** What `messageKeyAt` says for this message. */
  static readonly KEY = 59113545;

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

  /** Where in the values its bytes go. */
  get valuesOffset(): number {
    return this.view.getUint32(this.block + 8, true);
  }
}

const HEADER = { name: "BridgePart", blockLength: 12, templateId: 73, schemaId: 902, version: 3 };

/** Writes BridgePart in place. */
export class BridgePartEncoder extends MessageEncoder {
  /** Bytes of the whole message with its SBE header. */
  static readonly ENCODED_LENGTH = 20;

  constructor() {
    super("BridgePart", []);
  }

  override wrap(view: DataView, offset: number, limit: number): this {
    this.begin(view, offset, limit, HEADER);
    const block = this.block;

    view.setUint32(block, 0, true);
    view.setUint32(block + 4, 0, true);
    view.setUint32(block + 8, 0, true);
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
    putUint64Number(this.view, this.block, value, "BridgePart.seq");
    return this;
  }

  setSeqBigint(value: bigint): this {
    putUint64(this.view, this.block, value, "BridgePart.seq");
    return this;
  }

  /** Where in the values its bytes go. */
  setValuesOffset(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("BridgePart.valuesOffset", "0 to 4294967295", value);
    this.view.setUint32(this.block + 8, value, true);
    return this;
  }
}

/** What tools need to know of BridgePart. */
export const BRIDGE_PART_INFO: MessageInfo = {
  kind: "message",
  name: "BridgePart",
  schemaId: 902,
  templateId: 73,
  version: 3,
  blockLength: 12,
  fields: [fieldInfo("seq", 1, "uint64", 0), fieldInfo("valuesOffset", 2, "uint32", 8)],
  groups: [],
  data: [],
  createDecoder: () => new BridgePartDecoder(),
  createEncoder: () => new BridgePartEncoder(),
};
