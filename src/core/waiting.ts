import type { WaitPoint } from "./wait-point.ts";

/** What became of a rest at a wait point. */
export type WaitOutcome = typeof NO_WAIT | typeof ARMED | typeof WOKEN | typeof WAITED;

/** There is nothing to wait for: the rest has to be another one. */
export const NO_WAIT = 0;
/** Nothing was waited for yet: first a cycle has to find nothing. */
const ARMED = 1;
/** What was waited for has come: the next cycle begins at once. */
export const WOKEN = 2;
/** The time is up: the event loop has its turn before the next wait. */
export const WAITED = 3;

/** The agents of the thread, see `DutyCycle`. */
export interface Waiters {
  waitPoint(nowNs: number): WaitPoint | null;
  waitFailed(error: unknown): void;
}

/** Has the thread wait at a wait point, between cycles that find nothing, so that nothing that comes in between is missed. */
export class Waiting {
  readonly #waiters: Waiters;
  /** Armed before the cycle that was run last. */
  #armed: WaitPoint | null = null;

  constructor(waiters: Waiters) {
    this.#waiters = waiters;
  }

  /** To be called after a cycle that found nothing; `restNs` is how long the idle strategy would rest. */
  rest(mayWait: boolean, nowNs: number, restNs: number): WaitOutcome {
    const point = mayWait ? this.#waiters.waitPoint(nowNs) : null;
    if (point !== null) {
      try {
        return this.#restAt(point, restNs);
      } catch (error) {
        this.#waiters.waitFailed(error);
      }
    }
    this.#armed = null;
    return NO_WAIT;
  }

  #restAt(point: WaitPoint, restNs: number): WaitOutcome {
    if (point !== this.#armed) return this.#arm(point) ? ARMED : NO_WAIT;
    const isWoken = point.wait(restNs);
    // For the cycle that follows, so that the next wait needs none of its own.
    this.#arm(point);
    return isWoken ? WOKEN : WAITED;
  }

  #arm(point: WaitPoint): boolean {
    const isArmed = point.arm();
    this.#armed = isArmed ? point : null;
    return isArmed;
  }
}
