/** Start of the process, in its own time. */
const START_NS = 2 ** 32;

/**
 * Nanoseconds since the process started, plus 2^32. `Bun.nanoseconds` returns small integers for the first 2.1 s and doubles afterwards:
 * the engine would discard and recompile all code that uses the time.
 */
export function processNs(): number {
  return Bun.nanoseconds() + START_NS;
}

/** Uptime of the process in nanoseconds at this process time: the value of `Bun.nanoseconds`. */
export function uptimeNs(nowNs: number): number {
  return nowNs - START_NS;
}

/**
 * The program's time: nanoseconds of `processNs`, a plain number that is exact for 104 days of uptime. CLOCK_MONOTONIC is used only at the
 * boundaries, see `MonotonicEpoch`.
 */
export interface Clock {
  nanoTime(): number;
}

/** The real time of this process. */
export class SystemClock implements Clock {
  nanoTime(): number {
    return processNs();
  }
}

/** The time of an agent's current cycle: the agent updates it first, and its parts read it. */
export class CycleClock implements Clock {
  #nowNs = 0;

  nanoTime(): number {
    return this.#nowNs;
  }

  update(nowNs: number): void {
    this.#nowNs = nowNs;
  }
}

/** A clock that moves only when it is set, for tests and simulations. */
export class ManualClock implements Clock {
  #nowNs: number;

  constructor(nowNs = 0) {
    this.#nowNs = nowNs;
  }

  nanoTime(): number {
    return this.#nowNs;
  }

  /** Advances the time and returns the new one. */
  advance(byNs: number): number {
    if (!(byNs >= 0)) throw new RangeError(`a clock advances by 0 ns or more, found ${byNs}`);
    this.#nowNs += byNs;
    return this.#nowNs;
  }

  set(nowNs: number): void {
    this.#nowNs = nowNs;
  }
}
