/** Minimum, maximum, mean and standard deviation of numbers that are added one by one (Welford's method). */
export class Spread {
  count = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  mean = 0;
  #squares = 0;

  add(value: number): void {
    this.count++;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    const off = value - this.mean;
    this.mean += off / this.count;
    this.#squares += off * (value - this.mean);
  }

  /** Standard deviation of all values; 0 for fewer than two. */
  get deviation(): number {
    return this.count < 2 ? 0 : Math.sqrt(this.#squares / this.count);
  }

  clear(): void {
    this.count = 0;
    this.min = Number.POSITIVE_INFINITY;
    this.max = Number.NEGATIVE_INFINITY;
    this.mean = 0;
    this.#squares = 0;
  }

  /** The statistics so far; null before the first value. */
  summary(): SpreadSummary | null {
    const { count, min, max, mean, deviation } = this;
    return count === 0 ? null : { min, max, mean, deviation };
  }
}

export interface SpreadSummary {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly deviation: number;
}

/**
 * Frames per second between two looks. The frames' own timestamps are more precise, as long as they agree with this process's clock;
 * otherwise (a device's clock, a stream that was paused) this process's clock is used, which is accurate to within a frame.
 */
export function frameRate(frames: number, elapsedNs: number, stampedNs: number, lookNs: number): number {
  if (frames <= 0 || !(elapsedNs > 0)) return 0;
  const perFrameNs = stampedNs / frames;
  const isSameTime = stampedNs > 0 && Math.abs(stampedNs - elapsedNs) <= 2 * (perFrameNs + lookNs);
  return (frames / (isSameTime ? stampedNs : elapsedNs)) * 1e9;
}
