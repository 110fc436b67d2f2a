/** Larger values are counted as this value. */
const MAX_NS = 2 ** 32 - 1;
/** Buckets per power of two: a quantile is exact to 1.6 %. */
const STEPS = 64;
const STEP_BITS = 6;

/** A histogram of durations; adding allocates nothing. */
export class Histogram {
  readonly #buckets = new Float64Array((32 - STEP_BITS + 1) * STEPS);
  #count = 0;
  #max = 0;

  get count(): number {
    return this.#count;
  }

  add(durationNs: number): void {
    // Clock readings of different processes may differ by some nanoseconds.
    const value = durationNs < 0 ? 0 : durationNs > MAX_NS ? MAX_NS : Math.floor(durationNs);
    const exponent = 31 - Math.clz32(value | 1);
    const shift = exponent < STEP_BITS ? 0 : exponent - STEP_BITS;
    const at = value < STEPS ? value : (shift + 1) * STEPS + ((value >>> shift) & (STEPS - 1));
    this.#buckets[at]!++;
    this.#count++;
    if (value > this.#max) this.#max = value;
  }

  /** The duration that this share of the durations does not exceed. */
  quantile(share: number): number {
    let left = share * this.#count;
    for (let at = 0; at < this.#buckets.length; at++) {
      left -= this.#buckets[at] as number;
      if (left > 0) continue;
      if (at < STEPS) return at;
      const shift = Math.floor(at / STEPS) - 1;
      return Math.min(this.#max, (STEPS + (at % STEPS) + 0.5) * 2 ** shift);
    }
    return this.#max;
  }

  quantiles(): Quantiles {
    return {
      p50: this.quantile(0.5),
      p90: this.quantile(0.9),
      p99: this.quantile(0.99),
      p999: this.quantile(0.999),
      max: this.#max,
    };
  }
}

/** In nanoseconds. */
export interface Quantiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}
