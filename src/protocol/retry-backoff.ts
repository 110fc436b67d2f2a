export interface BackoffLimits {
  /** The first wait, before jitter. */
  readonly firstNs: number;
  /** No wait is longer. */
  readonly maxNs: number;
}

/**
 * Waits between attempts: each up to twice as long as the one before, up to a bound, and each shortened at random by up to
 * half, so that clients that failed together do not retry together (D-06).
 */
export class RetryBackoff {
  readonly #limits: BackoffLimits;
  readonly #random: () => number;
  #waitNs: number;

  /** `random`: a number from 0 up to, not including, 1. @throws RangeError for limits that are not 0 < firstNs <= maxNs */
  constructor(limits: BackoffLimits, random: () => number = Math.random) {
    const { firstNs, maxNs } = limits;
    if (!(firstNs > 0 && firstNs <= maxNs && maxNs < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`expected waits of 0 < firstNs <= maxNs, found ${firstNs} and ${maxNs}`);
    }
    this.#limits = limits;
    this.#random = random;
    this.#waitNs = firstNs;
  }

  /** How long to wait now, in whole nanoseconds: from half of the wait that is due to all of it. */
  next(): number {
    const waitNs = this.#waitNs;
    this.#waitNs = Math.min(waitNs * 2, this.#limits.maxNs);
    return Math.ceil(waitNs / 2 + (waitNs / 2) * this.#random());
  }

  /** Something worked: the next wait is the first again. */
  reset(): void {
    this.#waitNs = this.#limits.firstNs;
  }
}
