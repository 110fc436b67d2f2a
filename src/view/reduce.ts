import type { Dtype } from "../protocol/dtype.ts";
import { type Values, valuesOf } from "../protocol/values.ts";
import { gatheredBytes, gatheredDtype, gatherRow } from "./gather.ts";
import type { Reduction } from "./messages.ts";
import type { Plane } from "./plane.ts";

/** Size of a plane after its reduction. */
export interface ReducedSize {
  readonly width: number;
  readonly height: number;
  /** Pixels of the frame, in each direction, per reduced pixel. */
  readonly factor: number;
}

/** The smallest reduction by a whole factor within these limits of pixels and side length. */
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

/** Converts planes to pixels. Its memory grows to one row of the largest plane and is kept. */
export class Reducer {
  #row = new Uint8Array(new ArrayBuffer(0));
  #numbers = new Float64Array(0);
  #sums = new Float64Array(0);
  #counts = new Float64Array(0);

  /** Writes the pixels of a plane, reduced to `size`, to the beginning of `target`. */
  convert(source: Uint8Array, plane: Plane, size: ReducedSize, reduction: Reduction, target: Uint8Array): void {
    const rowBytes = plane.width * plane.channels * gatheredBytes(plane.dtype);
    if (size.factor === 1) {
      for (let y = 0; y < plane.height; y++) gatherRow(source, plane, y, target, y * rowBytes);
      return;
    }
    const { width, channels, height } = plane;
    if (this.#row.length < rowBytes) this.#row = new Uint8Array(new ArrayBuffer(rowBytes));
    const row = this.#row.subarray(0, rowBytes);
    const values = valuesOf(row, gatheredDtype(plane.dtype));
    const perRow = size.width * channels;
    this.#makeRoom(width * channels, perRow);
    const sums = this.#sums.subarray(0, perRow);
    const pixels = valuesOf(target, reducedDtype(plane.dtype, size.factor)) as Float64Array;
    const isFloat = plane.dtype === "float32" || plane.dtype === "float64";
    const isRounded = !isFloat && pixels.BYTES_PER_ELEMENT < 8;
    const shorts = reduction === "mean" ? shortsOf(source, plane) : null;
    const add = reduction === "mean" ? (isFloat ? addToSums : addIntegers) : isFloat ? addToMaxima : raiseIntegers;
    for (let y = 0; y < size.height; y++) {
      const last = Math.min((y + 1) * size.factor, height);
      const rows = last - y * size.factor;
      sums.fill(reduction === "mean" ? 0 : Number.NEGATIVE_INFINITY);
      this.#counts.fill(0, 0, perRow);
      for (let line = y * size.factor; line < last; line++) {
        if (shorts !== null) {
          addShorts(shorts, (plane.first + line * plane.yStep) / 2, width, size.factor, sums);
          continue;
        }
        gatherRow(source, plane, line, row, 0);
        this.#toNumbers(values);
        add(this.#numbers, width, channels, size.factor, sums, this.#counts);
      }
      // Every integer counts; floats count unless they are NaN, see `addToSums`.
      if (isFloat) divide(sums, this.#counts, reduction === "mean");
      else if (reduction === "mean") divideIntegers(sums, width, channels, size.factor, rows, isRounded);
      pixels.set(sums, y * perRow);
    }
  }

  #makeRoom(numbers: number, sums: number): void {
    if (this.#numbers.length < numbers) this.#numbers = new Float64Array(numbers);
    if (this.#sums.length >= sums) return;
    this.#sums = new Float64Array(sums);
    this.#counts = new Float64Array(sums);
  }

  /** Values as doubles: the loops are compiled for one kind of array. */
  #toNumbers(values: Values): void {
    if (values instanceof BigUint64Array || values instanceof BigInt64Array) {
      for (let i = 0; i < values.length; i++) this.#numbers[i] = Number(values[i]);
    } else {
      this.#numbers.set(values);
    }
  }
}

type Add = (
  values: Float64Array,
  width: number,
  channels: number,
  factor: number,
  sums: Float64Array,
  counts: Float64Array,
) => void;

/** The source of a uint16 plane whose rows can be read in place, as with most cameras; null for others. */
function shortsOf(source: Uint8Array, { dtype, channels, xStep, yStep, first }: Plane): Uint16Array | null {
  if (dtype !== "uint16" || channels !== 1 || xStep !== 2 || yStep % 2 !== 0) return null;
  if (first % 2 !== 0 || source.byteOffset % 2 !== 0) return null;
  return new Uint16Array(source.buffer, source.byteOffset, source.byteLength >> 1);
}

/** Like `addIntegers`, without the copy and the conversion, which take longer than the sums. */
function addShorts(values: Uint16Array, from: number, width: number, factor: number, sums: Float64Array): void {
  const stop = from + width;
  for (let i = from, at = 0; i < stop; at++) {
    const end = Math.min(i + factor, stop);
    let sum = sums[at] as number;
    for (; i < end; i++) sum += values[i] as number;
    sums[at] = sum;
  }
}

const addIntegers: Add = (values, width, channels, factor, sums) => {
  const length = width * channels;
  for (let c = 0; c < channels; c++) {
    for (let i = c, at = c; i < length; at += channels) {
      const end = Math.min(i + factor * channels, length);
      let sum = sums[at] as number;
      for (; i < end; i += channels) sum += values[i] as number;
      sums[at] = sum;
    }
  }
};

const raiseIntegers: Add = (values, width, channels, factor, sums) => {
  const length = width * channels;
  for (let c = 0; c < channels; c++) {
    for (let i = c, at = c; i < length; at += channels) {
      const end = Math.min(i + factor * channels, length);
      let most = sums[at] as number;
      for (; i < end; i += channels) {
        const value = values[i] as number;
        if (value > most) most = value;
      }
      sums[at] = most;
    }
  }
};

/** NaN is left out. */
const addToSums: Add = (values, width, channels, factor, sums, counts) => {
  const length = width * channels;
  for (let c = 0; c < channels; c++) {
    for (let i = c, at = c; i < length; at += channels) {
      const end = Math.min(i + factor * channels, length);
      let sum = 0;
      let count = 0;
      for (; i < end; i += channels) {
        const value = values[i] as number;
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
  const length = width * channels;
  for (let c = 0; c < channels; c++) {
    for (let i = c, at = c; i < length; at += channels) {
      const end = Math.min(i + factor * channels, length);
      let most = sums[at] as number;
      let count = 0;
      for (; i < end; i += channels) {
        const value = values[i] as number;
        if (Number.isNaN(value)) continue;
        if (value > most) most = value;
        count++;
      }
      sums[at] = most;
      counts[at] = (counts[at] as number) + count;
    }
  }
};

/** Means of sums; an area with only NaN has no value. */
function divide(sums: Float64Array, counts: Float64Array, isMean: boolean): void {
  for (let i = 0; i < sums.length; i++) {
    const count = counts[i] as number;
    if (count === 0) sums[i] = Number.NaN;
    else if (isMean) sums[i] = (sums[i] as number) / count;
  }
}

function divideIntegers(
  sums: Float64Array,
  width: number,
  channels: number,
  factor: number,
  rows: number,
  isRounded: boolean,
): void {
  // The last area of a row may be narrower.
  const whole = Math.floor(width / factor) * channels;
  for (let i = 0; i < sums.length; i++) {
    const columns = i < whole ? factor : width % factor;
    const value = (sums[i] as number) / (columns * rows);
    sums[i] = isRounded ? Math.floor(value + 0.5) : value;
  }
}
