import { CONTINUE, type IdleOutcome, type IdleStrategy, type Parker, TIME_PASSED } from "./idle-strategy.ts";

/** Lets other threads run when there is nothing to do, but takes the core whenever no other thread needs it. */
export class YieldIdle implements IdleStrategy {
  readonly name = "yield";
  readonly restNs = 0;
  readonly #parker: Parker;

  constructor(parker: Parker) {
    this.#parker = parker;
  }

  idle(workCount: number): IdleOutcome {
    if (workCount > 0) return CONTINUE;
    this.#parker.yieldThread();
    return TIME_PASSED;
  }

  reset(): void {}
}
