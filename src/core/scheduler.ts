import type { Agent } from "./agent.ts";
import { type AgentErrorHandler, logAgentError } from "./agent-errors.ts";
import { type Clock, SystemClock } from "./clock.ts";
import { DutyCycle } from "./duty-cycle.ts";
import { SchedulerStoppedError, UsageError } from "./errors.ts";
import { CONTINUE, type IdleStrategy, PARK, YIELD_TO_EVENT_LOOP } from "./idle/index.ts";
import { StallTracker } from "./stall-tracker.ts";
import { LONGEST_WAIT_NS } from "./wait-point.ts";
import { NO_WAIT, WAITED, Waiting, WOKEN } from "./waiting.ts";

/** The owner of the thread: `busy`: this scheduler; `timer`: the application's event loop, in which it is a guest. */
export type SchedulerDrive = "busy" | "timer";

export interface SchedulerOptions {
  /** What to do after a cycle without work. Not used by a guest, which returns to its host. */
  idle: IdleStrategy;
  clock?: Clock;
  drive?: SchedulerDrive;
  /** How long cycles run before the event loop gets its turn; 100 us. See `IdleStrategy.onlyParks`. */
  sliceNs?: number;
  /** A cycle longer than this is counted in `cycleTimes`, an event-loop turn longer than this in `turnTimes`; 10 ms. */
  stallThresholdNs?: number;
  /** A cycle that begins more than this after the previous one is late, see `Agent.onLateCycle`; 1 s. */
  lateThresholdNs?: number;
  /** Receives agents' errors, rate-limited per agent; the default logs them. */
  onAgentError?: AgentErrorHandler;
}

export interface AddOptions {
  /** The process exists for this agent: any exception of it closes everything. */
  vital?: boolean;
}

/** How long an idle guest leaves its host alone, and how long the scheduler waits between checks while the last agent closes. */
const PAUSE_NS = 1_000_000;
/** For a strategy that only parks, parks do not count towards the length of a slice, up to this limit. */
const LONGEST_SLICE_NS = 1_000_000;
const NS_PER_MS = 1_000_000;
const NOT_MEASURED = -1;

type State = "new" | "running" | "closing" | "closed";

/**
 * Runs agents on this thread: one clock reading per cycle, every agent in order, then the idle strategy. Cycles run in slices; between two
 * slices the event loop gets its turn for HTTP, signals and timers.
 *
 * Runs itself (`run`), or is driven by hand (`step`) in tests and by library users.
 */
export class Scheduler implements AsyncDisposable {
  readonly clock: Clock;
  /** Length of cycles, without pauses. */
  readonly cycleTimes: StallTracker;
  /** Length of the event loop's turns, without pauses: the time that handlers of HTTP, timers and signals took from the cycles. */
  readonly turnTimes: StallTracker;

  readonly #idle: IdleStrategy;
  readonly #isGuest: boolean;
  readonly #sliceNs: number;
  readonly #dutyCycle: DutyCycle;
  readonly #ended = Promise.withResolvers<void>();
  /** One function for all turns, because a new one per turn would be garbage. */
  readonly #turn = (): void => this.#runTurn();
  #state: State = "new";
  /** True once `run` was called: no other caller may drive it. */
  #runsItself = false;
  #isInStep = false;
  #isStopRequested = false;
  #stopReason: string | undefined;
  #fatal: { readonly error: unknown } | null = null;
  /** True once a step threw it: `close` does not throw it again. */
  #isFatalThrown = false;
  /** The current slice ends after this cycle. */
  #leavesSlice = false;
  #isWoken = false;
  #timer: NodeJS.Timeout | null = null;
  #timerMs = 0;
  #isResting = false;
  /** When the last slice ended; NOT_MEASURED if a pause followed it. */
  #sliceEndNs = NOT_MEASURED;
  readonly #waiting: Waiting;

  constructor(options: SchedulerOptions) {
    this.clock = options.clock ?? new SystemClock();
    this.#idle = options.idle;
    this.#isGuest = options.drive === "timer";
    this.#sliceNs = options.sliceNs ?? 100_000;
    const stallThresholdNs = options.stallThresholdNs ?? 10_000_000;
    this.cycleTimes = new StallTracker(stallThresholdNs);
    this.turnTimes = new StallTracker(stallThresholdNs);
    this.#dutyCycle = new DutyCycle({
      clock: this.clock,
      lateThresholdNs: options.lateThresholdNs ?? 1_000_000_000,
      onAgentError: options.onAgentError ?? logAgentError,
      onFatalError: (error) => {
        this.#fatal = { error };
        this.stop("a vital agent failed");
      },
    });
    this.#waiting = new Waiting(this.#dutyCycle);
  }

  get isClosed(): boolean {
    return this.#state === "closed";
  }

  /** True once it was asked to stop or has stopped. */
  get isStopping(): boolean {
    return this.#isStopRequested;
  }

  /** The reason given in the first call of `stop`. */
  get stopReason(): string | undefined {
    return this.#stopReason;
  }

  /** Agents in the order in which they run. Allocates. */
  get agents(): readonly Agent[] {
    return this.#dutyCycle.agents;
  }

  /** Exceptions of agents so far, whether they were reported or only counted. */
  get agentErrors(): number {
    return this.#dutyCycle.agentErrors;
  }

  /** Cycles so far that began late. */
  get lateCycles(): number {
    return this.#dutyCycle.lateCycles;
  }

  /**
   * Adds the agent after the others. While running, its `onStart` is called here: an exception is rethrown to the caller, and the agent is
   * closed. Throws UsageError for an agent that was added before, SchedulerStoppedError once the scheduler is stopping.
   */
  add(agent: Agent, options: AddOptions = {}): void {
    if (this.#isStopRequested) {
      throw new SchedulerStoppedError(`cannot add ${agent.roleName}: the scheduler was stopped`);
    }
    this.#dutyCycle.add(agent, options.vital ?? false);
    this.wake();
  }

  /** Removes the agent and closes it, at the end of the current cycle if one is running. Idempotent. */
  remove(agent: Agent): Promise<void> {
    return this.#dutyCycle.remove(agent);
  }

  /** Runs until `stop`. Resolves when every agent has closed; rejects with the error of a vital agent if one failed. */
  run(): Promise<void> {
    if (this.#state !== "new") throw new UsageError(`a scheduler is run once: this one is ${this.#state}`);
    this.#runsItself = true;
    this.#start();
    setImmediate(this.#turn);
    return this.#ended.promise;
  }

  /** One cycle by hand; returns the work done. The first one starts the agents. Throws the error of a vital agent. */
  step(): number {
    if (this.#runsItself) throw new UsageError("step() is for a scheduler that does not run by itself");
    if (this.#state === "closed") throw new UsageError("step() on a scheduler that is closed");
    let work = 0;
    this.#isInStep = true;
    if (this.#state === "new") this.#start();
    // While `close` waits for one agent, steps continue to run the others.
    if (!this.#isStopRequested || this.#state === "closing") {
      const nowNs = this.clock.nanoTime();
      work = this.#dutyCycle.cycle(nowNs);
      this.cycleTimes.record(this.clock.nanoTime() - nowNs);
    }
    this.#isInStep = false;
    if (this.#isStopRequested) this.#beginClosing();
    const fatal = this.#fatal;
    if (fatal !== null && !this.#isFatalThrown) {
      this.#isFatalThrown = true;
      throw fatal.error;
    }
    return work;
  }

  /** Requests an orderly stop after the current cycle. Safe to call anywhere, more than once. If driven by hand, call `close`. */
  stop(reason?: string): void {
    if (this.#isStopRequested) return;
    this.#isStopRequested = true;
    this.#stopReason = reason;
    this.#leavesSlice = true;
    this.wake();
  }

  /** Stops, and settles when every agent has closed; the same promise as that of `run`. Idempotent. */
  close(reason?: string): Promise<void> {
    this.stop(reason);
    // Otherwise the current turn or step closes, when no agent's frame is on the stack.
    if (!this.#runsItself && !this.#isInStep) this.#beginClosing();
    return this.#ended.promise;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Ends a pause early, or prevents the next one: an agent has something to check. */
  wake(): void {
    this.#isWoken = true;
    if (!this.#isResting) return;
    this.#isResting = false;
    clearTimeout(this.#timer as NodeJS.Timeout);
    this.#timer = null;
    setImmediate(this.#turn);
  }

  #start(): void {
    this.#state = "running";
    if (!this.#isStopRequested) this.#dutyCycle.start();
  }

  #runTurn(): void {
    if (this.#state === "closed") return;
    this.#isResting = false;
    if (this.#isWoken) this.#idle.reset();
    this.#isWoken = false;
    let restNs = 0;
    if (this.#state === "closing" && this.#dutyCycle.isEmpty) restNs = PAUSE_NS;
    else if (!this.#isStopRequested || this.#state === "closing") restNs = this.#runSlice();
    if (this.#isStopRequested) this.#beginClosing();
    if (restNs > 0 && !this.#isWoken) this.#rest(restNs);
    else setImmediate(this.#turn);
  }

  /** Runs cycles until the slice is over or must end early; returns the length of the pause, 0 for none. */
  #runSlice(): number {
    const clock = this.clock;
    const dutyCycle = this.#dutyCycle;
    const idle = this.#idle;
    let nowNs = clock.nanoTime();
    if (this.#sliceEndNs !== NOT_MEASURED) this.turnTimes.record(nowNs - this.#sliceEndNs);
    this.#sliceEndNs = NOT_MEASURED;
    let endNs = nowNs + this.#sliceNs;
    const latestNs = idle.onlyParks === true ? nowNs + LONGEST_SLICE_NS : endNs;
    // Other processes may end waits at any rate, and must not keep the event loop from its turn.
    const latestWaitNs = nowNs + LONGEST_WAIT_NS;
    this.#leavesSlice = false;
    do {
      const work = dutyCycle.cycle(nowNs);
      const afterNs = clock.nanoTime();
      this.cycleTimes.record(afterNs - nowNs);
      nowNs = afterNs;
      if (this.#leavesSlice) break;
      if (this.#isGuest) {
        if (!(work > 0)) return PAUSE_NS;
        continue;
      }
      const outcome = idle.idle(work);
      if (outcome === YIELD_TO_EVENT_LOOP || outcome === PARK) {
        const end = this.#waiting.rest(!this.#isWoken, nowNs, idle.restNs);
        if (end === WOKEN || end === WAITED) idle.onWaited?.();
        if (end === NO_WAIT) {
          if (outcome === YIELD_TO_EVENT_LOOP) return idle.restNs;
          idle.park?.();
        } else if (end !== WAITED || outcome === YIELD_TO_EVENT_LOOP) {
          nowNs = clock.nanoTime();
          if (end === WAITED || nowNs >= latestWaitNs) break;
          // The event that ended the wait is handled before the event loop's turn, which takes as long as the whole transfer of a small
          // frame.
          endNs = nowNs + this.#sliceNs;
          continue;
        }
      }
      // One reading serves as the end of a cycle and the start of the next, unless time passed in between.
      if (outcome === CONTINUE) continue;
      const restedNs = clock.nanoTime();
      // An event-loop turn costs more than a short park, and is not needed after each.
      endNs = Math.min(latestNs, endNs + (restedNs - nowNs));
      nowNs = restedNs;
    } while (nowNs < endNs);
    this.#sliceEndNs = nowNs;
    return 0;
  }

  #rest(durationNs: number): void {
    this.#isResting = true;
    const durationMs = Math.max(1, Math.round(durationNs / NS_PER_MS));
    if (this.#timer !== null && this.#timerMs === durationMs) {
      this.#timer.refresh();
      return;
    }
    this.#timerMs = durationMs;
    this.#timer = setTimeout(this.#turn, durationMs);
  }

  #beginClosing(): void {
    if (this.#state === "closing" || this.#state === "closed") return;
    this.#state = "closing";
    void this.#dutyCycle.closeAll().then(() => {
      this.#state = "closed";
      if (this.#fatal !== null && !this.#isFatalThrown) this.#ended.reject(this.#fatal.error);
      else this.#ended.resolve();
    });
  }
}
