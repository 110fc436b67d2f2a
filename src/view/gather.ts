import { DTYPES, type Dtype } from "../protocol/dtype.ts";
import type { Plane } from "./plane.ts";

/** The dtype of gathered pixels: bits become bytes of 0 and 1. */
export function gatheredDtype(dtype: Dtype): Dtype {
  return dtype === "bit" ? "uint8" : dtype;
}

export function gatheredBytes(dtype: Dtype): number {
  return DTYPES[gatheredDtype(dtype)].bits / 8;
}

/** Copies one row of a plane, with adjacent channels, to `at` of `target`. */
export function gatherRow(source: Uint8Array, plane: Plane, row: number, target: Uint8Array, at: number): void {
  const { width, channels, xStep, cStep, dtype } = plane;
  const from = plane.first + row * plane.yStep;
  if (dtype === "bit") {
    gatherBits(source, plane, from, target, at);
    return;
  }
  const bytes = gatheredBytes(dtype);
  const isDense = (channels === 1 || cStep === bytes) && (width === 1 || xStep === bytes * channels);
  if (isDense) {
    target.set(source.subarray(from, from + width * channels * bytes), at);
    return;
  }
  let to = at;
  for (let x = 0; x < width; x++) {
    for (let c = 0; c < channels; c++) {
      let element = from + x * xStep + c * cStep;
      for (let i = 0; i < bytes; i++) target[to++] = source[element++] as number;
    }
  }
}

/** Eight elements per byte, lowest bit first (W-11). */
function gatherBits(source: Uint8Array, plane: Plane, from: number, target: Uint8Array, at: number): void {
  const { width, channels, xStep, cStep } = plane;
  let to = at;
  for (let x = 0; x < width; x++) {
    for (let c = 0; c < channels; c++) {
      const bit = from + x * xStep + c * cStep;
      target[to++] = ((source[Math.floor(bit / 8)] as number) >>> (bit % 8)) & 1;
    }
  }
}
