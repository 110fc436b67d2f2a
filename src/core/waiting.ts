import type { WaitPoint } from "./wait-point.ts";

/** Result of a pause at a wait point. */
export type WaitOutcome = typeof NO_WAIT | typeof ARMED | typeof WOKEN | typeof WAITED;

/** There is nothing to wait for: another kind of pause is needed. */
export const NO_WAIT = 0;
/** No wait yet: a cycle must find nothing first. */
const ARMED = 1;
/** The awaited event has occurred: the next cycle begins immediately. */
export const WOKEN = 2;
/** The wait timed out: the event loop gets its turn before the next wait. */
export const WAITED = 3;

/** The agents of the thread, see `DutyCycle`. */
export interface Waiters {
  waitPoint(nowNs: number): WaitPoint | null;
  waitFailed(error: unknown): void;
}

/** Makes the thread wait at a wait point, between cycles that find nothing, so that no event in between is missed. */
export class Waiting {
  readonly #waiters: Waiters;
  /** Armed before the last cycle. */
  #armed: WaitPoint | null = null;

  constructor(waiters: Waiters) {
    this.#waiters = waiters;
  }

  /** To be called after a cycle that found nothing; `restNs` is the idle strategy's pause. */
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
    // Armed for the following cycle, so that the next wait needs no extra one.
    this.#arm(point);
    return isWoken ? WOKEN : WAITED;
  }

  #arm(point: WaitPoint): boolean {
    const isArmed = point.arm();
    this.#armed = isArmed ? point : null;
    return isArmed;
  }
}
