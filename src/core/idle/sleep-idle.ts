import { HAND_OVER, type IdleOutcome, type IdleStrategy, PARK, type Parker, WENT_ON } from "./idle-strategy.ts";

/** Work is often followed by more within half a millisecond, as frames of a busy stream are. */
const PARK_NS = 100_000;
const MAX_PARKS = 5;

/** Rests as soon as there is nothing to do, at first briefly: the least CPU, a latency of up to a millisecond after a pause. */
export class SleepIdle implements IdleStrategy {
  readonly name = "sleep";
  restNs: number;
  readonly #sleepNs: number;
  readonly #parker: Parker;
  #parks = MAX_PARKS;

  /** The event loop's timers are no finer than 1 ms. */
  constructor(parker: Parker, sleepNs = 1_000_000) {
    this.#parker = parker;
    this.#sleepNs = sleepNs;
    this.restNs = sleepNs;
  }

  idle(workCount: number): IdleOutcome {
    if (workCount > 0) {
      this.#parks = 0;
      return WENT_ON;
    }
    if (this.#parks < MAX_PARKS) {
      this.#parks++;
      this.restNs = PARK_NS;
      return PARK;
    }
    this.restNs = this.#sleepNs;
    return HAND_OVER;
  }

  park(): void {
    this.#parker.parkNs(this.restNs);
  }

  reset(): void {}
}
