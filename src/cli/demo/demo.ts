import type { TensorPoolError } from "../../core/errors.ts";
import { NotFoundError, UsageError } from "../../core/errors.ts";
import { ExitCode } from "../exit.ts";
import type { StopSignal } from "../lifetime/signals.ts";
import { type ChildEnd, settles } from "./child.ts";
import { DemoError } from "./errors.ts";
import type { DemoPlan } from "./plan.ts";
import { DemoProcesses } from "./processes.ts";
import { Scoreboard } from "./scoreboard.ts";
import type { DemoState, DemoView } from "./view.ts";
import type { Workspace } from "./workspace.ts";

/** The outcome of a demo. */
export interface DemoOutcome {
  /** "interrupted" by Ctrl-C, "terminated" by another signal or because its output was closed. */
  readonly ending: "completed" | "source-ended" | "interrupted" | "terminated";
  /** Time since the first frame. */
  readonly elapsedSeconds: number;
  readonly totals: ReturnType<Scoreboard["totals"]>;
}

const SHOW_PERIOD_MS = 100;
/** A producer that has not published everything after this extra time cannot keep the rate and is stopped. */
const OVERTIME_SECONDS = 2;
/** Time for four processes to start and find each other on a busy machine. */
const START_TIMEOUT_SECONDS = 20;
/** A process that fails because of another one may end first, so the cause gets this time to appear. */
const SETTLE_MS = 50;
/** Longest wait of a producer for consumers to see the last frame; then it ends. */
const STREAM_END_MS = 3_000;

type StopReason = StopSignal | "output closed" | "time" | "no frames";

/** Runs the processes of one demo, shows what they do, and ends them. */
export class Demo {
  readonly #plan: DemoPlan;
  readonly #view: DemoView;
  readonly #scores = new Scoreboard();
  readonly #processes: DemoProcesses;
  readonly #stopRequest = Promise.withResolvers<StopReason>();
  readonly #startedMs = performance.now();
  #firstFrameMs: number | null = null;
  #lastFrameMs = 0;
  #published = 0;
  #phase: DemoState["phase"] = "starting";

  /** Starts the processes. */
  constructor(plan: DemoPlan, workspace: Workspace, view: DemoView) {
    this.#plan = plan;
    this.#view = view;
    this.#processes = new DemoProcesses(plan, workspace, this.#scores);
  }

  /** Ends the demo early, in order. */
  stop(reason: StopSignal | "output closed"): void {
    this.#stopRequest.resolve(reason);
  }

  /** Kills the processes immediately. */
  kill(): void {
    this.#processes.kill();
  }

  /**
   * Runs to the end and resolves when every process has ended. @throws DemoError if one of them failed, or, if its input was
   * invalid, its own error: UsageError, NotFoundError
   */
  async run(): Promise<DemoOutcome> {
    const timer = setInterval(() => this.#onTick(), SHOW_PERIOD_MS);
    try {
      const first = await Promise.race([this.#stopRequest.promise, this.#processes.firstEnd()]);
      const failure = typeof first === "string" ? null : await this.#failureOf(first);
      this.#phase = "ending";
      await this.#processes.finish(failure !== null);
      clearInterval(timer);
      if (failure !== null) throw errorOf(failure);
      if (first === "no frames") throw this.#noFrames();
      this.#phase = "over";
      this.#view.show(this.#state());
      return { ending: this.#endingOf(first), elapsedSeconds: this.#elapsedSeconds, totals: this.#scores.totals() };
    } finally {
      clearInterval(timer);
      this.#processes.kill();
    }
  }

  #onTick(): void {
    const nowMs = performance.now();
    this.#followFrames(nowMs);
    if (this.#phase === "starting" && !this.#plan.isStream && nowMs - this.#startedMs > START_TIMEOUT_SECONDS * 1000) {
      this.#stopRequest.resolve("no frames");
    }
    if (this.#elapsedSeconds > this.#plan.seconds + OVERTIME_SECONDS) this.#stopRequest.resolve("time");
    this.#view.show(this.#state());
  }

  /** The producer's rows arrive several times a second: the rate and their frame count give the time of the first frame. */
  #followFrames(nowMs: number): void {
    const { frames } = this.#scores.producer;
    if (frames === this.#published) return;
    this.#published = frames;
    this.#lastFrameMs = nowMs;
    if (this.#firstFrameMs !== null) return;
    const { rateHz } = this.#plan;
    this.#firstFrameMs = rateHz === null ? nowMs : Math.max(this.#startedMs, nowMs - (frames * 1000) / rateHz);
    if (this.#phase === "starting") this.#phase = "running";
  }

  get #elapsedSeconds(): number {
    if (this.#firstFrameMs === null) return 0;
    if (this.#phase === "over") {
      // Uses the producer's own clock; its last row arrived up to one period after the last frame.
      const { frames, framesPerSecond } = this.#scores.totals().producer;
      if (framesPerSecond !== null) return frames / framesPerSecond;
    }
    const untilMs = this.#phase === "running" ? performance.now() : this.#lastFrameMs;
    return Math.max(0, (untilMs - this.#firstFrameMs) / 1000);
  }

  #state(): DemoState {
    return {
      plan: this.#plan,
      readings: this.#phase === "over" ? Object.values(this.#scores.totals()) : this.#scores.shownAt(performance.now()),
      phase: this.#phase,
      elapsedSeconds: this.#elapsedSeconds,
      processes: this.#processes.all.map(({ name, pid }) => ({ name, pid })),
    };
  }

  /** The failure if this process was the first to end; null if the stream ended normally. */
  async #failureOf(end: ChildEnd): Promise<ChildEnd | null> {
    const { producer, consumers, mediaDriver } = this.#processes;
    if (end.child === producer && end.code === 0) return null;
    // Consumers end with the stream, possibly before its producer. If the producer keeps running, another process stopped this one.
    if (consumers.includes(end.child) && end.code === 0 && (await settles(producer.ended, STREAM_END_MS))) return null;
    return (await settles(mediaDriver.ended, SETTLE_MS)) ? mediaDriver.ended : end;
  }

  #endingOf(first: StopReason | ChildEnd): DemoOutcome["ending"] {
    if (first === "SIGINT") return "interrupted";
    if (first === "time") return "completed";
    if (typeof first === "string") return "terminated";
    const { rateHz, seconds } = this.#plan;
    const isComplete = rateHz !== null && this.#scores.producer.frames >= Math.round(rateHz * seconds);
    return isComplete ? "completed" : "source-ended";
  }

  #noFrames(): DemoError {
    const said = this.#processes.all.flatMap(({ name, stderrTail }) => stderrTail.map((line) => `  ${name}: ${line}`));
    return new DemoError(
      "no-frames",
      [`expected a first frame within ${START_TIMEOUT_SECONDS} s, found none. The processes said:`, ...said].join("\n"),
    );
  }
}

/** Signals that people and service managers use to end processes; any other one is a crash. */
const ENDING_SIGNALS: readonly NodeJS.Signals[] = ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"];

/** The error for a failed process: its own message and exit code if its input was invalid. */
function errorOf({ child, code, signal, error }: ChildEnd): TensorPoolError {
  const who = `the ${child.name} (pid ${child.pid ?? "-"})`;
  if (error !== null) return new DemoError("child-failed", `cannot start ${who}: ${error.message}`, { cause: error });
  if (signal !== null && ENDING_SIGNALS.includes(signal)) {
    return new DemoError("child-killed", `${who} was killed from outside (${signal}), and the demo has ended with it`);
  }
  const said =
    child.stderrTail.length === 0 ? "" : `. It said:${child.stderrTail.map((line) => `\n  ${line}`).join("")}`;
  if (signal !== null) return new DemoError("child-failed", `${who} crashed (${signal})${said}`);
  if (code === ExitCode.DONE) {
    return new DemoError("child-killed", `${who} has ended before its time, and the demo with it${said}`);
  }
  const own = child.stderrTail.findLast((line) => line.startsWith(PREFIX))?.slice(PREFIX.length);
  if (own === undefined) return new DemoError("child-failed", `${who} failed with exit code ${code}${said}`);
  if (code === ExitCode.WRONG_USAGE) return new UsageError(own);
  if (code === ExitCode.NOTHING_THERE) return new NotFoundError(own);
  // The producer's message is about the user's source; messages of other processes need a prefix with the process.
  return new DemoError("child-failed", child.name === "producer" ? own : `${who} failed: ${own}`);
}

/** Prefix of every message that ends a command. */
const PREFIX = "tensorpool: ";
