import type { Numbers } from "./values.ts";

/** Most values used for percentiles: sorted within a few milliseconds. */
const MAX_SAMPLES = 65_536;
/** Values that a histogram counts. */
const MAX_COUNTED = 2 ** 20;

/** Ascending finite values, a sample of at most `MAX_SAMPLES`. */
function sortedSample(values: Numbers): Float64Array {
  // A step without a common divisor with usual row lengths, so that no column is favoured.
  const step = values.length <= MAX_SAMPLES ? 1 : nextOdd(Math.ceil(values.length / MAX_SAMPLES));
  const sample = new Float64Array(Math.ceil(values.length / step));
  let count = 0;
  for (let i = 0; i < values.length; i += step) {
    const value = values[i] as number;
    if (Number.isFinite(value)) sample[count++] = value;
  }
  return sample.subarray(0, count).sort();
}

function nextOdd(value: number): number {
  return value % 2 === 0 ? value + 1 : value;
}

/** The least and the greatest of all finite values; null when there are none. */
function extremesOf(values: Numbers): readonly [number, number] | null {
  let minimum = Number.POSITIVE_INFINITY;
  let maximum = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) continue;
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
  }
  return minimum > maximum ? null : [minimum, maximum];
}

/**
 * The range from the `low` to the `high` percentile of the finite values; null when there are none. From 0 to 100 it is exact, other
 * percentiles are those of a sample.
 */
export function percentileRange(values: Numbers, low: number, high: number): readonly [number, number] | null {
  if (low === 0 && high === 100) return extremesOf(values);
  const sorted = sortedSample(values);
  if (sorted.length === 0) return null;
  const at = (percent: number): number => {
    const place = (percent / 100) * (sorted.length - 1);
    // Rounded outwards: the range includes everything between two values. Percentages are not exact in binary.
    return sorted[percent < 50 ? Math.floor(place + 1e-6) : Math.ceil(place - 1e-6)] as number;
  };
  return [at(low), at(high)];
}

export interface Histogram {
  readonly counts: Uint32Array;
  readonly minimum: number;
  readonly maximum: number;
  /** Lower end of the first bin, and the width of each. */
  readonly from: number;
  readonly binWidth: number;
  /** Every how many values one is counted: 1 where all are. */
  readonly step: number;
}

/**
 * Counts of the finite values, or of a sample of at most `MAX_COUNTED`, from the least to the greatest of all, in at most so many
 * bins; null when there are none.
 */
export function histogramOf(values: Numbers, bins: number): Histogram | null {
  const extremes = extremesOf(values);
  if (extremes === null) return null;
  const [minimum, maximum] = extremes;
  const step = values.length <= MAX_COUNTED ? 1 : nextOdd(Math.ceil(values.length / MAX_COUNTED));
  // A bin of integers has whole values, as many as the next one: else every few bins had one more, and stood out.
  const isFloat = values instanceof Float32Array || values instanceof Float64Array;
  const binWidth = isFloat ? (maximum - minimum) / bins : Math.ceil((maximum - minimum + 1) / bins);
  const counts = new Uint32Array(isFloat ? bins : Math.ceil((maximum - minimum + 1) / binWidth));
  const hasWidth = binWidth > 0 && Number.isFinite(binWidth);
  for (let i = 0; i < values.length; i += step) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) continue;
    // Divided: multiplied by the rounded reciprocal, a value on an edge can fall into the bin before.
    const bin = hasWidth ? Math.min(counts.length - 1, Math.floor((value - minimum) / binWidth)) : 0;
    counts[bin] = (counts[bin] as number) + 1;
  }
  return { counts, minimum, maximum, from: isFloat ? minimum : minimum - 0.5, binWidth, step };
}

/** Whole pixels: from `left` and `top`, up to before `right` and `bottom`. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface RegionStatistics {
  readonly count: number;
  /** NaN and infinite values, which are left out. */
  readonly leftOut: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly mean: number;
  /** Of the population. */
  readonly sigma: number;
  readonly sum: number;
}

/** Statistics of the pixels of a box within rows of `width` pixels with `channels` values each; null when it has no finite one. */
export function regionStatistics(values: Numbers, width: number, channels: number, box: Box): RegionStatistics | null {
  let [count, leftOut, sum] = [0, 0, 0];
  let minimum = Number.POSITIVE_INFINITY;
  let maximum = Number.NEGATIVE_INFINITY;
  for (let y = box.top; y < box.bottom; y++) {
    const end = (y * width + box.right) * channels;
    for (let i = (y * width + box.left) * channels; i < end; i++) {
      const value = values[i] as number;
      if (!Number.isFinite(value)) {
        leftOut++;
        continue;
      }
      count++;
      sum += value;
      if (value < minimum) minimum = value;
      if (value > maximum) maximum = value;
    }
  }
  if (count === 0) return null;
  // In a second pass: exact even if the mean is far larger than the spread.
  const mean = sum / count;
  let [squares, rest] = [0, 0];
  for (let y = box.top; y < box.bottom; y++) {
    const end = (y * width + box.right) * channels;
    for (let i = (y * width + box.left) * channels; i < end; i++) {
      const delta = (values[i] as number) - mean;
      if (!Number.isFinite(delta)) continue;
      squares += delta * delta;
      rest += delta;
    }
  }
  // The sum of the differences corrects the rounding of the mean.
  const sigma = Math.sqrt(Math.max(0, squares - (rest * rest) / count) / count);
  return { count, leftOut, minimum, maximum, mean: mean + rest / count, sigma, sum };
}

/** The values under a line from one pixel to another, one for each step of a pixel. */
export function profileOf(
  values: Numbers,
  { width, height, channels }: { readonly width: number; readonly height: number; readonly channels: number },
  from: readonly [number, number],
  to: readonly [number, number],
): Float64Array {
  const steps = Math.max(1, Math.round(Math.max(Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1]))));
  const profile = new Float64Array(steps + 1);
  for (let i = 0; i <= steps; i++) {
    const x = Math.floor(from[0] + ((to[0] - from[0]) * i) / steps);
    const y = Math.floor(from[1] + ((to[1] - from[1]) * i) / steps);
    const isInside = x >= 0 && y >= 0 && x < width && y < height;
    profile[i] = isInside ? (values[(y * width + x) * channels] as number) : Number.NaN;
  }
  return profile;
}
