/**
 * Time as the whole program sees it: nanoseconds since the process started, a plain number that is exact for 104 days of
 * process life. CLOCK_MONOTONIC appears at the edges only, see `MonotonicEpoch`.
 */
export interface Clock {
  nanoTime(): number;
}

/** The real time of this process. */
export class SystemClock implements Clock {
  nanoTime(): number {
    return Bun.nanoseconds();
  }
}

/** A clock that stands still until it is told otherwise, for tests and simulations. */
export class ManualClock implements Clock {
  #nowNs: number;

  constructor(nowNs = 0) {
    this.#nowNs = nowNs;
  }

  nanoTime(): number {
    return this.#nowNs;
  }

  /** Moves the time forward and returns the new one. */
  advance(byNs: number): number {
    if (!(byNs >= 0)) throw new RangeError(`a clock advances by 0 ns or more, found ${byNs}`);
    this.#nowNs += byNs;
    return this.#nowNs;
  }

  set(nowNs: number): void {
    this.#nowNs = nowNs;
  }
}
