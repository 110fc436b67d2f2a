const UNARMED = Number.NEGATIVE_INFINITY;

export interface PeriodicTimerOptions {
  /** Due at the first check; otherwise one period after it. */
  immediate?: boolean;
}

/**
 * A timer that is polled instead of calling back. It keeps to its grid: it does not drift if it is polled late, and after a pause it is due
 * once, not once for every missed period.
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

  /** True once per period. The first call starts the grid. */
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

  /** When it is due next; -Infinity before the first check. */
  get nextNs(): number {
    return this.#nextNs;
  }

  /** Whole periods that were missed since the beginning. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Starts a new grid one period from now. */
  restart(nowNs: number): void {
    this.#nextNs = nowNs + this.periodNs;
  }

  /** Makes it due at the next check, on a new grid from then on. */
  makeDue(nowNs: number): void {
    this.#nextNs = nowNs;
  }
}

/** An optional moment. Initially not set; expires once set and reached, and stays expired until it is set again or cleared. */
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

  /** Remaining time, at least 0; Infinity if not set. */
  remainingNs(nowNs: number): number {
    return Math.max(0, this.#atNs - nowNs);
  }
}
