export interface BackoffLimits {
  /** The first wait, before jitter. */
  readonly firstNs: number;
  /** The longest wait. */
  readonly maxNs: number;
}

/**
 * Waits between attempts. Each wait is up to twice as long as the one before, up to a limit, and is shortened at random by up to half, so
 * that clients that failed together do not retry together (D-06).
 */
export class RetryBackoff {
  readonly #limits: BackoffLimits;
  readonly #random: () => number;
  #waitNs: number;

  /** `random`: a number in [0, 1). @throws RangeError unless 0 < firstNs <= maxNs */
  constructor(limits: BackoffLimits, random: () => number = Math.random) {
    const { firstNs, maxNs } = limits;
    if (!(firstNs > 0 && firstNs <= maxNs && maxNs < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`expected waits of 0 < firstNs <= maxNs, found ${firstNs} and ${maxNs}`);
    }
    this.#limits = limits;
    this.#random = random;
    this.#waitNs = firstNs;
  }

  /** The next wait in whole nanoseconds: a random time between half of the current wait and all of it. */
  next(): number {
    const waitNs = this.#waitNs;
    this.#waitNs = Math.min(waitNs * 2, this.#limits.maxNs);
    return Math.ceil(waitNs / 2 + (waitNs / 2) * this.#random());
  }

  /** An attempt succeeded: the next wait is the first one again. */
  reset(): void {
    this.#waitNs = this.#limits.firstNs;
  }
}
