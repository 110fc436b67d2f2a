import type { WaitPoint } from "./wait-point.ts";

/**
 * Work that a scheduler runs repeatedly on one thread. A role is an agent; an agent may consist of agents. `doWork` never blocks on a pipe,
 * a disk, a terminal or another process.
 */
export interface Agent {
  /** Name for messages, e.g. `consumer camera-1`. */
  readonly roleName: string;
  /** Called once, before the first `doWork`. An agent that throws here is closed and never run. */
  onStart?(): void;
  /** Does the due work and returns its amount; on 0 the idle strategy may pause. */
  doWork(nowNs: number): number;
  /**
   * The event that may end a pause, requested when there was no work. A pause blocks the thread and its event loop for up to
   * LONGEST_WAIT_NS at a time. ANY_WAIT: this agent permits any pause. Null or omitted: the thread must not block now, because this agent
   * also uses the event loop, or waits for something that no wait point covers.
   */
  waitPoint?(nowNs: number): WaitPoint | null;
  /** Called once, even if the agent never started. The scheduler awaits the promise and runs the other agents meanwhile. */
  onClose?(): void | Promise<void>;
  /**
   * Called before any agent's `doWork` if this cycle began `lateByNs` after the previous one (SIGSTOP, a debugger, a closed laptop): leases
   * may have expired, and timers may be overdue.
   */
  onLateCycle?(nowNs: number, lateByNs: number): void;
}
