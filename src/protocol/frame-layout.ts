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

/** What a writer says of a frame when it commits it. */
export interface FrameShape {
  readonly dtype: Dtype;
  readonly dims: readonly number[];
  /** "row" unless given. */
  readonly majorOrder?: MajorOrder;
  /** Bytes from one element to the next, a dimension each; left out: contiguous (W-10). */
  readonly strides?: readonly number[];
  /** CLOCK_MONOTONIC ns; left out: when the slot was claimed (W-47). */
  readonly timestampNs?: bigint;
}

const MAX_DIM = 2 ** 31 - 1;

/** What is wrong with a shape, as "expected ..., found ..."; null when nothing is (W-09, W-11). */
export function explainShapeFault(shape: FrameShape): string | null {
  if (!isDtype(shape.dtype)) return `expected a dtype of the wire protocol, found ${JSON.stringify(shape.dtype)}`;
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
  }
  return null;
}

/** The layout of a contiguous array. */
export function contiguousLayout(dtype: Dtype, dims: readonly number[], majorOrder: MajorOrder = "row"): FrameLayout {
  return { dtype, dims, majorOrder, byteLength: contiguousByteLength(dtype, dims) };
}

/** Bytes from the first element to the end of the last one; with strides, what they reach. */
export function shapeByteLength(shape: FrameShape): number {
  const { bits } = DTYPES[shape.dtype];
  const { dims, strides } = shape;
  let elements = 1;
  for (let i = 0; i < dims.length; i++) elements *= dims[i] as number;
  if (strides === undefined || elements === 0) return Math.ceil((elements * bits) / 8);
  let reach = bits / 8;
  for (let i = 0; i < dims.length; i++) reach += ((dims[i] as number) - 1) * (strides[i] as number);
  return Math.ceil(reach);
}
