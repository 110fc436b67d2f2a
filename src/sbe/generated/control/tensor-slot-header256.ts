// Generated from schemas/control-900.xml (id 900, version 1): change that, then run `npm run generate`.
import { StructureDecoder } from "../../runtime/decoders.ts";
import { outOfRange } from "../../runtime/encode-error.ts";
import { StructureEncoder } from "../../runtime/encoders.ts";
import { fieldInfo, type StructureInfo } from "../../runtime/info.ts";
import { type Refusal, refusal } from "../../runtime/refusal.ts";
import { NO_VIEW } from "../../runtime/scan.ts";
import { elementOffset, putUint64, putUint64Number } from "../../runtime/words.ts";
import { DTYPE_INFO, type Dtype, isDtype, isMajorOrder, MAJOR_ORDER_INFO, type MajorOrder } from "./enums.ts";

const TRUNCATED = refusal("truncated", "TensorSlotHeader256", "", "256 bytes");
const DTYPE_REFUSED = refusal("enum", "TensorSlotHeader256", "dtype", "a code of Dtype");
const MAJOR_ORDER_REFUSED = refusal("enum", "TensorSlotHeader256", "majorOrder", "a code of MajorOrder");

/** Bytes of TensorSlotHeader256. */
export const TENSOR_SLOT_HEADER256_BYTES = 256;
export const TENSOR_SLOT_HEADER256_COMMIT_WORD_OFFSET = 0;
export const TENSOR_SLOT_HEADER256_FRAME_ID_OFFSET = 8;
export const TENSOR_SLOT_HEADER256_TIMESTAMP_NS_OFFSET = 16;
export const TENSOR_SLOT_HEADER256_META_VERSION_OFFSET = 24;
export const TENSOR_SLOT_HEADER256_VALUES_LEN_BYTES_OFFSET = 28;
export const TENSOR_SLOT_HEADER256_PAYLOAD_SLOT_OFFSET = 32;
export const TENSOR_SLOT_HEADER256_PAYLOAD_OFFSET_OFFSET = 36;
export const TENSOR_SLOT_HEADER256_POOL_ID_OFFSET = 40;
export const TENSOR_SLOT_HEADER256_DTYPE_OFFSET = 42;
export const TENSOR_SLOT_HEADER256_MAJOR_ORDER_OFFSET = 44;
export const TENSOR_SLOT_HEADER256_NDIMS_OFFSET = 46;
export const TENSOR_SLOT_HEADER256_PAD_ALIGN_OFFSET = 47;
export const TENSOR_SLOT_HEADER256_DIMS_OFFSET = 48;
export const TENSOR_SLOT_HEADER256_STRIDES_OFFSET = 80;
export const TENSOR_SLOT_HEADER256_PADDING_OFFSET = 112;

/** Reads TensorSlotHeader256 in place. One slot of a header ring. It has no message header. */
export class TensorSlotHeader256Decoder extends StructureDecoder {
  static readonly NAME = "TensorSlotHeader256";
  static readonly SCHEMA_ID = 900;
  static readonly TEMPLATE_ID = 51;
  static readonly BLOCK_LENGTH = 256;

  override wrap(view: DataView, offset: number): Refusal | null {
    const refused = this.check(view, offset);
    this.view = refused === null ? view : NO_VIEW;
    return refused;
  }

  private check(view: DataView, block: number): Refusal | null {
    const scan = this.scan;
    const refused = scan.structure(view, block, 256, TRUNCATED);
    if (refused !== null) return refused;
    this.block = block;

    const dtypeCode = view.getInt16(block + 42, true);
    if (!isDtype(dtypeCode)) return scan.refuse(DTYPE_REFUSED, block + 42, dtypeCode);

    const majorOrderCode = view.getInt16(block + 44, true);
    if (!isMajorOrder(majorOrderCode)) return scan.refuse(MAJOR_ORDER_REFUSED, block + 44, majorOrderCode);
    return null;
  }

  /** Allocates. */
  get commitWord(): bigint {
    return this.view.getBigUint64(this.block, true);
  }

  /** The upper 32 bits, unsigned. */
  get commitWordHigh(): number {
    return this.view.getUint32(this.block + 4, true);
  }

  /** The lower 32 bits, unsigned. */
  get commitWordLow(): number {
    return this.view.getUint32(this.block, true);
  }

  /** Exact up to 2^53. */
  get commitWordNumber(): number {
    return this.view.getUint32(this.block + 4, true) * 4294967296 + this.view.getUint32(this.block, true);
  }

  /** Allocates. */
  get frameId(): bigint {
    return this.view.getBigUint64(this.block + 8, true);
  }

  /** The upper 32 bits, unsigned. */
  get frameIdHigh(): number {
    return this.view.getUint32(this.block + 12, true);
  }

  /** The lower 32 bits, unsigned. */
  get frameIdLow(): number {
    return this.view.getUint32(this.block + 8, true);
  }

  /** Exact up to 2^53. */
  get frameIdNumber(): number {
    return this.view.getUint32(this.block + 12, true) * 4294967296 + this.view.getUint32(this.block + 8, true);
  }

  /** Allocates. */
  get timestampNs(): bigint {
    return this.view.getBigUint64(this.block + 16, true);
  }

  /** The upper 32 bits, unsigned. */
  get timestampNsHigh(): number {
    return this.view.getUint32(this.block + 20, true);
  }

  /** The lower 32 bits, unsigned. */
  get timestampNsLow(): number {
    return this.view.getUint32(this.block + 16, true);
  }

  /** Exact up to 2^53. */
  get timestampNsNumber(): number {
    return this.view.getUint32(this.block + 20, true) * 4294967296 + this.view.getUint32(this.block + 16, true);
  }

  get metaVersion(): number {
    return this.view.getUint32(this.block + 24, true);
  }

  get valuesLenBytes(): number {
    return this.view.getUint32(this.block + 28, true);
  }

  get payloadSlot(): number {
    return this.view.getUint32(this.block + 32, true);
  }

  get payloadOffset(): number {
    return this.view.getUint32(this.block + 36, true);
  }

  get poolId(): number {
    return this.view.getUint16(this.block + 40, true);
  }

  get dtype(): Dtype {
    return this.view.getInt16(this.block + 42, true) as Dtype;
  }

  get majorOrder(): MajorOrder {
    return this.view.getInt16(this.block + 44, true) as MajorOrder;
  }

  get ndims(): number {
    return this.view.getUint8(this.block + 46);
  }

  get padAlign(): number {
    return this.view.getUint8(this.block + 47);
  }

  static readonly dimsLength = 8;

  dims(index: number): number {
    return this.view.getInt32(this.block + 48 + elementOffset(index, 8, 4), true);
  }

  static readonly stridesLength = 8;

  strides(index: number): number {
    return this.view.getInt32(this.block + 80 + elementOffset(index, 8, 4), true);
  }

  static readonly paddingLength = 144;

  padding(index: number): number {
    return this.view.getUint8(this.block + 112 + elementOffset(index, 144, 1));
  }
}

/** Writes TensorSlotHeader256 in place. It has no message header. */
export class TensorSlotHeader256Encoder extends StructureEncoder {
  override wrap(view: DataView, offset: number): this {
    this.begin(view, offset, "TensorSlotHeader256", 256);
    const block = this.block;

    for (let i = 0; i < 256; i++) view.setUint8(block + i, 0);
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setCommitWord(high: number, low: number): this {
    this.view.setUint32(this.block, low, true);
    this.view.setUint32(this.block + 4, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setCommitWordNumber(value: number): this {
    putUint64Number(this.view, this.block, value, "TensorSlotHeader256.commitWord");
    return this;
  }

  setCommitWordBigint(value: bigint): this {
    putUint64(this.view, this.block, value, "TensorSlotHeader256.commitWord");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setFrameId(high: number, low: number): this {
    this.view.setUint32(this.block + 8, low, true);
    this.view.setUint32(this.block + 12, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setFrameIdNumber(value: number): this {
    putUint64Number(this.view, this.block + 8, value, "TensorSlotHeader256.frameId");
    return this;
  }

  setFrameIdBigint(value: bigint): this {
    putUint64(this.view, this.block + 8, value, "TensorSlotHeader256.frameId");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setTimestampNs(high: number, low: number): this {
    this.view.setUint32(this.block + 16, low, true);
    this.view.setUint32(this.block + 20, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setTimestampNsNumber(value: number): this {
    putUint64Number(this.view, this.block + 16, value, "TensorSlotHeader256.timestampNs");
    return this;
  }

  setTimestampNsBigint(value: bigint): this {
    putUint64(this.view, this.block + 16, value, "TensorSlotHeader256.timestampNs");
    return this;
  }

  setMetaVersion(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("TensorSlotHeader256.metaVersion", "0 to 4294967295", value);
    this.view.setUint32(this.block + 24, value, true);
    return this;
  }

  setValuesLenBytes(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("TensorSlotHeader256.valuesLenBytes", "0 to 4294967295", value);
    this.view.setUint32(this.block + 28, value, true);
    return this;
  }

  setPayloadSlot(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("TensorSlotHeader256.payloadSlot", "0 to 4294967295", value);
    this.view.setUint32(this.block + 32, value, true);
    return this;
  }

  setPayloadOffset(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("TensorSlotHeader256.payloadOffset", "0 to 4294967295", value);
    this.view.setUint32(this.block + 36, value, true);
    return this;
  }

  setPoolId(value: number): this {
    if ((value & 0xffff) !== value) throw outOfRange("TensorSlotHeader256.poolId", "0 to 65535", value);
    this.view.setUint16(this.block + 40, value, true);
    return this;
  }

  setDtype(value: number): this {
    if (!isDtype(value)) throw outOfRange("TensorSlotHeader256.dtype", "a code of Dtype", value);
    this.view.setInt16(this.block + 42, value, true);
    return this;
  }

  setMajorOrder(value: number): this {
    if (!isMajorOrder(value)) throw outOfRange("TensorSlotHeader256.majorOrder", "a code of MajorOrder", value);
    this.view.setInt16(this.block + 44, value, true);
    return this;
  }

  setNdims(value: number): this {
    if ((value & 0xff) !== value) throw outOfRange("TensorSlotHeader256.ndims", "0 to 255", value);
    this.view.setUint8(this.block + 46, value);
    return this;
  }

  setPadAlign(value: number): this {
    if ((value & 0xff) !== value) throw outOfRange("TensorSlotHeader256.padAlign", "0 to 255", value);
    this.view.setUint8(this.block + 47, value);
    return this;
  }

  setDims(index: number, value: number): this {
    if ((value | 0) !== value) throw outOfRange("TensorSlotHeader256.dims", "-2147483648 to 2147483647", value);
    this.view.setInt32(this.block + 48 + elementOffset(index, 8, 4), value, true);
    return this;
  }

  setStrides(index: number, value: number): this {
    if ((value | 0) !== value) throw outOfRange("TensorSlotHeader256.strides", "-2147483648 to 2147483647", value);
    this.view.setInt32(this.block + 80 + elementOffset(index, 8, 4), value, true);
    return this;
  }

  setPadding(index: number, value: number): this {
    if ((value & 0xff) !== value) throw outOfRange("TensorSlotHeader256.padding", "0 to 255", value);
    this.view.setUint8(this.block + 112 + elementOffset(index, 144, 1), value);
    return this;
  }
}

/** What tools need to know of TensorSlotHeader256. */
export const TENSOR_SLOT_HEADER256_INFO: StructureInfo = {
  kind: "structure",
  name: "TensorSlotHeader256",
  schemaId: 900,
  templateId: 51,
  version: 1,
  blockLength: 256,
  fields: [
    fieldInfo("commitWord", 1, "uint64", 0),
    fieldInfo("frameId", 2, "uint64", 8),
    fieldInfo("timestampNs", 3, "uint64", 16),
    fieldInfo("metaVersion", 4, "uint32", 24),
    fieldInfo("valuesLenBytes", 5, "uint32", 28),
    fieldInfo("payloadSlot", 6, "uint32", 32),
    fieldInfo("payloadOffset", 7, "uint32", 36),
    fieldInfo("poolId", 8, "uint16", 40),
    fieldInfo("dtype", 9, "int16", 42, { codes: DTYPE_INFO }),
    fieldInfo("majorOrder", 10, "int16", 44, { codes: MAJOR_ORDER_INFO }),
    fieldInfo("ndims", 11, "uint8", 46),
    fieldInfo("padAlign", 12, "uint8", 47),
    fieldInfo("dims", 13, "int32", 48, { length: 8 }),
    fieldInfo("strides", 14, "int32", 80, { length: 8 }),
    fieldInfo("padding", 15, "uint8", 112, { length: 144, padding: true }),
  ],
  groups: [],
  data: [],
  createDecoder: () => new TensorSlotHeader256Decoder(),
  createEncoder: () => new TensorSlotHeader256Encoder(),
};
