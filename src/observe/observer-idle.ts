import { type IdleOutcome, type IdleStrategy, YIELD_TO_EVENT_LOOP } from "../core/idle/index.ts";

/** While it finds its way: the media driver's answers take a few cycles each. */
const EAGER_NS = 1e6;
/** Four looks a second: announces come once a second. */
export const CALM_NS = 250e6;

/** The idle strategy of a tool that looks now and then: it rests after every cycle, briefly until it has begun to watch. */
export class ObserverIdle implements IdleStrategy {
  readonly name = "sleep";
  restNs = EAGER_NS;

  /** What is to be watched was found: from now on it rests for so long. */
  setPollInterval(restNs = CALM_NS): void {
    this.restNs = restNs;
  }

  idle(_workCount: number): IdleOutcome {
    return YIELD_TO_EVENT_LOOP;
  }

  reset(): void {}
}
