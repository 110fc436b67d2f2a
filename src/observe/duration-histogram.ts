/** Buckets of equal width in each decade: three significant digits, so that a bucket is at most 1 % wide. */
const PER_DECADE = 900;
const DECADES = 16;

/** Histogram of durations in nanoseconds, in buckets of 1 % or less; minimum, maximum and mean are exact. Allocates nothing. */
export class DurationHistogram {
  count = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  #sum = 0;
  readonly #counts = new Float64Array(1 + PER_DECADE * DECADES);

  get mean(): number {
    return this.count === 0 ? 0 : this.#sum / this.count;
  }

  /** Adds a duration of 0 or more. */
  add(durationNs: number): void {
    this.count++;
    this.#sum += durationNs;
    if (durationNs < this.min) this.min = durationNs;
    if (durationNs > this.max) this.max = durationNs;
    const bucket = bucketOf(durationNs);
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
  }

  addAll(other: DurationHistogram): void {
    this.count += other.count;
    this.#sum += other.#sum;
    this.min = Math.min(this.min, other.min);
    this.max = Math.max(this.max, other.max);
    for (let i = 0; i < this.#counts.length; i++) {
      this.#counts[i] = (this.#counts[i] as number) + (other.#counts[i] as number);
    }
  }

  clear(): void {
    this.count = 0;
    this.#sum = 0;
    this.min = Number.POSITIVE_INFINITY;
    this.max = Number.NEGATIVE_INFINITY;
    this.#counts.fill(0);
  }

  /** The duration that a share of all durations did not exceed, to within a bucket; NaN if there are none. */
  quantile(share: number): number {
    if (this.count === 0) return Number.NaN;
    const wanted = Math.max(1, Math.ceil(share * this.count));
    let seen = 0;
    for (let i = 0; i < this.#counts.length; i++) {
      seen += this.#counts[i] as number;
      if (seen >= wanted) return Math.max(this.min, Math.min(this.max, lowerBound(i + 1)));
    }
    return this.max;
  }

  /** Number of durations in [`fromNs`, `toNs`); exact for bounds of three digits. */
  between(fromNs: number, toNs: number): number {
    let count = 0;
    for (let i = bucketOf(fromNs); i < this.#counts.length && lowerBound(i) < toNs; i++) {
      count += this.#counts[i] as number;
    }
    return count;
  }
}

function bucketOf(durationNs: number): number {
  if (durationNs < 1) return 0;
  const decade = Math.min(DECADES - 1, Math.floor(Math.log10(durationNs)));
  const within = Math.floor((durationNs / 10 ** decade) * 100) - 100;
  return 1 + decade * PER_DECADE + Math.max(0, Math.min(PER_DECADE - 1, within));
}

function lowerBound(bucket: number): number {
  if (bucket === 0) return 0;
  const index = bucket - 1;
  return (10 ** Math.floor(index / PER_DECADE) * (100 + (index % PER_DECADE))) / 100;
}

/** One bar of a histogram. */
interface HistogramBar {
  readonly fromNs: number;
  readonly toNs: number;
  readonly count: number;
}

/** Most bars: more lines would be too many to compare. */
const MAX_BARS = 16;

/** The histogram in steps of 1, 2, 5, 10, ... (1, 10, 100, ... if that would be too many), without empty ends. */
export function histogramBars(histogram: DurationHistogram): HistogramBar[] {
  if (histogram.count === 0) return [];
  for (const steps of [[1, 2, 5], [1]]) {
    const bounds = boundsOf(histogram, steps);
    if (bounds.length > MAX_BARS + 1 && steps.length > 1) continue;
    return bounds.slice(1).map((toNs, i) => {
      const fromNs = bounds[i] as number;
      return { fromNs, toNs, count: histogram.between(fromNs, toNs) };
    });
  }
  return [];
}

/** Bounds from the largest one that is not above the minimum to the smallest one that is above the maximum. */
function boundsOf({ min, max }: DurationHistogram, steps: readonly number[]): number[] {
  const all = [0, ...Array.from({ length: 17 }, (_, decade) => steps.map((step) => step * 10 ** decade)).flat()];
  const first = all.findLastIndex((bound) => bound <= min);
  return all.slice(Math.max(0, first), all.findIndex((bound) => bound > max) + 1);
}
