import { CONTINUE, type IdleOutcome, type IdleStrategy } from "./idle-strategy.ts";

/** Never pauses: the lowest latency, at the cost of a whole core. */
export class BusySpinIdle implements IdleStrategy {
  readonly name = "busy-spin";
  readonly restNs = 0;

  idle(_workCount: number): IdleOutcome {
    return CONTINUE;
  }

  reset(): void {}
}
