const UNARMED = Number.NEGATIVE_INFINITY;

export interface PeriodicTimerOptions {
  /** Due at the first question already; otherwise one period after it. */
  immediate?: boolean;
}

/**
 * A timer that is asked rather than called back. It keeps to its grid: it does not drift when it is asked late, and after a
 * pause it is due once, not once for every period that went by.
 */
export class PeriodicTimer {
  /** May have a fraction, e.g. 1e9 / 30 for a frame rate. */
  readonly periodNs: number;
  readonly #immediate: boolean;
  #nextNs = UNARMED;
  #skipped = 0;

  constructor(periodNs: number, options: PeriodicTimerOptions = {}) {
    if (!(periodNs > 0 && Number.isFinite(periodNs))) {
      throw new RangeError(`a period is more than 0 ns and finite, found ${periodNs}`);
    }
    this.periodNs = periodNs;
    this.#immediate = options.immediate ?? false;
  }

  /** True once per period. The first question starts the grid. */
  isDue(nowNs: number): boolean {
    if (nowNs < this.#nextNs) return false;
    if (this.#nextNs === UNARMED) {
      this.#nextNs = nowNs + this.periodNs;
      return this.#immediate;
    }
    const missed = Math.floor((nowNs - this.#nextNs) / this.periodNs);
    this.#nextNs += (missed + 1) * this.periodNs;
    // Division and product round differently for fractional periods: never leave the next time in the past.
    if (this.#nextNs <= nowNs) this.#nextNs += this.periodNs;
    this.#skipped += missed;
    return true;
  }

  /** When it is due next; -Infinity before the first question. */
  get nextNs(): number {
    return this.#nextNs;
  }

  /** Whole periods that went by unanswered, since the beginning. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Starts a new grid one period from now. */
  restart(nowNs: number): void {
    this.#nextNs = nowNs + this.periodNs;
  }

  /** Makes it due at the next question, on a new grid from then on. */
  makeDue(nowNs: number): void {
    this.#nextNs = nowNs;
  }
}

/** A moment that may come. Not set at first; expires once set and reached, and stays so until set again or cleared. */
export class Deadline {
  #atNs = Number.POSITIVE_INFINITY;

  /** Sets it to `nowNs + timeoutNs`. */
  start(nowNs: number, timeoutNs: number): void {
    this.#atNs = nowNs + timeoutNs;
  }

  clear(): void {
    this.#atNs = Number.POSITIVE_INFINITY;
  }

  get isSet(): boolean {
    return this.#atNs !== Number.POSITIVE_INFINITY;
  }

  hasExpired(nowNs: number): boolean {
    return nowNs >= this.#atNs;
  }

  /** Time left, at least 0; Infinity when not set. */
  remainingNs(nowNs: number): number {
    return Math.max(0, this.#atNs - nowNs);
  }
}
