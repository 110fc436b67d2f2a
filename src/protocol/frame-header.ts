import { highWord, MAX_INT32 } from "../core/integer.ts";
import { MAX_DIMS } from "./dtype.ts";

/** Offsets of a header slot's fields (template 51), in 32-bit words; fields that share a word are packed little-endian. */
export const HEADER_WORD = {
  frameIdLow: 2,
  frameIdHigh: 3,
  timestampLow: 4,
  timestampHigh: 5,
  metaVersion: 6,
  valuesLenBytes: 7,
  payloadSlot: 8,
  payloadOffset: 9,
  /** poolId u16, dtype i16. */
  poolAndDtype: 10,
  /** majorOrder i16, ndims u8, padAlign u8. */
  orderAndDims: 11,
  dims: 12,
  strides: 20,
} as const;

/** Words of a slot that are defined: the commit word and the fields. The rest of the slot belongs to the producer (W-13). */
export const HEADER_WORDS = HEADER_WORD.strides + MAX_DIMS;

const TWO_32 = 0x1_0000_0000;

/**
 * A header slot's fields (W-09 to W-13), copied out of shared memory so that the checked values are the ones that are used. The object is
 * reused for each frame. All fields are unsigned except dtype, major order, dims and strides.
 */
export class FrameHeader {
  /** The words of the slot, beginning with the two of the commit word. */
  readonly words = new Int32Array(HEADER_WORDS);
  readonly dims = this.words.subarray(HEADER_WORD.dims, HEADER_WORD.dims + MAX_DIMS);
  readonly strides = this.words.subarray(HEADER_WORD.strides, HEADER_WORD.strides + MAX_DIMS);

  /** u64; exact up to 2^53, and a larger value never equals a seq. */
  get frameId(): number {
    return this.#unsigned(HEADER_WORD.frameIdHigh) * TWO_32 + this.#unsigned(HEADER_WORD.frameIdLow);
  }

  set frameId(value: number) {
    this.words[HEADER_WORD.frameIdLow] = value;
    this.words[HEADER_WORD.frameIdHigh] = highWord(value);
  }

  /** True if `frameId` is `seq`. */
  isFrame(seq: number): boolean {
    if (seq > MAX_INT32) return this.frameId === seq;
    return this.words[HEADER_WORD.frameIdLow] === seq && this.words[HEADER_WORD.frameIdHigh] === 0;
  }

  get timestampHigh(): number {
    return this.#unsigned(HEADER_WORD.timestampHigh);
  }

  set timestampHigh(value: number) {
    this.words[HEADER_WORD.timestampHigh] = value;
  }

  get timestampLow(): number {
    return this.#unsigned(HEADER_WORD.timestampLow);
  }

  set timestampLow(value: number) {
    this.words[HEADER_WORD.timestampLow] = value;
  }

  get metaVersion(): number {
    return this.#unsigned(HEADER_WORD.metaVersion);
  }

  set metaVersion(value: number) {
    this.words[HEADER_WORD.metaVersion] = value;
  }

  get valuesLenBytes(): number {
    return this.#unsigned(HEADER_WORD.valuesLenBytes);
  }

  set valuesLenBytes(value: number) {
    this.words[HEADER_WORD.valuesLenBytes] = value;
  }

  get payloadSlot(): number {
    return this.#unsigned(HEADER_WORD.payloadSlot);
  }

  set payloadSlot(value: number) {
    this.words[HEADER_WORD.payloadSlot] = value;
  }

  get payloadOffset(): number {
    return this.#unsigned(HEADER_WORD.payloadOffset);
  }

  set payloadOffset(value: number) {
    this.words[HEADER_WORD.payloadOffset] = value;
  }

  get poolId(): number {
    return (this.words[HEADER_WORD.poolAndDtype] as number) & 0xffff;
  }

  set poolId(value: number) {
    this.words[HEADER_WORD.poolAndDtype] = (this.dtype << 16) | (value & 0xffff);
  }

  /** Wire code of the dtype. */
  get dtype(): number {
    return (this.words[HEADER_WORD.poolAndDtype] as number) >> 16;
  }

  set dtype(value: number) {
    this.words[HEADER_WORD.poolAndDtype] = (value << 16) | this.poolId;
  }

  /** 1 row, 2 column. */
  get majorOrder(): number {
    return ((this.words[HEADER_WORD.orderAndDims] as number) << 16) >> 16;
  }

  set majorOrder(value: number) {
    this.words[HEADER_WORD.orderAndDims] = (this.ndims << 16) | (value & 0xffff);
  }

  get ndims(): number {
    return ((this.words[HEADER_WORD.orderAndDims] as number) >>> 16) & 0xff;
  }

  set ndims(value: number) {
    this.words[HEADER_WORD.orderAndDims] = (value << 16) | (this.majorOrder & 0xffff);
  }

  #unsigned(word: number): number {
    return (this.words[word] as number) >>> 0;
  }
}

export const MAJOR_ORDER_CODES = { row: 1, column: 2 } as const;
