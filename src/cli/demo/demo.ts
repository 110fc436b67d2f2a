import type { TensorPoolError } from "../../core/errors.ts";
import { NotFoundError, UsageError } from "../../core/errors.ts";
import { ExitCode } from "../exit.ts";
import type { StopSignal } from "../signals.ts";
import type { ChildEnd } from "./child.ts";
import { DemoError } from "./errors.ts";
import type { DemoPlan } from "./plan.ts";
import { DemoProcesses } from "./processes.ts";
import { Scoreboard } from "./scoreboard.ts";
import type { DemoState, DemoView } from "./view.ts";
import type { Workspace } from "./workspace.ts";

/** What a demo came to. */
export interface DemoOutcome {
  /** "interrupted" by Ctrl-C, "terminated" by another signal or because nobody reads what it prints any more. */
  readonly ending: "completed" | "source-ended" | "interrupted" | "terminated";
  /** Since the first frame. */
  readonly elapsedSeconds: number;
  readonly scores: Scoreboard;
}

const SHOW_PERIOD_MS = 100;
/** A producer that has not published what it should by then is ended. */
const OVERTIME_SECONDS = 0.5;
/** For four processes to start and find each other, on a machine that is busy with other things. */
const START_TIMEOUT_SECONDS = 20;
/** Consumers and the producer know of a media driver's death before they know of each other's: the cause comes first. */
const SETTLE_MS = 50;

type StopReason = StopSignal | "nobody reads" | "time" | "no frames";

/** Runs the processes of one demo, shows what they do, and ends them. */
export class Demo {
  readonly #plan: DemoPlan;
  readonly #view: DemoView;
  readonly #scores = new Scoreboard();
  readonly #processes: DemoProcesses;
  readonly #stopRequest = Promise.withResolvers<StopReason>();
  readonly #startedMs = performance.now();
  #firstFrameMs: number | null = null;
  #endedMs: number | null = null;
  #phase: DemoState["phase"] = "starting";

  /** Starts the processes. */
  constructor(plan: DemoPlan, workspace: Workspace, view: DemoView) {
    this.#plan = plan;
    this.#view = view;
    this.#processes = new DemoProcesses(plan, workspace, this.#scores);
  }

  /** Ends the demo in order, before its time. */
  stop(reason: StopSignal | "nobody reads"): void {
    this.#stopRequest.resolve(reason);
  }

  /** Ends the processes at once. */
  kill(): void {
    this.#processes.kill();
  }

  /**
   * Runs to the end and resolves when every process has ended. @throws DemoError when one of them failed, or what it failed
   * with where its input was wrong: UsageError, NotFoundError
   */
  async run(): Promise<DemoOutcome> {
    const timer = setInterval(() => this.#onTick(), SHOW_PERIOD_MS);
    try {
      const first = await Promise.race([this.#stopRequest.promise, this.#processes.firstEnd()]);
      const failure = typeof first === "string" ? null : await this.#failureOf(first);
      this.#phase = "ending";
      this.#endedMs = performance.now();
      await this.#processes.finish(failure !== null);
      clearInterval(timer);
      if (failure !== null) throw errorOf(failure);
      if (first === "no frames") throw this.#noFrames();
      this.#phase = "over";
      this.#view.show(this.#state());
      return { ending: this.#endingOf(first), elapsedSeconds: this.#elapsedSeconds, scores: this.#scores };
    } finally {
      clearInterval(timer);
      this.#processes.kill();
    }
  }

  #onTick(): void {
    const nowMs = performance.now();
    if (this.#firstFrameMs === null && this.#scores.producer.frames > 0) {
      this.#firstFrameMs = nowMs;
      if (this.#phase === "starting") this.#phase = "running";
    }
    if (this.#phase === "starting" && !this.#plan.isStream && nowMs - this.#startedMs > START_TIMEOUT_SECONDS * 1000) {
      this.#stopRequest.resolve("no frames");
    }
    if (this.#elapsedSeconds > this.#plan.seconds + OVERTIME_SECONDS) this.#stopRequest.resolve("time");
    this.#view.show(this.#state());
  }

  get #elapsedSeconds(): number {
    if (this.#firstFrameMs === null) return 0;
    return Math.max(0, ((this.#endedMs ?? performance.now()) - this.#firstFrameMs) / 1000);
  }

  #state(): DemoState {
    return {
      plan: this.#plan,
      scores: this.#scores,
      phase: this.#phase,
      elapsedSeconds: this.#elapsedSeconds,
      processes: this.#processes.all.map(({ name, pid }) => ({ name, pid })),
    };
  }

  /** What went wrong when this was the first process to end; null for a producer that is done. */
  async #failureOf(end: ChildEnd): Promise<ChildEnd | null> {
    if (end.child === this.#processes.producer && end.code === 0) return null;
    const late = Bun.sleep(SETTLE_MS).then(() => end);
    const driverEnd = await Promise.race([this.#processes.mediaDriver.ended, late]);
    return driverEnd;
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

/** What a failed process is reported as: its own message and exit code where its input was wrong. */
function errorOf({ child, code, signal, error }: ChildEnd): TensorPoolError {
  const who = `the ${child.name} (pid ${child.pid ?? "-"})`;
  if (error !== null) return new DemoError("child-failed", `cannot start ${who}: ${error.message}`, { cause: error });
  const tail = child.stderrTail.map((line) => `\n  ${line}`).join("");
  const said = tail === "" ? "" : ` It said:${tail}`;
  if (signal !== null) {
    return new DemoError("child-killed", `${who} was ended from outside by ${signal}: the demo ends.${said}`);
  }
  const own = child.stderrTail.findLast((line) => line.startsWith("tensorpool: "))?.slice("tensorpool: ".length);
  if (own !== undefined && code === ExitCode.WRONG_USAGE) return new UsageError(own);
  if (own !== undefined && code === ExitCode.NOTHING_THERE) return new NotFoundError(own);
  if (code === ExitCode.DONE) return new DemoError("child-killed", `${who} has ended too early: the demo ends.${said}`);
  return new DemoError("child-failed", `${who} failed with exit code ${code}.${said}`);
}
