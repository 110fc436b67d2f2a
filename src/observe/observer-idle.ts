import { type IdleOutcome, type IdleStrategy, YIELD_TO_EVENT_LOOP } from "../core/idle/index.ts";

/** Rest during start: the media driver's answers take a few cycles each. */
const EAGER_NS = 1e6;
/** Four looks a second: announces arrive once a second. */
export const CALM_NS = 250e6;

/** The idle strategy of a tool that looks at intervals: it rests after every cycle, and only briefly until it has begun to observe. */
export class ObserverIdle implements IdleStrategy {
  readonly name = "sleep";
  restNs = EAGER_NS;

  /** The observed streams were found: from now on it rests for this long. */
  setPollInterval(restNs = CALM_NS): void {
    this.restNs = restNs;
  }

  idle(_workCount: number): IdleOutcome {
    return YIELD_TO_EVENT_LOOP;
  }

  reset(): void {}
}
