import type { Agent } from "./agent.ts";
import { AgentErrorCount, type AgentErrorHandler, type AgentPhase } from "./agent-errors.ts";
import type { Clock } from "./clock.ts";
import { UsageError } from "./errors.ts";
import { ANY_WAIT, type WaitPoint } from "./wait-point.ts";

const NO_CYCLE_YET = -1;

/** An agent and its state in the cycle. */
class AgentSlot {
  readonly agent: Agent;
  readonly vital: boolean;
  readonly errors = new AgentErrorCount();
  started = false;
  /** False once the agent is being closed: it does no more work. */
  active = true;

  constructor(agent: Agent, vital: boolean) {
    this.agent = agent;
    this.vital = vital;
  }
}

export interface DutyCycleOptions {
  /** For limiting the rate of error reports; the cycle itself gets the time as a parameter. */
  clock: Clock;
  lateThresholdNs: number;
  onAgentError: AgentErrorHandler;
  /** Called at most once, with the error that ends the cycle. */
  onFatalError: (error: unknown) => void;
}

/**
 * The agents of one thread in order: starts them, runs them once per `cycle`, contains their errors, and closes them in reverse order. It
 * has no loop of its own.
 */
export class DutyCycle {
  readonly #options: DutyCycleOptions;
  readonly #lateThresholdNs: number;
  /** Replaced, never changed, so that a running cycle completes over the list it began with. */
  #slots: readonly AgentSlot[] = [];
  readonly #closing = new Map<Agent, Promise<void>>();
  /** Agents removed during a cycle: closed at its end, when none of their frames is on the stack. */
  #toClose: { slot: AgentSlot; done: PromiseWithResolvers<void> }[] = [];
  #inCycle = false;
  #isStarted = false;
  #hasFatalError = false;
  #lastCycleNs = NO_CYCLE_YET;
  #lateCycles = 0;
  #agentErrors = 0;
  /** The agent of the last returned wait point. */
  #waitingSlot: AgentSlot | null = null;

  constructor(options: DutyCycleOptions) {
    this.#options = options;
    this.#lateThresholdNs = options.lateThresholdNs;
  }

  /** Exceptions of agents so far, reported or not. */
  get agentErrors(): number {
    return this.#agentErrors;
  }

  /** Cycles so far that began late. */
  get lateCycles(): number {
    return this.#lateCycles;
  }

  get isEmpty(): boolean {
    return this.#slots.length === 0;
  }

  get agents(): readonly Agent[] {
    return this.#slots.map((slot) => slot.agent);
  }

  /** Adds the agent after the others. If the cycle has started, its `onStart` runs here and may throw. */
  add(agent: Agent, vital: boolean): void {
    if (this.#closing.has(agent) || this.#slots.some((slot) => slot.agent === agent)) {
      throw new UsageError(`${agent.roleName} is in this scheduler already`);
    }
    const slot = new AgentSlot(agent, vital);
    this.#slots = [...this.#slots, slot];
    if (!this.#isStarted) return;
    slot.started = true;
    try {
      agent.onStart?.();
    } catch (error) {
      void this.#retire(slot);
      throw error;
    }
  }

  /** Starts the agents in order. One that fails to start is closed and left out; a vital one ends the whole cycle. */
  start(): void {
    this.#isStarted = true;
    this.#inCycle = true;
    for (const slot of this.#slots) {
      if (slot.started || !slot.active || this.#hasFatalError) continue;
      slot.started = true;
      try {
        slot.agent.onStart?.();
      } catch (error) {
        this.#failed(slot, "start", error);
        void this.#retire(slot);
      }
    }
    this.#inCycle = false;
    this.#closeRemoved();
  }

  /** Runs every agent once and returns the total work done. */
  cycle(nowNs: number): number {
    const elapsedNs = nowNs - this.#lastCycleNs;
    if (elapsedNs > this.#lateThresholdNs && this.#lastCycleNs !== NO_CYCLE_YET) this.#lateCycle(nowNs, elapsedNs);
    this.#lastCycleNs = nowNs;
    this.#inCycle = true;
    const slots = this.#slots;
    let work = 0;
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i] as AgentSlot;
      if (!slot.active) continue;
      try {
        work += slot.agent.doWork(nowNs);
      } catch (error) {
        this.#failed(slot, "work", error);
      }
    }
    this.#inCycle = false;
    if (this.#toClose.length !== 0) this.#closeRemoved();
    return work;
  }

  /** The wait point of the thread: the one that exactly one agent names and no other agent rules out. Null: the thread must not wait. */
  waitPoint(nowNs: number): WaitPoint | null {
    // A closing agent may need many turns of the event loop.
    if (this.#closing.size > 0) return null;
    let found = ANY_WAIT;
    for (const slot of this.#slots) {
      if (!slot.active) continue;
      const point = this.#waitPointOf(slot, nowNs);
      if (point === ANY_WAIT) continue;
      // A thread waits for one event at a time.
      if (point === null || found !== ANY_WAIT) return null;
      found = point;
      this.#waitingSlot = slot;
    }
    return found === ANY_WAIT ? null : found;
  }

  /** The last returned wait point has thrown. */
  waitFailed(error: unknown): void {
    if (this.#waitingSlot !== null) this.#failed(this.#waitingSlot, "work", error);
  }

  /** Removes the agent and closes it, after the current cycle if one is running. Repeated calls have no effect. */
  remove(agent: Agent): Promise<void> {
    const slot = this.#slots.find((candidate) => candidate.agent === agent);
    if (slot === undefined) return this.#closing.get(agent) ?? Promise.resolve();
    return this.#retire(slot);
  }

  /** Closes the agents in reverse order, each after the next one has closed. Never rejects. */
  async closeAll(): Promise<void> {
    for (;;) {
      const last = this.#slots.at(-1);
      if (last === undefined) break;
      const closed = this.#retire(last);
      // Awaited only if there is something to wait for: otherwise the remaining agents run no cycle in between.
      if (this.#closing.has(last.agent)) await closed;
    }
    await Promise.all(this.#closing.values());
  }

  #lateCycle(nowNs: number, lateByNs: number): void {
    this.#lateCycles += 1;
    this.#inCycle = true;
    const slots = this.#slots;
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i] as AgentSlot;
      if (!slot.active) continue;
      try {
        slot.agent.onLateCycle?.(nowNs, lateByNs);
      } catch (error) {
        this.#failed(slot, "late-cycle", error);
      }
    }
  }

  #waitPointOf(slot: AgentSlot, nowNs: number): WaitPoint | null {
    try {
      return slot.agent.waitPoint?.(nowNs) ?? null;
    } catch (error) {
      this.#failed(slot, "work", error);
      return null;
    }
  }

  #retire(slot: AgentSlot): Promise<void> {
    const done = Promise.withResolvers<void>();
    slot.active = false;
    this.#slots = this.#slots.filter((candidate) => candidate !== slot);
    this.#closing.set(slot.agent, done.promise);
    this.#toClose.push({ slot, done });
    if (!this.#inCycle) this.#closeRemoved();
    return done.promise;
  }

  #closeRemoved(): void {
    const removed = this.#toClose;
    this.#toClose = [];
    for (const { slot, done } of removed) {
      const finish = () => {
        this.#closing.delete(slot.agent);
        done.resolve();
      };
      const closed = this.#close(slot);
      if (closed === null) finish();
      else void closed.then(finish);
    }
  }

  /** Null if the agent closed synchronously; otherwise a promise that never rejects. */
  #close(slot: AgentSlot): Promise<void> | null {
    try {
      const closed = slot.agent.onClose?.();
      if (closed === undefined) return null;
      return closed.catch((error: unknown) => this.#failed(slot, "close", error));
    } catch (error) {
      this.#failed(slot, "close", error);
      return null;
    }
  }

  #failed(slot: AgentSlot, phase: AgentPhase, error: unknown): void {
    this.#agentErrors += 1;
    const fatal = slot.vital;
    const nowNs = this.#options.clock.nanoTime();
    const report = slot.errors.record(error, slot.agent, phase, { fatal, nowNs });
    if (report !== null) {
      try {
        this.#options.onAgentError(report);
      } catch (handlerError) {
        this.#fatal(handlerError);
      }
    }
    if (fatal) this.#fatal(error);
  }

  #fatal(error: unknown): void {
    if (this.#hasFatalError) return;
    this.#hasFatalError = true;
    this.#options.onFatalError(error);
  }
}
