import { contiguousByteLength, type Dtype, MAX_DIMS, type MajorOrder } from "../protocol/dtype.ts";
import type { FrameLayout } from "./types.ts";

/** Dims are i32 on the wire (section 2.2). */
export const MAX_DIM = 0x7fff_ffff;

/** The largest slot: strides are powers of two and u32 (W-04). */
export const MAX_FRAME_BYTES = 2 ** 31;

/** For a source without a frame so far: it is never filled. */
export const NO_LAYOUT: FrameLayout = { dtype: "uint8", dims: [0], majorOrder: "row", byteLength: 0 };

/** Why a frame with these dims cannot be sent on the wire (W-09 and the field widths of 2.2); null if it can. */
export function layoutProblem(dtype: Dtype, dims: readonly number[]): string | null {
  if (dims.length > MAX_DIMS) return `expected at most ${MAX_DIMS} dimensions, found ${dims.length}`;
  for (const dim of dims) {
    if (!Number.isInteger(dim) || dim < 0 || dim > MAX_DIM) {
      return `expected dimensions from 0 to ${MAX_DIM}, found ${dim}`;
    }
  }
  const byteLength = contiguousByteLength(dtype, dims);
  if (byteLength > MAX_FRAME_BYTES) {
    return (
      `expected a frame of at most ${MAX_FRAME_BYTES} bytes (2 GiB, the largest slot), ` +
      `found ${dims.join("x")} ${dtype} (${byteLength} bytes)`
    );
  }
  return null;
}

/** The layout of a contiguous array. @throws RangeError if the wire cannot express it, see `layoutProblem` */
export function layoutOf(dtype: Dtype, dims: readonly number[], majorOrder: MajorOrder = "row"): FrameLayout {
  const problem = layoutProblem(dtype, dims);
  if (problem !== null) throw new RangeError(problem);
  return { dtype, dims: [...dims], majorOrder, byteLength: contiguousByteLength(dtype, dims) };
}

export function sameLayout(a: FrameLayout, b: FrameLayout): boolean {
  if (a === b) return true;
  if (a.dtype !== b.dtype || a.majorOrder !== b.majorOrder || a.dims.length !== b.dims.length) return false;
  for (let i = 0; i < a.dims.length; i++) if (a.dims[i] !== b.dims[i]) return false;
  return true;
}

/** `480x640`, or `scalar` without dimensions: the input of `readDims`. */
export function formatDims(dims: readonly number[]): string {
  return dims.length === 0 ? "scalar" : dims.join("x");
}

/** `uint16 480x640`, with `column-major` if it matters. */
export function describeLayout(layout: FrameLayout): string {
  const order = layout.majorOrder === "column" ? " column-major" : "";
  return `${layout.dtype} ${formatDims(layout.dims)}${order}`;
}

/** The input of `readDims`, in words. */
export const DIMS_EXPECTED = `at most ${MAX_DIMS} dimensions of 0 to ${MAX_DIM} each, such as 480x640, or "scalar"`;

/** Parses dims: `480x640`, `16`, or `scalar`. Returns a text that describes the fault if there is one. */
export function readDims(text: string): readonly number[] | string {
  if (text === "scalar") return [];
  const dims = text.split("x").map((part) => (/^\d{1,10}$/.test(part) ? Number(part) : Number.NaN));
  if (dims.some((dim) => Number.isNaN(dim) || dim > MAX_DIM)) {
    return `expected ${DIMS_EXPECTED}, found "${text}"`;
  }
  return dims.length > MAX_DIMS ? `expected at most ${MAX_DIMS} dimensions, found ${dims.length}` : dims;
}
