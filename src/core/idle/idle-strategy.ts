/** What an idle strategy did, or wants done, between two cycles. */
export type IdleOutcome = typeof CONTINUE | typeof TIME_PASSED | typeof PARK | typeof YIELD_TO_EVENT_LOOP;

/** Nothing: the next cycle begins at once. */
export const CONTINUE = 0;
/** The thread yielded: the clock has to be read again. */
export const TIME_PASSED = 1;
/** The thread is free for `restNs`: the scheduler waits in the event loop, where a wake-up can cut the wait short. */
export const YIELD_TO_EVENT_LOOP = 2;
/** The thread is free for `restNs`, too short for a timer of the event loop: the scheduler waits at a wait point, or calls `park`. */
export const PARK = 3;

/** What to do between cycles. Sees nothing but the work that the last cycle did. */
export interface IdleStrategy {
  readonly name: IdleStrategyName;
  /** How long YIELD_TO_EVENT_LOOP and PARK last. */
  readonly restNs: number;
  /** Set when it never hands over: its parks are too short for a turn of the event loop after each of them. */
  readonly onlyParks?: boolean;
  /** Called after each cycle with the work it did. */
  idle(workCount: number): IdleOutcome;
  /** Forgets how long it has been idle: something is about to happen. */
  reset(): void;
  /** Blocks the thread for `restNs`, after PARK. */
  park?(): void;
  /** Called when the thread has waited at a wait point: work of the next cycle may be all there is for long. */
  onWaited?(): void;
}

/** The two ways of resting that need the operating system. */
export interface Parker {
  /** Gives the rest of the time slice to another thread (sched_yield). */
  yieldThread(): void;
  /** Blocks the thread for about this long (clock_nanosleep); the event loop rests too. */
  parkNs(durationNs: number): void;
}

export const IDLE_STRATEGY_NAMES = ["busy-spin", "yield", "backoff", "park", "sleep"] as const;
export type IdleStrategyName = (typeof IDLE_STRATEGY_NAMES)[number];
/** A strategy with its usual settings, or back-off with its longest rest, e.g. "backoff:100us". */
export type IdleChoice = IdleStrategyName | `backoff:${string}`;
