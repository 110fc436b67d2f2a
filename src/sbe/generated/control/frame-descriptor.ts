// Generated from schemas/control-900.xml (id 900, version 1): change that, then run `npm run generate`.
import { MessageDecoder } from "../../runtime/decoders.ts";
import { outOfRange } from "../../runtime/encode-error.ts";
import { MessageEncoder } from "../../runtime/encoders.ts";
import { fieldInfo, type MessageInfo } from "../../runtime/info.ts";
import type { Refusal } from "../../runtime/refusal.ts";
import { NO_VIEW } from "../../runtime/scan.ts";
import { messageShape } from "../../runtime/shapes.ts";
import { putUint64, putUint64Number } from "../../runtime/words.ts";

const MESSAGE = messageShape("FrameDescriptor", 900, 4, 1, [36]);

/** Reads FrameDescriptor in place. A frame is available. */
export class FrameDescriptorDecoder extends MessageDecoder {
  static readonly NAME = "FrameDescriptor";
  static readonly SCHEMA_ID = 900;
  static readonly TEMPLATE_ID = 4;
  static readonly BLOCK_LENGTH = 36;
  /** What `messageKeyAt` says for this message. */
  static readonly KEY = 58982404;

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

  get streamId(): number {
    return this.view.getUint32(this.block, true);
  }

  /** Allocates. */
  get epoch(): bigint {
    return this.view.getBigUint64(this.block + 4, true);
  }

  /** The upper 32 bits, unsigned. */
  get epochHigh(): number {
    return this.view.getUint32(this.block + 8, true);
  }

  /** The lower 32 bits, unsigned. */
  get epochLow(): number {
    return this.view.getUint32(this.block + 4, true);
  }

  /** Exact up to 2^53. */
  get epochNumber(): number {
    return this.view.getUint32(this.block + 8, true) * 4294967296 + this.view.getUint32(this.block + 4, true);
  }

  /** Allocates. */
  get seq(): bigint {
    return this.view.getBigUint64(this.block + 12, true);
  }

  /** The upper 32 bits, unsigned. */
  get seqHigh(): number {
    return this.view.getUint32(this.block + 16, true);
  }

  /** The lower 32 bits, unsigned. */
  get seqLow(): number {
    return this.view.getUint32(this.block + 12, true);
  }

  /** Exact up to 2^53. */
  get seqNumber(): number {
    return this.view.getUint32(this.block + 16, true) * 4294967296 + this.view.getUint32(this.block + 12, true);
  }

  get headerIndex(): number {
    return this.view.getUint32(this.block + 20, true);
  }

  static readonly timestampNsNull = 18446744073709551615n;

  /** Allocates. */
  get timestampNs(): bigint {
    return this.view.getBigUint64(this.block + 24, true);
  }

  /** The upper 32 bits, unsigned. */
  get timestampNsHigh(): number {
    return this.view.getUint32(this.block + 28, true);
  }

  /** The lower 32 bits, unsigned. */
  get timestampNsLow(): number {
    return this.view.getUint32(this.block + 24, true);
  }

  /** Exact up to 2^53. */
  get timestampNsNumber(): number {
    return this.view.getUint32(this.block + 28, true) * 4294967296 + this.view.getUint32(this.block + 24, true);
  }

  get hasTimestampNs(): boolean {
    return this.timestampNsLow !== 4294967295 || this.timestampNsHigh !== 4294967295;
  }

  static readonly metaVersionNull = 4294967295;

  get metaVersion(): number {
    return this.view.getUint32(this.block + 32, true);
  }

  get hasMetaVersion(): boolean {
    return this.view.getUint32(this.block + 32, true) !== 4294967295;
  }
}

const HEADER = { name: "FrameDescriptor", blockLength: 36, templateId: 4, schemaId: 900, version: 1 };

/** Writes FrameDescriptor in place. */
export class FrameDescriptorEncoder extends MessageEncoder {
  /** Bytes of the whole message with its SBE header. */
  static readonly ENCODED_LENGTH = 44;

  constructor() {
    super("FrameDescriptor", []);
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
    view.setUint32(block + 24, 4294967295, true);
    view.setUint32(block + 28, 4294967295, true);
    view.setUint32(block + 32, 4294967295, true);
    return this;
  }

  setStreamId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("FrameDescriptor.streamId", "0 to 4294967295", value);
    this.view.setUint32(this.block, value, true);
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setEpoch(high: number, low: number): this {
    this.view.setUint32(this.block + 4, low, true);
    this.view.setUint32(this.block + 8, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setEpochNumber(value: number): this {
    putUint64Number(this.view, this.block + 4, value, "FrameDescriptor.epoch");
    return this;
  }

  setEpochBigint(value: bigint): this {
    putUint64(this.view, this.block + 4, value, "FrameDescriptor.epoch");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setSeq(high: number, low: number): this {
    this.view.setUint32(this.block + 12, low, true);
    this.view.setUint32(this.block + 16, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setSeqNumber(value: number): this {
    putUint64Number(this.view, this.block + 12, value, "FrameDescriptor.seq");
    return this;
  }

  setSeqBigint(value: bigint): this {
    putUint64(this.view, this.block + 12, value, "FrameDescriptor.seq");
    return this;
  }

  setHeaderIndex(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("FrameDescriptor.headerIndex", "0 to 4294967295", value);
    this.view.setUint32(this.block + 20, value, true);
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setTimestampNs(high: number, low: number): this {
    this.view.setUint32(this.block + 24, low, true);
    this.view.setUint32(this.block + 28, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setTimestampNsNumber(value: number): this {
    putUint64Number(this.view, this.block + 24, value, "FrameDescriptor.timestampNs");
    return this;
  }

  setTimestampNsBigint(value: bigint): this {
    putUint64(this.view, this.block + 24, value, "FrameDescriptor.timestampNs");
    return this;
  }

  setTimestampNsNull(): this {
    return this.setTimestampNs(4294967295, 4294967295);
  }

  setMetaVersion(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("FrameDescriptor.metaVersion", "0 to 4294967295", value);
    this.view.setUint32(this.block + 32, value, true);
    return this;
  }

  setMetaVersionNull(): this {
    this.view.setUint32(this.block + 32, 4294967295, true);
    return this;
  }
}

/** What tools need to know of FrameDescriptor. */
export const FRAME_DESCRIPTOR_INFO: MessageInfo = {
  kind: "message",
  name: "FrameDescriptor",
  schemaId: 900,
  templateId: 4,
  version: 1,
  blockLength: 36,
  fields: [
    fieldInfo("streamId", 1, "uint32", 0),
    fieldInfo("epoch", 2, "uint64", 4),
    fieldInfo("seq", 3, "uint64", 12),
    fieldInfo("headerIndex", 4, "uint32", 20),
    fieldInfo("timestampNs", 5, "uint64", 24, { nullValue: "18446744073709551615" }),
    fieldInfo("metaVersion", 6, "uint32", 32, { nullValue: "4294967295" }),
  ],
  groups: [],
  data: [],
  createDecoder: () => new FrameDescriptorDecoder(),
  createEncoder: () => new FrameDescriptorEncoder(),
};
