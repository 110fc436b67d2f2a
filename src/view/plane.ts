import { DTYPES, type Dtype, type MajorOrder } from "../protocol/dtype.ts";
import type { PlaneSpec } from "./messages.ts";

/** Shape of a frame, from its header. */
export interface FrameForm {
  readonly dtype: Dtype;
  readonly dims: readonly number[];
  /** Bytes between adjacent elements, per dimension; 0 if contiguous. */
  readonly strides: readonly number[];
  readonly majorOrder: MajorOrder;
}

/** Position of a plane's pixels in a frame. Steps are in bytes, for "bit" in bits. */
export interface Plane {
  readonly spec: PlaneSpec;
  readonly dtype: Dtype;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly first: number;
  readonly xStep: number;
  readonly yStep: number;
  readonly cStep: number;
}

const MAX_COLOURS = 4;

/** Steps between adjacent elements, per dimension, in bytes, for "bit" in bits (W-10). */
export function stepsOf({ dtype, dims, strides, majorOrder }: FrameForm): number[] {
  const steps = dims.map(() => 0);
  let step = dtype === "bit" ? 1 : DTYPES[dtype].bits / 8;
  for (let k = 0; k < dims.length; k++) {
    const axis = majorOrder === "column" ? k : dims.length - 1 - k;
    const stride = strides[axis] ?? 0;
    if (stride > 0) step = stride;
    steps[axis] = step;
    step *= dims[axis] as number;
  }
  return steps;
}

/** The plane derived from a shape: a line, a picture, a picture of three or four colours, the first of a stack. */
export function suggestedPlane(dims: readonly number[]): PlaneSpec {
  const n = dims.length;
  const index = dims.map(() => 0);
  const isColour = (axis: number): boolean => [3, MAX_COLOURS].includes(dims[axis] as number);
  if (n < 2) return { x: 0, y: null, c: null, index, region: null };
  if (n === 2) return { x: 1, y: 0, c: null, index, region: null };
  if (isColour(n - 1)) return { x: n - 2, y: n - 3, c: n - 1, index, region: null };
  if (isColour(n - 3)) return { x: n - 1, y: n - 2, c: n - 3, index, region: null };
  return { x: n - 1, y: n - 2, c: null, index, region: null };
}

/** True when the axes of `spec` are those of a frame with these dims. */
export function fits({ x, y, c, index }: PlaneSpec, dims: readonly number[]): boolean {
  if (index.length !== dims.length) return false;
  const axes = [x, y, c].filter((axis) => axis !== null);
  if (new Set(axes).size !== axes.length) return false;
  if (dims.length === 0) return x === 0 && y === null && c === null;
  return axes.every((axis) => axis < dims.length) && (c === null || (dims[c] as number) <= MAX_COLOURS);
}

/** Finds a plane in a frame: positions outside its shape are clamped. `spec` must fit. */
export function planeOf(form: FrameForm, spec: PlaneSpec): Plane {
  const { dims, dtype } = form;
  const steps = stepsOf(form);
  const lengthOf = (axis: number | null): number => (axis === null ? 1 : (dims[axis] ?? 1));
  const stepOf = (axis: number | null): number => (axis === null ? 0 : (steps[axis] ?? 0));
  const [xLength, yLength] = [lengthOf(spec.x), lengthOf(spec.y)];
  const [wantedX, wantedY, wantedWidth, wantedHeight] = spec.region ?? [0, 0, xLength, yLength];
  const x = clamped(wantedX, 0, Math.max(0, xLength - 1));
  const y = clamped(wantedY, 0, Math.max(0, yLength - 1));
  let first = x * stepOf(spec.x) + y * stepOf(spec.y);
  for (const [axis, at] of spec.index.entries()) {
    if (axis === spec.x || axis === spec.y || axis === spec.c) continue;
    first += clamped(at, 0, Math.max(0, lengthOf(axis) - 1)) * stepOf(axis);
  }
  const isEmpty = dims.includes(0);
  return {
    spec,
    dtype,
    x,
    y,
    width: isEmpty ? 0 : clamped(wantedWidth, 1, xLength - x),
    height: isEmpty ? 0 : clamped(wantedHeight, 1, yLength - y),
    channels: lengthOf(spec.c),
    first,
    xStep: stepOf(spec.x),
    yStep: stepOf(spec.y),
    cStep: stepOf(spec.c),
  };
}

function clamped(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
