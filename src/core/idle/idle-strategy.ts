/** What an idle strategy did, or requests, between two cycles. */
export type IdleOutcome = typeof CONTINUE | typeof TIME_PASSED | typeof PARK | typeof YIELD_TO_EVENT_LOOP;

/** Nothing: the next cycle begins immediately. */
export const CONTINUE = 0;
/** The thread yielded: the clock must be read again. */
export const TIME_PASSED = 1;
/** The thread is free for `restNs`: the scheduler waits in the event loop, where a wake-up can end the wait early. */
export const YIELD_TO_EVENT_LOOP = 2;
/** The thread is free for `restNs`, too short for a timer of the event loop: the scheduler waits at a wait point, or calls `park`. */
export const PARK = 3;

/** Decides what to do between cycles. Its only input is the work of the last cycle. */
export interface IdleStrategy {
  readonly name: IdleStrategyName;
  /** Duration of YIELD_TO_EVENT_LOOP and PARK. */
  readonly restNs: number;
  /** Set if it never yields to the event loop: its parks are too short for an event-loop turn after each. */
  readonly onlyParks?: boolean;
  /** Called after each cycle with the work it did. */
  idle(workCount: number): IdleOutcome;
  /** Resets the backoff: work is about to arrive. */
  reset(): void;
  /** Blocks the thread for `restNs`, after PARK. */
  park?(): void;
  /** Called after the thread has waited at a wait point: the next cycle's work may be all for a long time. */
  onWaited?(): void;
}

/** The two pauses that need the operating system. */
export interface Parker {
  /** Gives the rest of the time slice to another thread (sched_yield). */
  yieldThread(): void;
  /** Blocks the thread, including the event loop, for about this long (clock_nanosleep). */
  parkNs(durationNs: number): void;
}

export const IDLE_STRATEGY_NAMES = ["busy-spin", "yield", "backoff", "park", "sleep"] as const;
export type IdleStrategyName = (typeof IDLE_STRATEGY_NAMES)[number];
/** A strategy with default settings, or backoff with its longest pause, e.g. "backoff:100us". */
export type IdleChoice = IdleStrategyName | `backoff:${string}`;
