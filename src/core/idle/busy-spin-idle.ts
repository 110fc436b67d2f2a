import { type IdleOutcome, type IdleStrategy, WENT_ON } from "./idle-strategy.ts";

/** Never rests: the lowest latency, for a whole core. */
export class BusySpinIdle implements IdleStrategy {
  readonly name = "busy-spin";
  readonly restNs = 0;

  idle(_workCount: number): IdleOutcome {
    return WENT_ON;
  }

  reset(): void {}
}
