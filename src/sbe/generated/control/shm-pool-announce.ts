// Generated from schemas/control-900.xml (id 900, version 1): change that, then run `npm run generate`.
import { asciiAt } from "../../runtime/bytes.ts";
import { GroupDecoder, MessageDecoder } from "../../runtime/decoders.ts";
import { outOfRange } from "../../runtime/encode-error.ts";
import { type EncodeCursor, GroupEncoder, MessageEncoder } from "../../runtime/encoders.ts";
import { fieldInfo, type MessageInfo } from "../../runtime/info.ts";
import type { Refusal } from "../../runtime/refusal.ts";
import { NO_VIEW, type Scan } from "../../runtime/scan.ts";
import { dataShape, groupShape, messageShape } from "../../runtime/shapes.ts";
import { putUint64, putUint64Number } from "../../runtime/words.ts";

const MESSAGE = messageShape("ShmPoolAnnounce", 900, 1, 1, [27]);
const PAYLOAD_POOLS = groupShape("ShmPoolAnnounce", "payloadPools", 1, [10], 4);
const PAYLOAD_POOLS_REGION_URI = dataShape("ShmPoolAnnounce", "payloadPools.regionUri", true);
const HEADER_REGION_URI = dataShape("ShmPoolAnnounce", "headerRegionUri", true);

/** Reads the entries of ShmPoolAnnounce.payloadPools. */
export class ShmPoolAnnouncePayloadPoolsDecoder extends GroupDecoder {
  /** Where the bytes of regionUri begin in the view. */
  regionUriOffset = 0;
  regionUriLength = 0;

  override check(scan: Scan): Refusal | null {
    let refused = scan.group(PAYLOAD_POOLS);
    if (refused !== null) return refused;
    this.begin(scan);

    for (let left = scan.entries; left > 0; left--) {
      refused = scan.entry(10, PAYLOAD_POOLS);
      if (refused !== null) return refused;

      refused = scan.data(PAYLOAD_POOLS_REGION_URI);
      if (refused !== null) return refused;
    }
    return null;
  }

  protected override locate(): number {
    let position = this.block + 10;

    this.regionUriLength = this.view.getUint32(position, true);
    this.regionUriOffset = position + 4;
    position += 4 + this.regionUriLength;
    return position;
  }

  get poolId(): number {
    return this.view.getUint16(this.block, true);
  }

  get poolNslots(): number {
    return this.view.getUint32(this.block + 2, true);
  }

  get strideBytes(): number {
    return this.view.getUint32(this.block + 6, true);
  }

  /** The string. Allocates. */
  regionUri(): string {
    return asciiAt(this.view, this.regionUriOffset, this.regionUriLength);
  }
}

/** Reads ShmPoolAnnounce in place. The regions of a stream. */
export class ShmPoolAnnounceDecoder extends MessageDecoder {
  static readonly NAME = "ShmPoolAnnounce";
  static readonly SCHEMA_ID = 900;
  static readonly TEMPLATE_ID = 1;
  static readonly BLOCK_LENGTH = 27;
  /** What `messageKeyAt` says for this message. */
  static readonly KEY = 58982401;

  readonly payloadPools = new ShmPoolAnnouncePayloadPoolsDecoder();
  /** Where the bytes of headerRegionUri begin in the view. */
  headerRegionUriOffset = 0;
  headerRegionUriLength = 0;

  override wrap(view: DataView, offset: number, length: number): Refusal | null {
    const refused = this.check(view, offset, length);
    this.view = refused === null ? view : NO_VIEW;
    if (refused !== null) {
      this.payloadPools.clear();
    }
    return refused;
  }

  private check(view: DataView, offset: number, length: number): Refusal | null {
    const scan = this.scan;
    let refused = scan.header(view, offset, length, MESSAGE);
    if (refused !== null) return refused;
    const block = offset + 8;
    this.block = block;

    refused = this.payloadPools.check(scan);
    if (refused !== null) return refused;
    refused = scan.data(HEADER_REGION_URI);
    if (refused !== null) return refused;
    this.headerRegionUriLength = scan.dataLength;
    this.headerRegionUriOffset = scan.position - scan.dataLength;
    return scan.finish(MESSAGE);
  }

  get streamId(): number {
    return this.view.getUint32(this.block, true);
  }

  get producerId(): number {
    return this.view.getUint32(this.block + 4, true);
  }

  /** Allocates. */
  get epoch(): bigint {
    return this.view.getBigUint64(this.block + 8, true);
  }

  /** The upper 32 bits, unsigned. */
  get epochHigh(): number {
    return this.view.getUint32(this.block + 12, true);
  }

  /** The lower 32 bits, unsigned. */
  get epochLow(): number {
    return this.view.getUint32(this.block + 8, true);
  }

  /** Exact up to 2^53. */
  get epochNumber(): number {
    return this.view.getUint32(this.block + 12, true) * 4294967296 + this.view.getUint32(this.block + 8, true);
  }

  get layoutVersion(): number {
    return this.view.getUint32(this.block + 16, true);
  }

  get headerNslots(): number {
    return this.view.getUint32(this.block + 20, true);
  }

  get headerSlotBytes(): number {
    return this.view.getUint16(this.block + 24, true);
  }

  get maxDims(): number {
    return this.view.getUint8(this.block + 26);
  }

  /** The string. Allocates. */
  headerRegionUri(): string {
    return asciiAt(this.view, this.headerRegionUriOffset, this.headerRegionUriLength);
  }
}

/** Writes the entries of ShmPoolAnnounce.payloadPools: `next()` before each. */
export class ShmPoolAnnouncePayloadPoolsEncoder extends GroupEncoder {
  constructor(cursor: EncodeCursor) {
    super(cursor, "ShmPoolAnnounce.payloadPools", ["regionUri"], 10);
  }

  protected override initialise(): void {
    const block = this.block;
    const view = this.view;
    view.setUint16(block, 0, true);
    view.setUint32(block + 2, 0, true);
    view.setUint32(block + 6, 0, true);
  }

  setPoolId(value: number): this {
    if ((value & 0xffff) !== value) throw outOfRange("ShmPoolAnnounce.payloadPools.poolId", "0 to 65535", value);
    this.view.setUint16(this.block, value, true);
    return this;
  }

  setPoolNslots(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ShmPoolAnnounce.payloadPools.poolNslots", "0 to 4294967295", value);
    this.view.setUint32(this.block + 2, value, true);
    return this;
  }

  setStrideBytes(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ShmPoolAnnounce.payloadPools.strideBytes", "0 to 4294967295", value);
    this.view.setUint32(this.block + 6, value, true);
    return this;
  }

  putRegionUri(text: string): this {
    this.putAscii(0, text);
    return this;
  }
}

const HEADER = { name: "ShmPoolAnnounce", blockLength: 27, templateId: 1, schemaId: 900, version: 1 };

/** Writes ShmPoolAnnounce in place. */
export class ShmPoolAnnounceEncoder extends MessageEncoder {
  private readonly payloadPoolsEncoder: ShmPoolAnnouncePayloadPoolsEncoder;

  constructor() {
    super("ShmPoolAnnounce", ["payloadPools", "headerRegionUri"]);
    this.payloadPoolsEncoder = new ShmPoolAnnouncePayloadPoolsEncoder(this.cursor);
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
    view.setUint16(block + 24, 0, true);
    view.setUint8(block + 26, 0);
    return this;
  }

  setStreamId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ShmPoolAnnounce.streamId", "0 to 4294967295", value);
    this.view.setUint32(this.block, value, true);
    return this;
  }

  setProducerId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ShmPoolAnnounce.producerId", "0 to 4294967295", value);
    this.view.setUint32(this.block + 4, value, true);
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setEpoch(high: number, low: number): this {
    this.view.setUint32(this.block + 8, low, true);
    this.view.setUint32(this.block + 12, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setEpochNumber(value: number): this {
    putUint64Number(this.view, this.block + 8, value, "ShmPoolAnnounce.epoch");
    return this;
  }

  setEpochBigint(value: bigint): this {
    putUint64(this.view, this.block + 8, value, "ShmPoolAnnounce.epoch");
    return this;
  }

  setLayoutVersion(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ShmPoolAnnounce.layoutVersion", "0 to 4294967295", value);
    this.view.setUint32(this.block + 16, value, true);
    return this;
  }

  setHeaderNslots(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ShmPoolAnnounce.headerNslots", "0 to 4294967295", value);
    this.view.setUint32(this.block + 20, value, true);
    return this;
  }

  setHeaderSlotBytes(value: number): this {
    if ((value & 0xffff) !== value) throw outOfRange("ShmPoolAnnounce.headerSlotBytes", "0 to 65535", value);
    this.view.setUint16(this.block + 24, value, true);
    return this;
  }

  setMaxDims(value: number): this {
    if ((value & 0xff) !== value) throw outOfRange("ShmPoolAnnounce.maxDims", "0 to 255", value);
    this.view.setUint8(this.block + 26, value);
    return this;
  }

  /** Begins payloadPools, of `count` entries, which are then written one by one. */
  payloadPoolsCount(count: number): ShmPoolAnnouncePayloadPoolsEncoder {
    this.enter(0);
    return this.payloadPoolsEncoder.begin(count);
  }

  putHeaderRegionUri(text: string): this {
    this.payloadPoolsEncoder.assertComplete();
    this.putAscii(1, text);
    return this;
  }
}

/** What tools need to know of ShmPoolAnnounce. */
export const SHM_POOL_ANNOUNCE_INFO: MessageInfo = {
  kind: "message",
  name: "ShmPoolAnnounce",
  schemaId: 900,
  templateId: 1,
  version: 1,
  blockLength: 27,
  fields: [
    fieldInfo("streamId", 1, "uint32", 0),
    fieldInfo("producerId", 2, "uint32", 4),
    fieldInfo("epoch", 3, "uint64", 8),
    fieldInfo("layoutVersion", 4, "uint32", 16),
    fieldInfo("headerNslots", 5, "uint32", 20),
    fieldInfo("headerSlotBytes", 6, "uint16", 24),
    fieldInfo("maxDims", 7, "uint8", 26),
  ],
  groups: [
    {
      name: "payloadPools",
      id: 9,
      blockLength: 10,
      fields: [
        fieldInfo("poolId", 1, "uint16", 0),
        fieldInfo("poolNslots", 2, "uint32", 2),
        fieldInfo("strideBytes", 3, "uint32", 6),
      ],
      groups: [],
      data: [{ name: "regionUri", id: 4, ascii: true }],
    },
  ],
  data: [{ name: "headerRegionUri", id: 8, ascii: true }],
  createDecoder: () => new ShmPoolAnnounceDecoder(),
  createEncoder: () => new ShmPoolAnnounceEncoder(),
};
