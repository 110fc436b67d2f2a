import type { WaitPoint } from "./wait-point.ts";

/**
 * A piece of work that a scheduler runs over and over on one thread. A role is an agent; an agent may be made of agents.
 * `doWork` never waits: not for a pipe, a disk, a terminal or another process.
 */
export interface Agent {
  /** What this agent is, for messages, e.g. `consumer camera-1`. */
  readonly roleName: string;
  /** Called once, before the first `doWork`. An agent that throws here is closed and never run. */
  onStart?(): void;
  /** Does what there is to do now and returns how much that was; 0 lets the idle strategy rest. */
  doWork(nowNs: number): number;
  /**
   * What may end a rest in which the thread is blocked, and the event loop with it, for up to LONGEST_WAIT_NS at a time. Asked
   * when there was nothing to do. ANY_WAIT: it does not matter to this agent. Null, or left out: the thread must not be blocked
   * now, because this agent lives in the event loop as well, or has something to come that no wait point tells of.
   */
  waitPoint?(nowNs: number): WaitPoint | null;
  /** Called once, also when the agent was never started. A scheduler waits for the promise, and runs the others meanwhile. */
  onClose?(): void | Promise<void>;
  /**
   * Called before any agent's `doWork` when this cycle began `lateByNs` after the previous one (SIGSTOP, a debugger, a
   * laptop lid): leases may have run out and timers be long overdue.
   */
  onLateCycle?(nowNs: number, lateByNs: number): void;
}
