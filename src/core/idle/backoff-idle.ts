import {
  CONTINUE,
  type IdleOutcome,
  type IdleStrategy,
  PARK,
  type Parker,
  TIME_PASSED,
  YIELD_TO_EVENT_LOOP,
} from "./idle-strategy.ts";

/** The event loop's timers are no finer than this: shorter pauses are parks. */
const SHORTEST_YIELD_NS = 1_000_000;
/** Work that only answers the event of a wait does not mean that the stream is busy. */
const MAX_FOLLOWERS = 1;
/** The park after work that ended a wait and is probably all: as long as a wait point needs to be ready again. */
const PARK_BETWEEN_WAITS_NS = 400_000;

export interface BackoffOptions {
  /** Empty cycles that continue immediately. */
  maxSpins?: number;
  /** Subsequent empty cycles that yield the thread. */
  maxYields?: number;
  /** The first park; each further one doubles. */
  minParkNs?: number;
  /** The longest pause. From 1 ms on it is spent in the event loop, which serves HTTP, signals and wake-ups. */
  maxParkNs?: number;
}

/** Spins, then yields, then pauses for longer and longer: low latency under load, little CPU without. */
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
  /** How often work came, since a wait brought some, without another wait before it. */
  #followers = MAX_FOLLOWERS + 1;
  /** True while there were few of those, this time and the previous time. */
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

  /** Restarts the backoff after work that arrived while idle. */
  #beginAnew(): void {
    if (this.#hasWaited) this.#comesAlone = this.#followers <= MAX_FOLLOWERS;
    this.#followers = this.#hasWaited ? 0 : this.#followers + 1;
    if (this.#followers > MAX_FOLLOWERS) this.#comesAlone = false;
    this.#hasWaited = false;
    this.reset();
    // A hundred spins and yields for a single frame cost more than the whole wait for it.
    if (!this.#comesAlone) return;
    this.#idleCycles = this.#maxSpins + this.#maxYields;
    this.#parkNs = Math.min(this.#maxParkNs, PARK_BETWEEN_WAITS_NS);
  }
}
