/** Rates cover about this time: three reports at the protocol's cadence. */
const RATE_WINDOW_NS = 3e9;
/** Samples that are closer together replace each other. */
const SPACING_NS = 0.4e9;
const MAX_SAMPLES = 8;

/**
 * Growth per second of a monotonic count over the last few seconds. A count that decreases, or that belongs to another epoch, starts a new
 * baseline: a rate is never negative, and a restart causes no spike.
 */
export class RateWindow {
  readonly #timesNs = new Float64Array(MAX_SAMPLES);
  readonly #values = new Float64Array(MAX_SAMPLES);
  #count = 0;

  /** Adds a sample of the count. */
  add(nowNs: number, value: number): void {
    const last = this.#count - 1;
    if (last >= 0 && value < (this.#values[last] as number)) this.#count = 0;
    else if (last >= 1 && nowNs - (this.#timesNs[last - 1] as number) < SPACING_NS) this.#count = last;
    else if (this.#count === MAX_SAMPLES) this.#forgetOldest();
    this.#timesNs[this.#count] = nowNs;
    this.#values[this.#count] = value;
    this.#count++;
  }

  /** Forgets everything: the next sample is a baseline. */
  restart(): void {
    this.#count = 0;
  }

  /** Per second; null without two samples at a distance, 0 if the last one is long ago. */
  perSecond(nowNs: number): number | null {
    if (this.#count < 2) return null;
    if (nowNs - this.newestNs > RATE_WINDOW_NS) return 0;
    const spanNs = this.newestNs - (this.#timesNs[this.#oldest()] as number);
    // Messages that waited for this process arrive at one moment: a rate over that moment could have any value.
    return spanNs >= SPACING_NS ? (this.growth * 1e9) / spanNs : null;
  }

  /** Growth of the count over the window; 0 without two samples. */
  get growth(): number {
    if (this.#count < 2) return 0;
    return (this.#values[this.#count - 1] as number) - (this.#values[this.#oldest()] as number);
  }

  /** True if there are two samples, and the last one is recent. */
  isCurrent(nowNs: number): boolean {
    return this.#count >= 2 && nowNs - this.newestNs <= RATE_WINDOW_NS;
  }

  /** Time of the last sample; -Infinity before the first. */
  get newestNs(): number {
    return this.#count === 0 ? Number.NEGATIVE_INFINITY : (this.#timesNs[this.#count - 1] as number);
  }

  /** The first sample of the window: at least one at a distance from the last, however old. */
  #oldest(): number {
    const sinceNs = this.newestNs - RATE_WINDOW_NS - SPACING_NS / 2;
    const apartNs = this.newestNs - SPACING_NS;
    let index = 0;
    while (
      index < this.#count - 2 &&
      (this.#timesNs[index] as number) < sinceNs &&
      (this.#timesNs[index + 1] as number) <= apartNs
    )
      index++;
    return index;
  }

  #forgetOldest(): void {
    this.#timesNs.copyWithin(0, 1);
    this.#values.copyWithin(0, 1);
    this.#count--;
  }
}
