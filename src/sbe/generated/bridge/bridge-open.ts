// Generated from schemas/bridge-902.xml (id 902, version 3): change that, then run `npm run generate`.
import { asciiAt } from "../../runtime/bytes.ts";
import { GroupDecoder, MessageDecoder } from "../../runtime/decoders.ts";
import { outOfRange } from "../../runtime/encode-error.ts";
import { type EncodeCursor, GroupEncoder, MessageEncoder } from "../../runtime/encoders.ts";
import { fieldInfo, type MessageInfo } from "../../runtime/info.ts";
import { type Refusal, refusal } from "../../runtime/refusal.ts";
import { NO_VIEW, type Scan } from "../../runtime/scan.ts";
import { dataShape, groupShape, messageShape } from "../../runtime/shapes.ts";
import { putUint64, putUint64Number } from "../../runtime/words.ts";
import { BRIDGE_FLOW_INFO, type BridgeFlow, isBridgeFlow } from "./enums.ts";

const MESSAGE = messageShape("BridgeOpen", 902, 71, 1, [55, 57, 65]);
const FLOW_REFUSED = refusal("enum", "BridgeOpen", "flow", "a code of BridgeFlow");
const POOLS = groupShape("BridgeOpen", "pools", 1, [4, 4, 4], 0);
const PATH = dataShape("BridgeOpen", "path", true);

/** Reads the entries of BridgeOpen.pools. */
export class BridgeOpenPoolsDecoder extends GroupDecoder {
  override check(scan: Scan): Refusal | null {
    let refused = scan.group(POOLS);
    if (refused !== null) return refused;
    this.begin(scan);

    for (let left = scan.entries; left > 0; left--) {
      refused = scan.entry(4, POOLS);
      if (refused !== null) return refused;
    }
    return null;
  }

  protected override locate(): number {
    return this.block + 4;
  }

  get strideBytes(): number {
    return this.view.getUint32(this.block, true);
  }
}

/** Reads BridgeOpen in place. Once a second: the stream and its source. */
export class BridgeOpenDecoder extends MessageDecoder {
  static readonly NAME = "BridgeOpen";
  static readonly SCHEMA_ID = 902;
  static readonly TEMPLATE_ID = 71;
  static readonly BLOCK_LENGTH = 65;
  /** What `messageKeyAt` says for this message. */
  static readonly KEY = 59113543;

  readonly pools = new BridgeOpenPoolsDecoder();
  /** Where the bytes of path begin in the view. */
  pathOffset = 0;
  pathLength = 0;

  override wrap(view: DataView, offset: number, length: number): Refusal | null {
    const refused = this.check(view, offset, length);
    this.view = refused === null ? view : NO_VIEW;
    if (refused !== null) {
      this.pools.clear();
    }
    return refused;
  }

  private check(view: DataView, offset: number, length: number): Refusal | null {
    const scan = this.scan;
    let refused = scan.header(view, offset, length, MESSAGE);
    if (refused !== null) return refused;
    const block = offset + 8;
    this.block = block;

    const flowCode = view.getUint8(block + 54);
    if (!isBridgeFlow(flowCode)) return scan.refuse(FLOW_REFUSED, block + 54, flowCode);
    refused = this.pools.check(scan);
    if (refused !== null) return refused;
    refused = scan.data(PATH);
    if (refused !== null) return refused;
    this.pathLength = scan.dataLength;
    this.pathOffset = scan.position - scan.dataLength;
    return scan.finish(MESSAGE);
  }

  /** Of the source. */
  get streamId(): number {
    return this.view.getUint32(this.block, true);
  }

  /** 0: the sender has no epoch of the source. */
  get nslots(): number {
    return this.view.getUint32(this.block + 4, true);
  }

  /** Drawn at random by the sender; its ledger is of this instance. Allocates. */
  get instance(): bigint {
    return this.view.getBigUint64(this.block + 8, true);
  }

  /** The upper 32 bits, unsigned. */
  get instanceHigh(): number {
    return this.view.getUint32(this.block + 12, true);
  }

  /** The lower 32 bits, unsigned. */
  get instanceLow(): number {
    return this.view.getUint32(this.block + 8, true);
  }

  /** Exact up to 2^53. */
  get instanceNumber(): number {
    return this.view.getUint32(this.block + 12, true) * 4294967296 + this.view.getUint32(this.block + 8, true);
  }

  /** Of the source. Allocates. */
  get epoch(): bigint {
    return this.view.getBigUint64(this.block + 16, true);
  }

  /** The upper 32 bits, unsigned. */
  get epochHigh(): number {
    return this.view.getUint32(this.block + 20, true);
  }

  /** The lower 32 bits, unsigned. */
  get epochLow(): number {
    return this.view.getUint32(this.block + 16, true);
  }

  /** Exact up to 2^53. */
  get epochNumber(): number {
    return this.view.getUint32(this.block + 20, true) * 4294967296 + this.view.getUint32(this.block + 16, true);
  }

  /** Newest seq when the sender joined the epoch, 0 before the first. Allocates. */
  get joinedSeq(): bigint {
    return this.view.getBigUint64(this.block + 24, true);
  }

  /** The upper 32 bits, unsigned. */
  get joinedSeqHigh(): number {
    return this.view.getUint32(this.block + 28, true);
  }

  /** The lower 32 bits, unsigned. */
  get joinedSeqLow(): number {
    return this.view.getUint32(this.block + 24, true);
  }

  /** Exact up to 2^53. */
  get joinedSeqNumber(): number {
    return this.view.getUint32(this.block + 28, true) * 4294967296 + this.view.getUint32(this.block + 24, true);
  }

  /** The sender's CLOCK_MONOTONIC. Allocates. */
  get monotonicNs(): bigint {
    return this.view.getBigUint64(this.block + 32, true);
  }

  /** The upper 32 bits, unsigned. */
  get monotonicNsHigh(): number {
    return this.view.getUint32(this.block + 36, true);
  }

  /** The lower 32 bits, unsigned. */
  get monotonicNsLow(): number {
    return this.view.getUint32(this.block + 32, true);
  }

  /** Exact up to 2^53. */
  get monotonicNsNumber(): number {
    return this.view.getUint32(this.block + 36, true) * 4294967296 + this.view.getUint32(this.block + 32, true);
  }

  /** The receiver's CLOCK_MONOTONIC at the same time; of no meaning without farErrorNs. Allocates. */
  get farMonotonicNs(): bigint {
    return this.view.getBigUint64(this.block + 40, true);
  }

  /** The upper 32 bits, unsigned. */
  get farMonotonicNsHigh(): number {
    return this.view.getUint32(this.block + 44, true);
  }

  /** The lower 32 bits, unsigned. */
  get farMonotonicNsLow(): number {
    return this.view.getUint32(this.block + 40, true);
  }

  /** Exact up to 2^53. */
  get farMonotonicNsNumber(): number {
    return this.view.getUint32(this.block + 44, true) * 4294967296 + this.view.getUint32(this.block + 40, true);
  }

  /** Most values bytes of one message. */
  get partBytes(): number {
    return this.view.getUint32(this.block + 48, true);
  }

  /** Which seqs follow: 1 all, N multiples of N, 0 any. */
  get seqStep(): number {
    return this.view.getUint16(this.block + 52, true);
  }

  get flow(): BridgeFlow {
    return this.view.getUint8(this.block + 54) as BridgeFlow;
  }

  static readonly returnPortNull = 65535;

  /** UDP port of the sender for BridgeReport; absent: it hears none. */
  get returnPort(): number {
    if (this.version < 2) return 65535;
    return this.view.getUint16(this.block + 55, true);
  }

  get hasReturnPort(): boolean {
    return this.version >= 2 && this.view.getUint16(this.block + 55, true) !== 65535;
  }

  static readonly farErrorNsNull = 18446744073709551615n;

  /** By how much farMonotonicNs may be off; absent: it is not known. Allocates. */
  get farErrorNs(): bigint {
    if (this.version < 3) return 18446744073709551615n;
    return this.view.getBigUint64(this.block + 57, true);
  }

  /** The upper 32 bits, unsigned. */
  get farErrorNsHigh(): number {
    if (this.version < 3) return 4294967295;
    return this.view.getUint32(this.block + 61, true);
  }

  /** The lower 32 bits, unsigned. */
  get farErrorNsLow(): number {
    if (this.version < 3) return 4294967295;
    return this.view.getUint32(this.block + 57, true);
  }

  /** Exact up to 2^53. */
  get farErrorNsNumber(): number {
    if (this.version < 3) return Number(18446744073709551615n);
    return this.view.getUint32(this.block + 61, true) * 4294967296 + this.view.getUint32(this.block + 57, true);
  }

  get hasFarErrorNs(): boolean {
    return this.version >= 3 && (this.farErrorNsLow !== 4294967295 || this.farErrorNsHigh !== 4294967295);
  }

  /** The string (Streams that the frames have passed, with commas between them). Allocates. */
  path(): string {
    return asciiAt(this.view, this.pathOffset, this.pathLength);
  }
}

/** Writes the entries of BridgeOpen.pools: `next()` before each. */
export class BridgeOpenPoolsEncoder extends GroupEncoder {
  constructor(cursor: EncodeCursor) {
    super(cursor, "BridgeOpen.pools", [], 4);
  }

  protected override initialise(): void {
    const block = this.block;
    const view = this.view;
    view.setUint32(block, 0, true);
  }

  setStrideBytes(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("BridgeOpen.pools.strideBytes", "0 to 4294967295", value);
    this.view.setUint32(this.block, value, true);
    return this;
  }
}

const HEADER = { name: "BridgeOpen", blockLength: 65, templateId: 71, schemaId: 902, version: 3 };

/** Writes BridgeOpen in place. */
export class BridgeOpenEncoder extends MessageEncoder {
  private readonly poolsEncoder: BridgeOpenPoolsEncoder;

  constructor() {
    super("BridgeOpen", ["pools", "path"]);
    this.poolsEncoder = new BridgeOpenPoolsEncoder(this.cursor);
  }

  override wrap(view: DataView, offset: number, limit: number): this {
    this.begin(view, offset, limit, HEADER);
    const block = this.block;

    view.setUint32(block, 0, true);
    view.setUint32(block + 4, 0, true);
    view.setUint32(block + 8, 0, true);
    view.setUint32(block + 12, 0, true);
    view.setUint32(block + 16, 0, true);
    view.setUint32(block + 20, 0, true);
    view.setUint32(block + 24, 0, true);
    view.setUint32(block + 28, 0, true);
    view.setUint32(block + 32, 0, true);
    view.setUint32(block + 36, 0, true);
    view.setUint32(block + 40, 0, true);
    view.setUint32(block + 44, 0, true);
    view.setUint32(block + 48, 0, true);
    view.setUint16(block + 52, 0, true);
    view.setUint8(block + 54, 0);
    view.setUint16(block + 55, 65535, true);
    view.setUint32(block + 57, 4294967295, true);
    view.setUint32(block + 61, 4294967295, true);
    return this;
  }

  /** Of the source. */
  setStreamId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("BridgeOpen.streamId", "0 to 4294967295", value);
    this.view.setUint32(this.block, value, true);
    return this;
  }

  /** 0: the sender has no epoch of the source. */
  setNslots(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("BridgeOpen.nslots", "0 to 4294967295", value);
    this.view.setUint32(this.block + 4, value, true);
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setInstance(high: number, low: number): this {
    this.view.setUint32(this.block + 8, low, true);
    this.view.setUint32(this.block + 12, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setInstanceNumber(value: number): this {
    putUint64Number(this.view, this.block + 8, value, "BridgeOpen.instance");
    return this;
  }

  setInstanceBigint(value: bigint): this {
    putUint64(this.view, this.block + 8, value, "BridgeOpen.instance");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setEpoch(high: number, low: number): this {
    this.view.setUint32(this.block + 16, low, true);
    this.view.setUint32(this.block + 20, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setEpochNumber(value: number): this {
    putUint64Number(this.view, this.block + 16, value, "BridgeOpen.epoch");
    return this;
  }

  setEpochBigint(value: bigint): this {
    putUint64(this.view, this.block + 16, value, "BridgeOpen.epoch");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setJoinedSeq(high: number, low: number): this {
    this.view.setUint32(this.block + 24, low, true);
    this.view.setUint32(this.block + 28, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setJoinedSeqNumber(value: number): this {
    putUint64Number(this.view, this.block + 24, value, "BridgeOpen.joinedSeq");
    return this;
  }

  setJoinedSeqBigint(value: bigint): this {
    putUint64(this.view, this.block + 24, value, "BridgeOpen.joinedSeq");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setMonotonicNs(high: number, low: number): this {
    this.view.setUint32(this.block + 32, low, true);
    this.view.setUint32(this.block + 36, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setMonotonicNsNumber(value: number): this {
    putUint64Number(this.view, this.block + 32, value, "BridgeOpen.monotonicNs");
    return this;
  }

  setMonotonicNsBigint(value: bigint): this {
    putUint64(this.view, this.block + 32, value, "BridgeOpen.monotonicNs");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setFarMonotonicNs(high: number, low: number): this {
    this.view.setUint32(this.block + 40, low, true);
    this.view.setUint32(this.block + 44, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setFarMonotonicNsNumber(value: number): this {
    putUint64Number(this.view, this.block + 40, value, "BridgeOpen.farMonotonicNs");
    return this;
  }

  setFarMonotonicNsBigint(value: bigint): this {
    putUint64(this.view, this.block + 40, value, "BridgeOpen.farMonotonicNs");
    return this;
  }

  /** Most values bytes of one message. */
  setPartBytes(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("BridgeOpen.partBytes", "0 to 4294967295", value);
    this.view.setUint32(this.block + 48, value, true);
    return this;
  }

  /** Which seqs follow: 1 all, N multiples of N, 0 any. */
  setSeqStep(value: number): this {
    if ((value & 0xffff) !== value) throw outOfRange("BridgeOpen.seqStep", "0 to 65535", value);
    this.view.setUint16(this.block + 52, value, true);
    return this;
  }

  setFlow(value: number): this {
    if (!isBridgeFlow(value)) throw outOfRange("BridgeOpen.flow", "a code of BridgeFlow", value);
    this.view.setUint8(this.block + 54, value);
    return this;
  }

  /** UDP port of the sender for BridgeReport; absent: it hears none. */
  setReturnPort(value: number): this {
    if ((value & 0xffff) !== value) throw outOfRange("BridgeOpen.returnPort", "0 to 65535", value);
    this.view.setUint16(this.block + 55, value, true);
    return this;
  }

  setReturnPortNull(): this {
    this.view.setUint16(this.block + 55, 65535, true);
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setFarErrorNs(high: number, low: number): this {
    this.view.setUint32(this.block + 57, low, true);
    this.view.setUint32(this.block + 61, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setFarErrorNsNumber(value: number): this {
    putUint64Number(this.view, this.block + 57, value, "BridgeOpen.farErrorNs");
    return this;
  }

  setFarErrorNsBigint(value: bigint): this {
    putUint64(this.view, this.block + 57, value, "BridgeOpen.farErrorNs");
    return this;
  }

  setFarErrorNsNull(): this {
    return this.setFarErrorNs(4294967295, 4294967295);
  }

  /** Begins pools, of `count` entries, which are then written one by one. */
  poolsCount(count: number): BridgeOpenPoolsEncoder {
    this.enter(0);
    return this.poolsEncoder.begin(count);
  }

  putPath(text: string): this {
    this.poolsEncoder.assertComplete();
    this.putAscii(1, text);
    return this;
  }
}

/** What tools need to know of BridgeOpen. */
export const BRIDGE_OPEN_INFO: MessageInfo = {
  kind: "message",
  name: "BridgeOpen",
  schemaId: 902,
  templateId: 71,
  version: 3,
  blockLength: 65,
  fields: [
    fieldInfo("streamId", 1, "uint32", 0),
    fieldInfo("nslots", 2, "uint32", 4),
    fieldInfo("instance", 3, "uint64", 8),
    fieldInfo("epoch", 4, "uint64", 16),
    fieldInfo("joinedSeq", 5, "uint64", 24),
    fieldInfo("monotonicNs", 6, "uint64", 32),
    fieldInfo("farMonotonicNs", 7, "uint64", 40),
    fieldInfo("partBytes", 8, "uint32", 48),
    fieldInfo("seqStep", 9, "uint16", 52),
    fieldInfo("flow", 10, "uint8", 54, { codes: BRIDGE_FLOW_INFO }),
    fieldInfo("returnPort", 13, "uint16", 55, { nullValue: "65535" }),
    fieldInfo("farErrorNs", 14, "uint64", 57, { nullValue: "18446744073709551615" }),
  ],
  groups: [
    { name: "pools", id: 11, blockLength: 4, fields: [fieldInfo("strideBytes", 1, "uint32", 0)], groups: [], data: [] },
  ],
  data: [{ name: "path", id: 12, ascii: true }],
  createDecoder: () => new BridgeOpenDecoder(),
  createEncoder: () => new BridgeOpenEncoder(),
};
