import { UsageError } from "../core/errors.ts";
import { suggestion } from "../core/nearest.ts";
import {
  contiguousByteLength,
  DTYPE_NAMES,
  type Dtype,
  isDtype,
  MAX_DIMS,
  type MajorOrder,
} from "../protocol/dtype.ts";
import type { FrameLayout } from "./types.ts";

/** Dims are i32 on the wire (section 2.2). */
export const MAX_DIM = 0x7fff_ffff;

/** The largest slot: strides are powers of two and u32 (W-04). */
export const MAX_FRAME_BYTES = 2 ** 31;

/** Of a source that has not had a frame yet: it is never filled. */
export const NO_LAYOUT: FrameLayout = { dtype: "uint8", dims: [0], majorOrder: "row", byteLength: 0 };

/** Why a frame with these dims cannot go over the wire (W-09 and the field widths of 2.2); null when it can. */
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

/** The layout of a contiguous array. @throws RangeError when the wire cannot express it, see `layoutProblem` */
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

/** `480x640`, or `scalar` without dimensions: what `parseDims` reads. */
export function formatDims(dims: readonly number[]): string {
  return dims.length === 0 ? "scalar" : dims.join("x");
}

/** `uint16 480x640`, with `column-major` where it matters. */
export function describeLayout(layout: FrameLayout): string {
  const order = layout.majorOrder === "column" ? " column-major" : "";
  return `${layout.dtype} ${formatDims(layout.dims)}${order}`;
}

/** Dims as they are given on the command line: `480x640`, `16`, or `scalar`. @throws UsageError */
export function parseDims(text: string, option: string): readonly number[] {
  if (text === "scalar") return [];
  const dims = text.split("x").map((part) => (/^\d{1,10}$/.test(part) ? Number(part) : Number.NaN));
  if (dims.some((dim) => Number.isNaN(dim) || dim > MAX_DIM)) {
    throw new UsageError(`${option}: expected dimensions such as 480x640, or "scalar", found "${text}"`, {
      expected: "NxMx...",
      found: text,
    });
  }
  if (dims.length > MAX_DIMS) {
    throw new UsageError(`${option}: expected at most ${MAX_DIMS} dimensions, found ${dims.length}`, {
      rule: "W-09",
      expected: `at most ${MAX_DIMS}`,
      found: String(dims.length),
    });
  }
  return dims;
}

/** A dtype by its name. @throws UsageError */
export function parseDtype(text: string, option: string): Dtype {
  if (isDtype(text)) return text;
  throw new UsageError(
    `${option}: expected one of ${DTYPE_NAMES.join(", ")}, found "${text}"${suggestion(text, DTYPE_NAMES)}`,
    { rule: "W-11", expected: DTYPE_NAMES.join(", "), found: text },
  );
}
