import { CONTINUE, type IdleOutcome, type IdleStrategy, YIELD_TO_EVENT_LOOP } from "./idle-strategy.ts";

/** Yields the thread to the event loop as soon as there is nothing to do: minimal CPU, latency of milliseconds. */
export class SleepIdle implements IdleStrategy {
  readonly name = "sleep";
  readonly restNs: number;

  /** The event loop's timers are no finer than 1 ms. */
  constructor(sleepNs = 1_000_000) {
    this.restNs = sleepNs;
  }

  idle(workCount: number): IdleOutcome {
    return workCount > 0 ? CONTINUE : YIELD_TO_EVENT_LOOP;
  }

  reset(): void {}
}
