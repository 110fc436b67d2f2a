import {
  CONTINUE,
  type IdleOutcome,
  type IdleStrategy,
  PARK,
  type Parker,
  YIELD_TO_EVENT_LOOP,
} from "./idle-strategy.ts";

/** Work is often followed by more within half a millisecond, as with frames of a busy stream. */
const PARK_NS = 100_000;
const MAX_PARKS = 5;
const SLEEP_NS = 1_000_000;

/** Pauses as soon as there is nothing to do, briefly at first: leaves the processor to others and still follows a busy stream. */
export class ParkIdle implements IdleStrategy {
  readonly name = "park";
  restNs = SLEEP_NS;
  readonly #parker: Parker;
  #parks = MAX_PARKS;

  constructor(parker: Parker) {
    this.#parker = parker;
  }

  idle(workCount: number): IdleOutcome {
    if (workCount > 0) {
      this.#parks = 0;
      return CONTINUE;
    }
    if (this.#parks < MAX_PARKS) {
      this.#parks++;
      this.restNs = PARK_NS;
      return PARK;
    }
    this.restNs = SLEEP_NS;
    return YIELD_TO_EVENT_LOOP;
  }

  park(): void {
    this.#parker.parkNs(this.restNs);
  }

  reset(): void {}
}
