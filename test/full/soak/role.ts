import { join } from "node:path";
import { producerProblem } from "./account-book.ts";
import { ANNOUNCE, type Part } from "./cast.ts";
import { growthProblems, type Holdings, holdingsOf, starvedNs } from "./growth.ts";
import { RoleRun } from "./role-run.ts";
import { SilenceWatch } from "./silence.ts";

/** How long a role may show no progress when it and its peers are up. */
export const SILENCE_LIMIT_MS = 5000;
/** How long it may take to be up, and to end after SIGTERM. */
const TIMEOUT_MS = 15_000;
/** A process without a line that says so is up then. */
const SETTLED_MS = 1500;
/** What a process holds is compared with what it held at this age. */
const GROWN_UP_MS = 30_000;
const HOLDINGS_PERIOD_MS = 5000;
/** Claims of a producer that may have no outcome yet. */
const UNDER_WAY = 128;
const RESTART_MS = 1000;

const CRASH = /panic|Segmentation fault|(Type|Range|Reference|Encode)Error/;
const FINDING = /^finding: (.*)$/;

/** What has to be known of the run to judge an end. */
export interface Surroundings {
  /** The media driver does not work, or has not for long. */
  readonly isMediaDriverGone: boolean;
  /** There is no room in memory. */
  readonly isFull: boolean;
}

type Purpose = "run" | "kill" | "end";

/** One role of the soak over all its processes: what it is meant to do, what it does, and what is wrong with that. */
export class Role {
  readonly part: Part;
  readonly runs: RoleRun[] = [];
  readonly #logDir: string;
  readonly #report: (role: Role, what: string) => void;
  readonly #silence = new SilenceWatch(SILENCE_LIMIT_MS);
  readonly #coming = new SilenceWatch(TIMEOUT_MS);
  readonly #going = new SilenceWatch(TIMEOUT_MS);
  #run: RoleRun | null = null;
  #purpose: Purpose = "run";
  #isUp = false;
  /** There was no room in memory while it started. */
  #mayBeRefused = false;
  #isStopped = false;
  #startAtMs = Number.POSITIVE_INFINITY;
  #continueAtMs = Number.POSITIVE_INFINITY;
  #progress = 0;
  #framesBefore = 0;
  #hasProgressed = false;
  #starvedNs = 0;
  #grownUp: Holdings | null = null;
  #heldAtMs = 0;
  #lastRow = "";
  /** In the last look. */
  starvedMs = 0;
  announces = 0;

  constructor(part: Part, logDir: string, report: (role: Role, what: string) => void) {
    this.part = part;
    this.#logDir = logDir;
    this.#report = report;
  }

  get name(): string {
    return this.part.name;
  }

  /** True while it is meant to work, and says that it does. */
  get isWorking(): boolean {
    return this.#run !== null && this.#purpose === "run" && this.#isUp && !this.#isStopped;
  }

  get hasEnded(): boolean {
    return this.#run === null;
  }

  start(): void {
    const path = join(this.#logDir, `${this.name.replaceAll(" ", "-")}.${this.runs.length + 1}`);
    this.#run = new RoleRun(this.part.command, path, this.part.env);
    this.runs.push(this.#run);
    this.#purpose = "run";
    this.#isUp = false;
    this.#mayBeRefused = false;
    this.#startAtMs = Number.POSITIVE_INFINITY;
    this.#framesBefore += this.#progress;
    this.#progress = 0;
    this.#starvedNs = 0;
    this.#grownUp = null;
    this.#lastRow = "";
  }

  /** Ends it by SIGKILL or SIGTERM; it is started again some time after that. False when it does not run. */
  strike(kind: "kill" | "end", restartAfterMs: number): boolean {
    if (this.#run === null || this.#purpose !== "run" || this.#isStopped) return false;
    this.#purpose = kind;
    this.#startAtMs = performance.now() + restartAfterMs;
    this.#run.signal(kind === "kill" ? "SIGKILL" : "SIGTERM");
    return true;
  }

  /** Pauses it. False when it does not run. */
  stop(forMs: number): boolean {
    if (this.#run === null || this.#purpose !== "run" || this.#isStopped) return false;
    this.#isStopped = true;
    this.#continueAtMs = performance.now() + forMs;
    this.#run.signal("SIGSTOP");
    return true;
  }

  /** Ends it for good. */
  dismiss(): void {
    if (this.#isStopped) this.#continue();
    this.#startAtMs = Number.POSITIVE_INFINITY;
    if (this.#run === null || this.#purpose !== "run") return;
    this.#purpose = "end";
    this.#run.signal("SIGTERM");
  }

  /** Does what is due, and takes in what the process has said since the look before. */
  step(nowMs: number, { isMediaDriverGone, isFull }: Surroundings): void {
    if (nowMs >= this.#continueAtMs) this.#continue();
    if (this.#run === null && nowMs >= this.#startAtMs) this.start();
    const run = this.#run;
    this.#hasProgressed = false;
    this.starvedMs = 0;
    if (run === null) return;
    const { end } = run;
    this.#takeOutput(run);
    this.#takeErrors(run);
    if (this.part.upLine === null && nowMs - run.startedMs > SETTLED_MS) this.#isUp = true;
    if (isFull && !this.#isUp) this.#mayBeRefused = true;
    if (end !== null) this.#onEnd(run, end, isMediaDriverGone);
    else {
      const starved = starvedNs(run.pid);
      this.starvedMs = Math.max(0, starved - this.#starvedNs) / 1e6;
      this.#starvedNs = Math.max(starved, this.#starvedNs);
      if (nowMs - this.#heldAtMs > HOLDINGS_PERIOD_MS) this.#look(run, nowMs);
    }
  }

  /** Reports a silence. `starvedMs`: of it and its peers; `isDisturbed`: it, or one of its peers, does not work. */
  judge(elapsedMs: number, starvedMs: number, isDisturbed: boolean, arePeersUp: boolean): void {
    const time = { elapsedMs, starvedMs };
    if (
      this.part.showsBy !== "nothing" &&
      this.#silence.look({ ...time, isDisturbed: isDisturbed || !this.isWorking, hasProgressed: this.#hasProgressed })
    ) {
      this.#report(this, `silent: no progress for ${SILENCE_LIMIT_MS / 1000} s while it and its peers were up`);
    }
    const isComing = this.#run !== null && this.#purpose === "run" && !this.#isStopped && !this.#isUp;
    if (this.#coming.look({ ...time, isDisturbed: !isComing || !arePeersUp, hasProgressed: false })) {
      this.#report(this, `not up ${TIMEOUT_MS / 1000} s after it was started`);
    }
    const isGoing = this.#run !== null && this.#purpose === "end";
    if (this.#going.look({ ...time, isDisturbed: !isGoing, hasProgressed: false })) {
      this.#report(this, `does not end: SIGTERM was ${TIMEOUT_MS / 1000} s ago`);
      this.#purpose = "kill";
      this.#run?.signal("SIGKILL");
    }
  }

  /** Ends it at once. */
  destroy(): void {
    this.#startAtMs = Number.POSITIVE_INFINITY;
    this.#run?.signal("SIGKILL");
  }

  /** For a role whose progress shows elsewhere. */
  progressed(): void {
    this.#hasProgressed = true;
  }

  /** What it holds now; null when it does not run. */
  get holdings(): Holdings | null {
    return this.#run === null ? null : holdingsOf(this.#run.pid);
  }

  #continue(): void {
    this.#continueAtMs = Number.POSITIVE_INFINITY;
    this.#isStopped = false;
    this.#run?.signal("SIGCONT");
  }

  #takeOutput(run: RoleRun): void {
    for (const line of run.newOutput()) {
      if (line.includes(ANNOUNCE)) this.announces++;
      if (!line.startsWith("{")) continue;
      const progress = this.part.progress(line);
      if (progress > this.#progress) this.#hasProgressed = true;
      this.#progress = Math.max(progress, this.#progress);
      this.#lastRow = line;
      if (!this.#isProducer) continue;
      const problem = producerProblem(JSON.parse(line).counters, UNDER_WAY);
      if (problem !== null) this.#report(this, problem);
    }
  }

  #takeErrors(run: RoleRun): void {
    for (const line of run.newErrors()) {
      const finding = FINDING.exec(line)?.[1];
      if (finding !== undefined) this.#report(this, finding);
      else if (CRASH.test(line)) this.#report(this, `crash: ${line}`);
      if (this.part.upLine?.test(line)) this.#isUp = true;
    }
  }

  #onEnd(run: RoleRun, { code, signal }: NonNullable<RoleRun["end"]>, isMediaDriverGone: boolean): void {
    // What it said last has come between.
    this.#takeOutput(run);
    this.#takeErrors(run);
    const how = signal === null ? `exit code ${code}` : `${signal}`;
    // A program of another implementation has exit codes of its own.
    if (this.#purpose === "end" && code !== 0 && this.part.upLine !== null)
      this.#report(this, `ended by SIGTERM with ${how}, expected 0`);
    if (this.#purpose === "end" && code === 0 && this.#isProducer && this.#lastRow !== "") {
      const problem = producerProblem(JSON.parse(this.#lastRow).counters, 0);
      if (problem !== null) this.#report(this, problem);
    }
    if (this.#purpose === "run") {
      const isTool = this.part.endsWithMediaDriver === true && isMediaDriverGone;
      const isAllowed = signal === null && (isTool || this.#mayBeRefused);
      if (!isAllowed) this.#report(this, `died: ${how}`);
      this.#startAtMs = performance.now() + RESTART_MS;
    }
    this.#isStopped = false;
    this.#continueAtMs = Number.POSITIVE_INFINITY;
    run[Symbol.dispose]();
    this.#run = null;
  }

  #look(run: RoleRun, nowMs: number): void {
    this.#heldAtMs = nowMs;
    if (nowMs - run.startedMs < GROWN_UP_MS) return;
    const now = holdingsOf(run.pid);
    if (now === null) return;
    if (this.#grownUp === null) this.#grownUp = now;
    const problems = growthProblems(this.#grownUp, now);
    for (const problem of problems) this.#report(this, problem);
    if (problems.length > 0) this.#grownUp = now;
  }

  /** Frames of all its processes. */
  get frames(): number {
    return this.#framesBefore + this.#progress;
  }

  get isConsumer(): boolean {
    return this.name.startsWith("consumer");
  }

  get #isProducer(): boolean {
    return this.name.startsWith("producer");
  }
}
