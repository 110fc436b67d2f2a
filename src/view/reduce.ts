import type { Dtype } from "../protocol/dtype.ts";
import { type Values, valuesOf } from "../protocol/values.ts";
import { gatheredBytes, gatheredDtype, gatherRow } from "./gather.ts";
import type { Reduction } from "./messages.ts";
import type { Plane } from "./plane.ts";

/** Size of a plane after its reduction. */
export interface ReducedSize {
  readonly width: number;
  readonly height: number;
  /** Pixels of the frame, in each direction, for one of these. */
  readonly factor: number;
}

/** The smallest reduction by a whole factor that has no more pixels and no longer side than these. */
export function reducedSize(
  { width, height, channels }: Pick<Plane, "width" | "height" | "channels">,
  maxPixels: number,
  maxSide: number,
): ReducedSize {
  const byPixels = Math.floor(Math.sqrt((width * height) / Math.max(1, maxPixels)));
  const bySide = Math.floor(Math.max(width * channels, height) / Math.max(1, maxSide));
  for (let factor = Math.max(1, byPixels, bySide); ; factor++) {
    const size = { width: Math.ceil(width / factor), height: Math.ceil(height / factor), factor };
    if (size.width * size.height <= maxPixels && Math.max(size.width * channels, size.height) <= maxSide) return size;
    if (size.width * size.height <= 1) return size;
  }
}

/** The dtype of a plane's pixels: means of 64-bit integers are doubles. */
export function reducedDtype(dtype: Dtype, factor: number): Dtype {
  const gathered = gatheredDtype(dtype);
  return factor > 1 && (gathered === "int64" || gathered === "uint64") ? "float64" : gathered;
}

/** Turns planes into pixels. Its memory grows to a row of the largest plane, and is kept. */
export class Reducer {
  #row = new Uint8Array(new ArrayBuffer(0));
  #numbers = new Float64Array(0);
  #sums = new Float64Array(0);
  #counts = new Uint32Array(0);

  /** Writes the pixels of a plane, reduced to `size`, to the beginning of `target`. */
  convert(source: Uint8Array, plane: Plane, size: ReducedSize, reduction: Reduction, target: Uint8Array): void {
    const rowBytes = plane.width * plane.channels * gatheredBytes(plane.dtype);
    if (size.factor === 1) {
      for (let y = 0; y < plane.height; y++) gatherRow(source, plane, y, target, y * rowBytes);
      return;
    }
    if (this.#row.length < rowBytes) this.#row = new Uint8Array(new ArrayBuffer(rowBytes));
    const values = valuesOf(this.#row.subarray(0, rowBytes), gatheredDtype(plane.dtype));
    const pixels = valuesOf(target, reducedDtype(plane.dtype, size.factor)) as Float64Array;
    const perRow = size.width * plane.channels;
    if (this.#sums.length < perRow) {
      this.#sums = new Float64Array(perRow);
      this.#counts = new Uint32Array(perRow);
    }
    const isFloat = plane.dtype === "float32" || plane.dtype === "float64";
    for (let row = 0; row < size.height; row++) {
      const last = Math.min((row + 1) * size.factor, plane.height);
      this.#begin(perRow, reduction);
      for (let y = row * size.factor; y < last; y++) {
        gatherRow(source, plane, y, this.#row, 0);
        const add = reduction === "mean" ? addToSums : addToMaxima;
        add(this.#numbersOf(values), plane.width, plane.channels, size.factor, this.#sums, this.#counts);
      }
      this.#write(pixels, row * perRow, perRow, reduction, isFloat || pixels.BYTES_PER_ELEMENT === 8);
    }
  }

  /** Values as doubles: loops over one kind of array are compiled for it. */
  #numbersOf(values: Values): Float64Array {
    const { length } = values;
    if (this.#numbers.length < length) this.#numbers = new Float64Array(length);
    if (values instanceof BigUint64Array || values instanceof BigInt64Array) {
      for (let i = 0; i < length; i++) this.#numbers[i] = Number(values[i]);
    } else {
      this.#numbers.set(values);
    }
    return this.#numbers;
  }

  #begin(length: number, reduction: Reduction): void {
    this.#sums.fill(reduction === "mean" ? 0 : Number.NEGATIVE_INFINITY, 0, length);
    this.#counts.fill(0, 0, length);
  }

  #write(pixels: Float64Array, at: number, length: number, reduction: Reduction, isFloat: boolean): void {
    for (let i = 0; i < length; i++) {
      const count = this.#counts[i] as number;
      const sum = this.#sums[i] as number;
      // An area of NaN alone has no value either.
      const value = count === 0 ? Number.NaN : reduction === "mean" ? sum / count : sum;
      pixels[at + i] = isFloat ? value : Math.round(value);
    }
  }
}

type Add = (
  values: Float64Array,
  width: number,
  channels: number,
  factor: number,
  sums: Float64Array,
  counts: Uint32Array,
) => void;

/** NaN is left out. */
const addToSums: Add = (values, width, channels, factor, sums, counts) => {
  for (let c = 0; c < channels; c++) {
    for (let x = 0, at = c; x < width; at += channels) {
      const end = Math.min(x + factor, width);
      let sum = 0;
      let count = 0;
      for (; x < end; x++) {
        const value = values[x * channels + c] as number;
        if (Number.isNaN(value)) continue;
        sum += value;
        count++;
      }
      sums[at] = (sums[at] as number) + sum;
      counts[at] = (counts[at] as number) + count;
    }
  }
};

const addToMaxima: Add = (values, width, channels, factor, sums, counts) => {
  for (let c = 0; c < channels; c++) {
    for (let x = 0, at = c; x < width; at += channels) {
      const end = Math.min(x + factor, width);
      let most = sums[at] as number;
      let count = 0;
      for (; x < end; x++) {
        const value = values[x * channels + c] as number;
        if (Number.isNaN(value)) continue;
        if (value > most) most = value;
        count++;
      }
      sums[at] = most;
      counts[at] = (counts[at] as number) + count;
    }
  }
};
