// Generated from schemas/control-900.xml (id 900, version 1): change that, then run `npm run generate`.
import { MessageDecoder } from "../../runtime/decoders.ts";
import { outOfRange } from "../../runtime/encode-error.ts";
import { MessageEncoder } from "../../runtime/encoders.ts";
import { fieldInfo, type MessageInfo } from "../../runtime/info.ts";
import { type Refusal, refusal } from "../../runtime/refusal.ts";
import { NO_VIEW } from "../../runtime/scan.ts";
import { messageShape } from "../../runtime/shapes.ts";
import { putUint64, putUint64Number } from "../../runtime/words.ts";
import { FRAME_PROGRESS_STATE_INFO, type FrameProgressState, isFrameProgressState } from "./enums.ts";

const MESSAGE = messageShape("FrameProgress", 900, 11, 1, [37]);
const STATE_REFUSED = refusal("enum", "FrameProgress", "state", "a code of FrameProgressState");

/** Reads FrameProgress in place. How much of a frame is there. */
export class FrameProgressDecoder extends MessageDecoder {
  static readonly NAME = "FrameProgress";
  static readonly SCHEMA_ID = 900;
  static readonly TEMPLATE_ID = 11;
  static readonly BLOCK_LENGTH = 37;
  /** What `messageKeyAt` says for this message. */
  static readonly KEY = 58982411;

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

    const stateCode = view.getUint8(block + 32);
    if (!isFrameProgressState(stateCode)) return scan.refuse(STATE_REFUSED, block + 32, stateCode);

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
  get frameId(): bigint {
    return this.view.getBigUint64(this.block + 12, true);
  }

  /** The upper 32 bits, unsigned. */
  get frameIdHigh(): number {
    return this.view.getUint32(this.block + 16, true);
  }

  /** The lower 32 bits, unsigned. */
  get frameIdLow(): number {
    return this.view.getUint32(this.block + 12, true);
  }

  /** Exact up to 2^53. */
  get frameIdNumber(): number {
    return this.view.getUint32(this.block + 16, true) * 4294967296 + this.view.getUint32(this.block + 12, true);
  }

  get headerIndex(): number {
    return this.view.getUint32(this.block + 20, true);
  }

  /** Allocates. */
  get payloadBytesFilled(): bigint {
    return this.view.getBigUint64(this.block + 24, true);
  }

  /** The upper 32 bits, unsigned. */
  get payloadBytesFilledHigh(): number {
    return this.view.getUint32(this.block + 28, true);
  }

  /** The lower 32 bits, unsigned. */
  get payloadBytesFilledLow(): number {
    return this.view.getUint32(this.block + 24, true);
  }

  /** Exact up to 2^53. */
  get payloadBytesFilledNumber(): number {
    return this.view.getUint32(this.block + 28, true) * 4294967296 + this.view.getUint32(this.block + 24, true);
  }

  get state(): FrameProgressState {
    return this.view.getUint8(this.block + 32) as FrameProgressState;
  }

  static readonly rowsFilledNull = 4294967295;

  get rowsFilled(): number {
    return this.view.getUint32(this.block + 33, true);
  }

  get hasRowsFilled(): boolean {
    return this.view.getUint32(this.block + 33, true) !== 4294967295;
  }
}

const HEADER = { name: "FrameProgress", blockLength: 37, templateId: 11, schemaId: 900, version: 1 };

/** Writes FrameProgress in place. */
export class FrameProgressEncoder extends MessageEncoder {
  /** Bytes of the whole message with its SBE header. */
  static readonly ENCODED_LENGTH = 45;

  constructor() {
    super("FrameProgress", []);
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
    view.setUint8(block + 32, 0);
    view.setUint32(block + 33, 4294967295, true);
    return this;
  }

  setStreamId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("FrameProgress.streamId", "0 to 4294967295", value);
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
    putUint64Number(this.view, this.block + 4, value, "FrameProgress.epoch");
    return this;
  }

  setEpochBigint(value: bigint): this {
    putUint64(this.view, this.block + 4, value, "FrameProgress.epoch");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setFrameId(high: number, low: number): this {
    this.view.setUint32(this.block + 12, low, true);
    this.view.setUint32(this.block + 16, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setFrameIdNumber(value: number): this {
    putUint64Number(this.view, this.block + 12, value, "FrameProgress.frameId");
    return this;
  }

  setFrameIdBigint(value: bigint): this {
    putUint64(this.view, this.block + 12, value, "FrameProgress.frameId");
    return this;
  }

  setHeaderIndex(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("FrameProgress.headerIndex", "0 to 4294967295", value);
    this.view.setUint32(this.block + 20, value, true);
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setPayloadBytesFilled(high: number, low: number): this {
    this.view.setUint32(this.block + 24, low, true);
    this.view.setUint32(this.block + 28, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setPayloadBytesFilledNumber(value: number): this {
    putUint64Number(this.view, this.block + 24, value, "FrameProgress.payloadBytesFilled");
    return this;
  }

  setPayloadBytesFilledBigint(value: bigint): this {
    putUint64(this.view, this.block + 24, value, "FrameProgress.payloadBytesFilled");
    return this;
  }

  setState(value: number): this {
    if (!isFrameProgressState(value)) throw outOfRange("FrameProgress.state", "a code of FrameProgressState", value);
    this.view.setUint8(this.block + 32, value);
    return this;
  }

  setRowsFilled(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("FrameProgress.rowsFilled", "0 to 4294967295", value);
    this.view.setUint32(this.block + 33, value, true);
    return this;
  }

  setRowsFilledNull(): this {
    this.view.setUint32(this.block + 33, 4294967295, true);
    return this;
  }
}

/** What tools need to know of FrameProgress. */
export const FRAME_PROGRESS_INFO: MessageInfo = {
  kind: "message",
  name: "FrameProgress",
  schemaId: 900,
  templateId: 11,
  version: 1,
  blockLength: 37,
  fields: [
    fieldInfo("streamId", 1, "uint32", 0),
    fieldInfo("epoch", 2, "uint64", 4),
    fieldInfo("frameId", 3, "uint64", 12),
    fieldInfo("headerIndex", 4, "uint32", 20),
    fieldInfo("payloadBytesFilled", 5, "uint64", 24),
    fieldInfo("state", 6, "uint8", 32, { codes: FRAME_PROGRESS_STATE_INFO }),
    fieldInfo("rowsFilled", 7, "uint32", 33, { nullValue: "4294967295" }),
  ],
  groups: [],
  data: [],
  createDecoder: () => new FrameProgressDecoder(),
  createEncoder: () => new FrameProgressEncoder(),
};
