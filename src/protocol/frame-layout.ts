import { OptionError } from "../core/errors.ts";
import { describeValue, isChoice } from "../core/rules.ts";
import { quoted } from "../core/text.ts";
import { contiguousByteLength, DTYPES, type Dtype, isDtype, MAX_DIMS, type MajorOrder } from "./dtype.ts";

/** Shape of one frame's values. Contiguous: strides follow from dims, dtype and major order. */
export interface FrameLayout {
  readonly dtype: Dtype;
  /** At most eight, slowest first as in NumPy's `shape`; empty for a scalar. */
  readonly dims: readonly number[];
  readonly majorOrder: MajorOrder;
  /** Bytes of the values; equals `contiguousByteLength(dtype, dims)`. */
  readonly byteLength: number;
}

/** Shape of a frame, as its writer commits it. */
export interface FrameShape {
  readonly dtype: Dtype;
  readonly dims: readonly number[];
  /** "row" unless given. */
  readonly majorOrder?: MajorOrder;
  /** Bytes from one element to the next, for each dimension; contiguous if left out (W-10). */
  readonly strides?: readonly number[] | undefined;
  /** CLOCK_MONOTONIC ns; the time of the slot's claim if left out (W-47). */
  readonly timestampNs?: bigint | undefined;
}

const MAX_DIM = 2 ** 31 - 1;

/** The fault of a shape that readers would refuse, as "expected ..., found ..."; null if there is none (W-09 to W-11). */
export function explainShapeFault(shape: FrameShape): string | null {
  if (typeof shape !== "object" || shape === null)
    return `expected a shape { dtype, dims }, found ${describeValue(shape)}`;
  if (!isDtype(shape.dtype)) return `expected a dtype of the wire protocol, found ${quoted(String(shape.dtype))}`;
  if (!Array.isArray(shape.dims)) return `expected dims, a list of whole numbers, found ${describeValue(shape.dims)}`;
  if (shape.dims.length > MAX_DIMS) return `expected at most ${MAX_DIMS} dims, found ${shape.dims.length}`;
  for (let i = 0; i < shape.dims.length; i++) {
    const dim = shape.dims[i] as number;
    if (!(Number.isInteger(dim) && dim >= 0 && dim <= MAX_DIM)) {
      return `expected dims of 0 to ${MAX_DIM}, found ${dim}`;
    }
  }
  const { strides } = shape;
  if (strides === undefined) return null;
  if (strides.length !== shape.dims.length) {
    return `expected ${shape.dims.length} strides, found ${strides.length}`;
  }
  for (let i = 0; i < strides.length; i++) {
    const stride = strides[i] as number;
    if (!(Number.isInteger(stride) && stride >= 0 && stride <= MAX_DIM)) {
      return `expected strides of 0 to ${MAX_DIM} bytes, found ${stride}`;
    }
    if (stride > 0 && shape.dtype === "bit") return `expected bits without explicit strides, found ${stride}`;
  }
  if (spanBits(shape) === OVERLAP) {
    const order = shape.majorOrder ?? "row";
    return `expected strides in ${order} order whose elements do not overlap, found ${strides.join(",")} for dims ${shape.dims.join(",")}`;
  }
  return null;
}

const OVERLAP = -1;
const IS_ORDER = isChoice("row", "column");

/** Bits from the first element to the end of the last one; 0 if there are no elements, OVERLAP for strides that W-10 forbids. */
function spanBits({ dtype, dims, majorOrder, strides }: FrameShape): number {
  let span = DTYPES[dtype].bits;
  let contiguousBits = span;
  let overlaps = false;
  for (let k = 0; k < dims.length; k++) {
    const i = majorOrder === "column" ? k : dims.length - 1 - k;
    const dim = dims[i] as number;
    if (dim === 0) return 0;
    const stride = strides === undefined ? 0 : (strides[i] as number);
    const stepBits = stride === 0 ? contiguousBits : stride * 8;
    if (dim > 1) {
      if (stepBits < span) overlaps = true;
      span += (dim - 1) * stepBits;
    }
    contiguousBits = stepBits * dim;
  }
  return overlaps ? OVERLAP : span;
}

/** The layout of a contiguous array. @throws OptionError if the wire protocol does not allow it */
export function contiguousLayout(dtype: Dtype, dims: readonly number[], majorOrder: MajorOrder = "row"): FrameLayout {
  IS_ORDER("majorOrder", majorOrder);
  const fault = explainShapeFault({ dtype, dims, majorOrder });
  if (fault !== null) throw new OptionError(isDtype(dtype) ? "dims" : "dtype", fault);
  return { dtype, dims, majorOrder, byteLength: contiguousByteLength(dtype, dims) };
}

/** Bytes from the first element to the end of the last one, of a valid shape; includes gaps between strided elements. */
export function shapeByteLength(shape: FrameShape): number {
  return Math.ceil(spanBits(shape) / 8);
}
