import {
  CONTINUE,
  type IdleOutcome,
  type IdleStrategy,
  PARK,
  type Parker,
  TIME_PASSED,
  YIELD_TO_EVENT_LOOP,
} from "./idle-strategy.ts";

/** The event loop's timers are no finer than this: shorter rests are parks. */
const SHORTEST_YIELD_NS = 1_000_000;
/** An answer to what a wait has brought is no sign that the stream is busy. */
const MAX_FOLLOWERS = 1;
/** The park after work that ended a wait, and that is likely to be all: as long as a wait point takes to be ready again. */
const PARK_BETWEEN_WAITS_NS = 400_000;

export interface BackoffOptions {
  /** Empty cycles that continue at once. */
  maxSpins?: number;
  /** Empty cycles after those that yield the thread. */
  maxYields?: number;
  /** The first park; each further one is twice as long. */
  minParkNs?: number;
  /** The longest rest. From 1 ms on the rest is spent in the event loop, where HTTP, signals and wake-ups are served. */
  maxParkNs?: number;
}

/** Spins, then yields, then rests for longer and longer: low latency under load, little CPU without. */
export class BackoffIdle implements IdleStrategy {
  readonly name = "backoff";
  restNs: number;
  readonly onlyParks: boolean;
  readonly #parker: Parker;
  readonly #maxSpins: number;
  readonly #maxYields: number;
  readonly #minParkNs: number;
  readonly #maxParkNs: number;
  #idleCycles = 0;
  #parkNs: number;
  #hasWaited = false;
  /** Times that work came since a wait brought some, without a wait before it. */
  #followers = MAX_FOLLOWERS + 1;
  /** True while there were few of those, this time and the time before. */
  #comesAlone = false;

  constructor(parker: Parker, options: BackoffOptions = {}) {
    this.#parker = parker;
    this.#maxSpins = options.maxSpins ?? 10;
    this.#maxYields = options.maxYields ?? 100;
    this.#minParkNs = options.minParkNs ?? 1_000;
    this.#maxParkNs = options.maxParkNs ?? 1_000_000;
    this.restNs = this.#maxParkNs;
    this.onlyParks = this.#maxParkNs < SHORTEST_YIELD_NS;
    this.#parkNs = this.#minParkNs;
    if (!(this.#minParkNs > 0 && this.#minParkNs <= this.#maxParkNs)) {
      throw new RangeError(`parks grow from more than 0 ns, found ${this.#minParkNs} to ${this.#maxParkNs} ns`);
    }
  }

  idle(workCount: number): IdleOutcome {
    if (workCount > 0) {
      if (this.#idleCycles !== 0) this.#beginAnew();
      return CONTINUE;
    }
    if (this.#idleCycles < this.#maxSpins) {
      this.#idleCycles += 1;
      return CONTINUE;
    }
    if (this.#idleCycles < this.#maxSpins + this.#maxYields) {
      this.#idleCycles += 1;
      this.#parker.yieldThread();
      return TIME_PASSED;
    }
    this.#idleCycles += 1;
    this.restNs = this.#parkNs;
    this.#parkNs = Math.min(this.#maxParkNs, this.restNs * 2);
    return this.restNs < SHORTEST_YIELD_NS ? PARK : YIELD_TO_EVENT_LOOP;
  }

  park(): void {
    this.#parker.parkNs(this.restNs);
  }

  reset(): void {
    this.#idleCycles = 0;
    this.#parkNs = this.#minParkNs;
  }

  onWaited(): void {
    this.#hasWaited = true;
  }

  /** After work, which found this at rest. */
  #beginAnew(): void {
    if (this.#hasWaited) this.#comesAlone = this.#followers <= MAX_FOLLOWERS;
    this.#followers = this.#hasWaited ? 0 : this.#followers + 1;
    if (this.#followers > MAX_FOLLOWERS) this.#comesAlone = false;
    this.#hasWaited = false;
    this.reset();
    // A hundred spins and yields for a frame that comes alone cost more than all the waiting for it.
    if (!this.#comesAlone) return;
    this.#idleCycles = this.#maxSpins + this.#maxYields;
    this.#parkNs = Math.min(this.#maxParkNs, PARK_BETWEEN_WAITS_NS);
  }
}
