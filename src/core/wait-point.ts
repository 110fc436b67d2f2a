/** Longest time that a wait point may block the thread, and with it the event loop. */
export const LONGEST_WAIT_NS = 20_000_000;

/** An event of another process that ends a pause in which the thread is blocked. */
export interface WaitPoint {
  /**
   * Records the current state: a later `wait` returns immediately if it has changed since. Earlier changes are found by the cycle after
   * this call. False if there is nothing to wait for now.
   */
  arm(): boolean;
  /**
   * Blocks the thread until the state changes, for at most LONGEST_WAIT_NS. `restNs` is the idle strategy's pause. True if the awaited
   * event ended it.
   */
  wait(restNs: number): boolean;
}

/** For an agent that permits any pause: the thread may block, and other agents name the event. */
export const ANY_WAIT: WaitPoint = { arm: () => false, wait: () => false };
