import { contiguousByteLength, DTYPES } from "../../protocol/dtype.ts";
import type { FrameShape } from "../../protocol/frame-layout.ts";

/** The values of a frame without gaps, in the same order; the same bytes if there are no gaps. */
export function contiguousBytes(shape: FrameShape, bytes: Uint8Array): Uint8Array {
  const { dtype, dims, strides } = shape;
  const byteLength = contiguousByteLength(dtype, dims);
  if (strides === undefined || !strides.some((stride) => stride !== 0)) return bytes.subarray(0, byteLength);
  const elementBytes = Math.max(1, DTYPES[dtype].bits / 8);
  const target = new Uint8Array(byteLength);
  if (byteLength === 0) return target;
  // From the fastest dimension to the slowest.
  const order = dims.map((_, i) => (shape.majorOrder === "column" ? i : dims.length - 1 - i));
  const steps = explicitSteps(dims, strides, order, elementBytes);
  const [fastest] = order;
  const runLength = fastest === undefined ? 1 : (dims[fastest] as number);
  const isRun = fastest === undefined || steps[fastest] === elementBytes;
  const index = new Array<number>(dims.length).fill(0);
  let from = 0;
  for (let to = 0; to < byteLength; ) {
    if (isRun) {
      target.set(bytes.subarray(from, from + runLength * elementBytes), to);
      to += runLength * elementBytes;
    } else {
      for (let i = 0, at = from; i < runLength; i++, at += steps[fastest as number] as number, to += elementBytes) {
        for (let b = 0; b < elementBytes; b++) target[to + b] = bytes[at + b] as number;
      }
    }
    from = advance(index, order, dims, steps, from);
  }
  return target;
}

/** Moves to the next run; returns its offset. */
function advance(
  index: number[],
  order: readonly number[],
  dims: readonly number[],
  steps: readonly number[],
  from: number,
): number {
  let at = from;
  for (const dimension of order.slice(1)) {
    const next = (index[dimension] as number) + 1;
    at += steps[dimension] as number;
    if (next < (dims[dimension] as number)) {
      index[dimension] = next;
      return at;
    }
    at -= next * (steps[dimension] as number);
    index[dimension] = 0;
  }
  return at;
}

/** Bytes between adjacent elements, per dimension; 0 stands for contiguous (W-10). */
function explicitSteps(
  dims: readonly number[],
  strides: readonly number[],
  order: readonly number[],
  elementBytes: number,
): readonly number[] {
  const steps = [...strides];
  let step = elementBytes;
  for (const dimension of order) {
    if (steps[dimension] === 0) steps[dimension] = step;
    step = (steps[dimension] as number) * (dims[dimension] as number);
  }
  return steps;
}
