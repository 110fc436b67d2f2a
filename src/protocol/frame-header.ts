import { MAX_DIMS } from "./dtype.ts";

/**
 * A header slot's fields (template 51, W-09 to W-13), copied out of shared memory so that what is checked is what is used.
 * One object is filled again and again.
 */
export class FrameHeader {
  /** u64 frameId; exact up to 2^53, and beyond that equal to no seq of ours. */
  frameId = 0;
  timestampHigh = 0;
  timestampLow = 0;
  metaVersion = 0;
  valuesLenBytes = 0;
  payloadSlot = 0;
  payloadOffset = 0;
  poolId = 0;
  /** Wire code of the dtype. */
  dtype = 0;
  /** 1 row, 2 column. */
  majorOrder = 0;
  ndims = 0;
  readonly dims = new Int32Array(MAX_DIMS);
  readonly strides = new Int32Array(MAX_DIMS);
}

export const MAJOR_ORDER_CODES = { row: 1, column: 2 } as const;
