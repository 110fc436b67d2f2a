import { bitsOfCode, dtypeOfCode, MAX_DIMS } from "./dtype.ts";
import { type FrameHeader, MAJOR_ORDER_CODES } from "./frame-header.ts";

/** Why a frame's header is refused: one code for each rule, so that causes are counted separately. */
export const HeaderFault = {
  NONE: 0,
  /** W-09: more than eight dims. */
  NDIMS: 1,
  /** W-10: negative, overlapping or order-contradicting strides, or explicit strides of BIT. */
  STRIDES: 2,
  /** W-11: payloadOffset is not 0. */
  PAYLOAD_OFFSET: 3,
  /** W-11: payloadOffset + valuesLenBytes is beyond the stride. */
  VALUES_LENGTH: 4,
  /** W-11, W-03: payloadSlot is not the header index. */
  PAYLOAD_SLOT: 5,
  /** W-11: no such pool is mapped. */
  POOL_ID: 6,
  /** W-11: dtype outside its set, or UNKNOWN. */
  DTYPE: 7,
  /** W-11: major order outside its set, or UNKNOWN. */
  MAJOR_ORDER: 8,
  /** W-11: a negative dim. */
  DIMS: 9,
  /** W-11: dims and strides reach beyond valuesLenBytes. */
  SHAPE: 10,
} as const;
export type HeaderFault = (typeof HeaderFault)[keyof typeof HeaderFault];

/**
 * Checks the header of slot `index` against the pool that it names; `strideBytes` is 0 if no such pool is mapped. Allocates nothing. Sizes
 * are doubles, and each is exact: none grows far beyond the values, which have at most 2^35 bits.
 */
export function findHeaderFault(header: FrameHeader, index: number, strideBytes: number): HeaderFault {
  if (header.ndims > MAX_DIMS) return HeaderFault.NDIMS;
  if (strideBytes === 0) return HeaderFault.POOL_ID;
  if (header.payloadSlot !== index) return HeaderFault.PAYLOAD_SLOT;
  if (header.payloadOffset !== 0) return HeaderFault.PAYLOAD_OFFSET;
  if (header.valuesLenBytes > strideBytes) return HeaderFault.VALUES_LENGTH;
  if (dtypeOfCode(header.dtype) === undefined) return HeaderFault.DTYPE;
  const isRow = header.majorOrder === MAJOR_ORDER_CODES.row;
  if (!isRow && header.majorOrder !== MAJOR_ORDER_CODES.column) return HeaderFault.MAJOR_ORDER;
  return findShapeFault(header, isRow);
}

function findShapeFault(header: FrameHeader, isRow: boolean): HeaderFault {
  const { ndims, dims, strides } = header;
  const bits = bitsOfCode(header.dtype);
  let isEmpty = false;
  let hasStrides = false;
  for (let i = 0; i < ndims; i++) {
    if ((dims[i] as number) < 0) return HeaderFault.DIMS;
    if ((strides[i] as number) < 0) return HeaderFault.STRIDES;
    if ((dims[i] as number) === 0) isEmpty = true;
    if ((strides[i] as number) > 0) hasStrides = true;
  }
  if (hasStrides && bits === 1) return HeaderFault.STRIDES;
  // An empty array has no element that could reach beyond anything (W-12).
  if (isEmpty) return HeaderFault.NONE;
  const valuesBits = header.valuesLenBytes * 8;
  // `spanBits`: the span of the inner dimensions, from their first bit to their last.
  let spanBits = bits;
  let contiguousBits = bits;
  for (let k = 0; k < ndims; k++) {
    const i = isRow ? ndims - 1 - k : k;
    const dim = dims[i] as number;
    const stride = strides[i] as number;
    const stepBits = stride === 0 ? contiguousBits : stride * 8;
    if (dim > 1) {
      // Smaller than the span of the inner dimensions: elements overlap, or the order is not the declared one.
      if (stepBits < spanBits) return HeaderFault.STRIDES;
      spanBits += (dim - 1) * stepBits;
      if (spanBits > valuesBits) return HeaderFault.SHAPE;
    }
    contiguousBits = stepBits * dim;
  }
  return spanBits > valuesBits ? HeaderFault.SHAPE : HeaderFault.NONE;
}
