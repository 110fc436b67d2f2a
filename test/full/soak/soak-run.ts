import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { elapse } from "../../support/until.ts";
import { aeronState } from "./aeron-state.ts";
import { castOf, DRIVER, FILE_COLUMNS, FILE_ROWS, MEDIA_DRIVER, type MediaDriverKind, TAP } from "./cast.ts";
import { Filler } from "./filler.ts";
import { Flood } from "./flood.ts";
import { growthProblems, type Holdings } from "./growth.ts";
import { fillPattern } from "./pattern.ts";
import { Role } from "./role.ts";
import { describeStep, type Fault, type FaultKind, type Step, scheduleOf, WARM_UP_MS } from "./schedule.ts";

const TICK_MS = 100;
const STATUS_MS = 30_000;
const START_GAP_MS = 300;
/** Tools that end where there is no media driver may do so for this long after one was disturbed. */
const GONE_MS = 20_000;
const LAST_STEPS = 15;
const TAIL_LINES = 25;
const FILE_FRAMES = 50;
/** Many findings are one matter. */
const AERON_PERIOD_MS = 1000;

export interface SoakOptions {
  readonly seed: number;
  readonly minutes: number;
  /** A folder in memory, which is to be empty at the end. */
  readonly shmDir: string;
  readonly kinds: readonly FaultKind[];
  readonly logDir: string;
  readonly mediaDriver: MediaDriverKind;
}

interface Finding {
  readonly atMs: number;
  readonly role: string;
  readonly what: string;
}

/** A run of all roles under faults. */
export class SoakRun {
  readonly #options: SoakOptions;
  readonly #roles: readonly Role[];
  readonly #steps: readonly Step[];
  readonly #taken: string[] = [];
  readonly #findings: Finding[] = [];
  readonly #filler: Filler;
  readonly #floods: Flood[] = [];
  readonly #undisturbed = new Map<Role, Holdings>();
  readonly #aeronDir: string;
  #startedMs = 0;
  #nextStep = 0;
  #mediaDriverGoneMs = Number.NEGATIVE_INFINITY;
  #announces = 0;
  #isEnding = false;
  #aeronNotedMs = Number.NEGATIVE_INFINITY;

  constructor(options: SoakOptions) {
    const { shmDir, logDir, mediaDriver, seed, minutes, kinds } = options;
    this.#options = options;
    this.#aeronDir = join(shmDir, "aeron");
    mkdirSync(logDir, { recursive: true });
    const framesFile = join(logDir, "frames.raw");
    writeFileSync(framesFile, fileOfFrames());
    const place = { aeronDir: this.#aeronDir, shmDir: join(shmDir, "regions"), framesFile, mediaDriver };
    this.#roles = castOf(place).map((part) => new Role(part, logDir, (role, what) => this.#report(role.name, what)));
    this.#steps = scheduleOf(
      seed,
      minutes,
      this.#roles.map(({ name }) => name),
      kinds,
    );
    this.#filler = new Filler(join(shmDir, "fill"));
  }

  /** Runs to the end. @returns what was found */
  async run(): Promise<readonly Finding[]> {
    this.#startedMs = performance.now();
    for (const role of this.#roles) {
      role.start();
      await elapse(START_GAP_MS);
    }
    await this.#tickUntil(() => this.#nowMs > this.#options.minutes * 60_000);
    this.#compareHoldings();
    await this.#endAll();
    this.#lookForLeftovers();
    return this.#findings;
  }

  /** Ends everything at once. */
  destroy(): void {
    this.#filler.free();
    for (const flood of this.#floods) flood.end();
    for (const role of this.#roles) role.destroy();
  }

  /** What a person needs who looks into a finding. */
  describe(): string {
    const { seed, minutes, logDir } = this.#options;
    const found = new Set(this.#findings.map(({ role }) => role));
    return [
      `seed ${seed}, ${minutes} minutes; the last steps:`,
      ...this.#taken.slice(-LAST_STEPS),
      ...this.#roles
        .filter(({ name }) => found.has(name))
        .map((role) => `--- ${role.name}, run ${role.runs.length}\n${role.runs.at(-1)?.tail(TAIL_LINES)}`),
      `--- ${this.#findings.length} finding(s):`,
      ...this.#findings.map(({ atMs, role, what }) => `${(atMs / 1000).toFixed(1)} s  ${role}: ${what}`),
      `The logs are in ${logDir}.`,
    ].join("\n");
  }

  /** One line about how it goes. */
  get status(): string {
    const runs = this.#roles.reduce((sum, role) => sum + role.runs.length, 0);
    const accepted = this.#roles.reduce((sum, role) => sum + (role.isConsumer ? role.frames : 0), 0);
    return (
      `${(this.#nowMs / 1000).toFixed(0)} s: ${this.#nextStep} of ${this.#steps.length} faults, ${runs} processes, ` +
      `${accepted} frames accepted, ${this.#findings.length} finding(s)`
    );
  }

  get #nowMs(): number {
    return performance.now() - this.#startedMs;
  }

  async #tickUntil(isOver: () => boolean): Promise<void> {
    let tickedMs = performance.now();
    let toldMs = tickedMs;
    while (!isOver()) {
      await elapse(TICK_MS);
      const nowMs = performance.now();
      this.#tick(nowMs, nowMs - tickedMs);
      tickedMs = nowMs;
      if (nowMs - toldMs < STATUS_MS) continue;
      toldMs = nowMs;
      console.error(`soak: ${this.status}`);
    }
  }

  #tick(nowMs: number, elapsedMs: number): void {
    for (; !this.#isEnding; this.#nextStep++) {
      const step = this.#steps[this.#nextStep];
      if (step === undefined || step.atMs > this.#nowMs) break;
      const isDone = this.#take(step.fault);
      this.#note(`${describeStep(step)}${isDone ? "" : " (skipped: it does not run)"}`);
    }
    if (!this.#mediaDriver.isWorking) this.#mediaDriverGoneMs = nowMs;
    const isMediaDriverGone = nowMs - this.#mediaDriverGoneMs < GONE_MS;
    const isFull = this.#filler.step(nowMs);
    for (const role of this.#roles) role.step(nowMs, { isMediaDriverGone, isFull });
    const { announces } = this.#role(TAP);
    if (announces > this.#announces) this.#role(DRIVER).progressed();
    this.#announces = announces;
    const isUnderPressure = isFull || this.#floods.some((flood) => flood.isRunning);
    for (const role of this.#roles) this.#judge(role, elapsedMs, isUnderPressure);
    if (this.#undisturbed.size === 0 && this.#nowMs > WARM_UP_MS - 1000) this.#noteHoldings();
  }

  #judge(role: Role, elapsedMs: number, isUnderPressure: boolean): void {
    const peers = this.#roles.filter(({ name }) => role.part.peers.includes(name));
    const starvedMs = peers.reduce((sum, peer) => sum + peer.starvedMs, role.starvedMs);
    const arePeersUp = peers.every((peer) => peer.isWorking);
    const services = peers.filter((peer) => peer === this.#mediaDriver);
    role.judge(
      elapsedMs,
      starvedMs,
      isUnderPressure || !arePeersUp,
      services.every((peer) => peer.isWorking),
    );
  }

  #take(fault: Fault): boolean {
    const nowMs = performance.now();
    switch (fault.kind) {
      case "kill":
      case "end":
        return this.#role(fault.target).strike(fault.kind, fault.restartAfterMs);
      case "stop":
        return this.#role(fault.target).stop(fault.forMs);
      case "fill":
        this.#filler.fill(nowMs + fault.forMs);
        return true;
      case "flood":
        this.#floods.push(
          new Flood(this.#aeronDir, fault, join(this.#options.logDir, `flood.${this.#floods.length + 1}`)),
        );
        return true;
    }
  }

  async #endAll(): Promise<void> {
    this.#isEnding = true;
    const services = [...new Set([this.#role(DRIVER), this.#mediaDriver])];
    const others = this.#roles.filter((role) => !services.includes(role));
    this.#note("the end: SIGTERM to all, the services last");
    for (const role of others) role.dismiss();
    await this.#tickUntil(() => others.every(({ hasEnded }) => hasEnded));
    for (const role of services) {
      role.dismiss();
      await this.#tickUntil(() => role.hasEnded);
    }
  }

  #lookForLeftovers(): void {
    const problem = leftovers(this.#options.shmDir);
    if (problem !== null) this.#report("/dev/shm", problem);
  }

  #noteHoldings(): void {
    for (const role of this.#roles) {
      const { holdings } = role;
      if (holdings !== null) this.#undisturbed.set(role, holdings);
    }
  }

  #compareHoldings(): void {
    for (const [role, before] of this.#undisturbed) {
      const { holdings } = role;
      if (holdings === null) continue;
      for (const problem of growthProblems(before, holdings)) this.#report(role.name, problem);
    }
  }

  /** The role whose process is the media driver. */
  get #mediaDriver(): Role {
    return this.#find(MEDIA_DRIVER) ?? this.#role(DRIVER);
  }

  #find(name: string): Role | undefined {
    return this.#roles.find((one) => one.name === name);
  }

  #role(name: string): Role {
    const role = this.#find(name);
    if (role === undefined) throw new Error(`expected a role of this soak, found ${name}`);
    return role;
  }

  /** What the media driver shows when something was found, in a file beside the logs. */
  #noteAeron(): void {
    const nowMs = this.#nowMs;
    if (nowMs - this.#aeronNotedMs < AERON_PERIOD_MS) return;
    this.#aeronNotedMs = nowMs;
    const path = join(this.#options.logDir, `aeron-at-${(nowMs / 1000).toFixed(1)}.txt`);
    writeFileSync(path, aeronState(this.#aeronDir));
  }

  #note(text: string): void {
    this.#taken.push(`${(this.#nowMs / 1000).toFixed(1).padStart(7)} s: ${text}`);
    console.error(`soak: ${this.#taken.at(-1)}`);
  }

  #report(role: string, what: string): void {
    const run = this.#roles.find(({ name }) => name === role)?.runs.length ?? 0;
    const text = run === 0 ? what : `run ${run}: ${what}`;
    this.#findings.push({ atMs: this.#nowMs, role, what: text });
    this.#noteAeron();
    console.error(`soak: ${(this.#nowMs / 1000).toFixed(1)} s: FINDING: ${role}: ${text}`);
  }
}

function fileOfFrames(): Uint8Array {
  const words = FILE_ROWS * FILE_COLUMNS;
  const all = new Uint32Array(FILE_FRAMES * words);
  for (let i = 0; i < FILE_FRAMES; i++) fillPattern(all.subarray(i * words, (i + 1) * words), 0, i);
  return new Uint8Array(all.buffer);
}

/** What is left in a folder; null when it is empty. */
export function leftovers(dir: string): string | null {
  const left = readdirSync(dir, { recursive: true }) as string[];
  return left.length === 0 ? null : `not empty at the end: ${left.toSorted().join(" ")}`;
}
