/** The longest that a wait point may block the thread, and the event loop with it. */
export const LONGEST_WAIT_NS = 20_000_000;

/** An event of another process that ends a rest in which the thread is blocked. */
export interface WaitPoint {
  /**
   * Notes how things stand: a later `wait` returns at once when they have changed since. What came before is found by the cycle
   * after this call. False when there is nothing to wait for now.
   */
  arm(): boolean;
  /**
   * Blocks the thread until things change, and for LONGEST_WAIT_NS at most. `restNs` is how long the idle strategy would rest.
   * True when it was ended by what it waited for.
   */
  wait(restNs: number): boolean;
}

/** The answer of an agent to whom it makes no difference what ends a rest: blocking is fine, and others say what for. */
export const ANY_WAIT: WaitPoint = { arm: () => false, wait: () => false };
