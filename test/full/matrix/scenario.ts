import type { RoleProcess } from "../../support/role-process.ts";
import { elapse, TIMEOUT_MS, until } from "../../support/until.ts";
import type { Actor } from "./actor.ts";
import { hitsMediaDriver, isService, type MatrixCase, pauseMs } from "./cases.ts";
import { deliveries, epochsGrow, leaseTales, limits, RECOVERY_LIMIT_MS, sayings, sums } from "./conditions.ts";
import { eventsOf, type Outcome } from "./outcome.ts";
import { processEnd, Stage, stopProcess } from "./stage.ts";

/** An outage that comes after the first frames would otherwise be missed. */
const SETTLE_MS = 1000;

/** Plays one case of the matrix, from empty folders to empty folders. @throws when something hangs */
export async function play(matrixCase: MatrixCase): Promise<Outcome> {
  await using stage = new Stage(matrixCase);
  return await new Scenario(stage, matrixCase).play();
}

class Scenario {
  readonly #stage: Stage;
  readonly #case: MatrixCase;
  readonly #startedMs = performance.now();
  readonly #recoveryMs: Record<string, number> = {};
  readonly #endMs: Record<string, number> = {};
  readonly #noticedMs: Record<string, number> = {};
  readonly #problems: string[] = [];
  /** Runs that were killed: their last numbers are not known. */
  readonly #killed = new Set<Actor>();
  #beginMs = 0;
  #undisturbedMs = 0;
  /** Of the service that is hit. */
  #servicePid = 0;

  constructor(stage: Stage, matrixCase: MatrixCase) {
    this.#stage = stage;
    this.#case = matrixCase;
  }

  async play(): Promise<Outcome> {
    const { moment } = this.#case;
    if (moment === "first") await this.#startSubject();
    else await this.#startAll();
    await this.#disturb();
    if (moment === "first") this.#startOthers();
    if (moment === "last") await this.#endOthers();
    await this.#restore();
    if (moment === "last") await this.#subjectGoesOn();
    else await this.#allFlow();
    await this.#endAll();
    const left = await this.#strike();
    return this.#outcome(left);
  }

  get #isStandalone(): boolean {
    return this.#case.deployment === "standalone";
  }

  /** The runs that live, newest of each name. */
  get #living(): Actor[] {
    return this.#stage.actors.filter(({ process }) => !process.hasEnded);
  }

  get #subjectActor(): Actor | null {
    return this.#living.findLast(({ name }) => name === this.#case.subject) ?? null;
  }

  async #startSubject(): Promise<void> {
    const { subject } = this.#case;
    if (isService(subject)) {
      const service = this.#stage.startService(subject);
      await service.errorLine(/ serves /);
      this.#servicePid = service.pid;
      return;
    }
    const actor = this.#start(subject);
    // It prints rows as soon as it works, and has no frame to tell of: the producer waits for a consumer.
    await until(
      () => actor.row !== null,
      () => `a row of the ${subject}`,
      TIMEOUT_MS,
    );
    if (this.#isStandalone) await this.#stage.servicePid("media driver");
    await elapse(SETTLE_MS);
  }

  async #startAll(): Promise<void> {
    const { subject } = this.#case;
    this.#stage.startServices();
    this.#start("producer");
    this.#start("consumer");
    if (this.#hasWitness) this.#start("witness");
    for (const actor of this.#living) await actor.flows(TIMEOUT_MS);
    if (isService(subject)) this.#servicePid = await this.#stage.servicePid(subject);
  }

  #startOthers(): void {
    const { subject } = this.#case;
    this.#stage.startServices(isService(subject) ? subject : undefined);
    for (const name of ["producer", "consumer"] as const) if (name !== subject) this.#start(name);
  }

  /** With a consumer that is disturbed under load there is another, which must not notice. */
  get #hasWitness(): boolean {
    return this.#case.subject === "consumer" && this.#case.moment === "load";
  }

  #start(name: Actor["name"]): Actor {
    // Nobody would be left to wait for.
    const waits = name === "producer" && !(this.#case.moment === "last" && this.#beginMs > 0);
    return this.#stage.start(name, waits ? ["--wait-consumers", this.#hasWitness ? "2" : "1"] : []);
  }

  async #disturb(): Promise<void> {
    const { disturbance, subject } = this.#case;
    const actor = this.#subjectActor;
    const service = this.#stage.services.findLast(({ name }) => name === subject) ?? null;
    const child = actor?.process ?? service?.process ?? null;
    const pid = child === null ? this.#servicePid : child.pid;
    this.#beginMs = performance.now();
    this.#undisturbedMs = this.#beginMs;
    if (pauseMs(disturbance) !== null) {
      await stopProcess(pid);
      return;
    }
    process.kill(pid, disturbance === "kill -9" ? "SIGKILL" : "SIGTERM");
    if (actor !== null && disturbance === "kill -9") this.#killed.add(actor);
    if (child === null) await processEnd(pid);
    else await this.#expectEnd(child);
    this.#undisturbedMs = performance.now();
    if (hitsMediaDriver(this.#case) && this.#case.moment === "load") this.#watchForNotice();
  }

  async #expectEnd(child: RoleProcess): Promise<void> {
    const { disturbance, subject } = this.#case;
    await until(
      () => child.hasEnded,
      () => `the ${subject} to end`,
    );
    if (disturbance !== "clean stop") return;
    const code = await child.exit();
    if (code !== 0) this.#problems.push(`${subject}: expected to end with 0, found ${code}`);
  }

  /** How long it takes the roles to say that their media driver is gone. */
  #watchForNotice(): void {
    const sinceMs = this.#beginMs;
    for (const { name, process } of this.#living) {
      void process.errorLine(/media driver (died|has ended)/).then(
        () => {
          this.#noticedMs[name] = performance.now() - sinceMs;
        },
        (error: Error) => this.#problems.push(`${name}: ${error.message.split("\n")[0]}`),
      );
    }
  }

  /** The others have to end in order while the subject is gone or is paused; services stay for a role that continues. */
  async #endOthers(): Promise<void> {
    const { subject } = this.#case;
    const others = this.#living.filter(({ name }) => name !== subject);
    await Promise.all(
      others.map(async (actor) => {
        this.#endMs[actor.name] = await this.#stage.end(actor);
      }),
    );
    if (!isService(subject)) return;
    for (const run of this.#stage.services.toReversed()) {
      if (run.name !== subject) this.#endMs[run.name] = await this.#stage.end(run);
    }
  }

  async #restore(): Promise<void> {
    const { subject, disturbance, moment } = this.#case;
    const pause = pauseMs(disturbance);
    if (pause !== null) {
      const pid = this.#subjectActor?.process.pid ?? this.#servicePid;
      await elapse(Math.max(0, this.#beginMs + pause - performance.now()));
      this.#undisturbedMs = performance.now();
      process.kill(pid, "SIGCONT");
      return;
    }
    if (!isService(subject)) this.#start(subject);
    // Standalone roles see to it themselves that there is a media driver; and at the end nobody needs one any more.
    else if (!this.#isStandalone && moment !== "last") this.#stage.startService(subject);
    else return;
    this.#undisturbedMs = performance.now();
  }

  async #allFlow(): Promise<void> {
    const disturbance = { beginMs: this.#beginMs, endMs: this.#undisturbedMs };
    await this.#newLeases();
    await Promise.all(this.#living.map((actor) => actor.flows(RECOVERY_LIMIT_MS)));
    await elapse(SETTLE_MS);
    await Promise.all(this.#living.map((actor) => actor.flows(RECOVERY_LIMIT_MS)));
    for (const actor of this.#living) {
      if (actor.name !== "witness") this.#recoveryMs[actor.name] = actor.recoveryMs(disturbance);
    }
  }

  /** Frames continue flowing until a driver that was started again takes over: its leases are what to wait for. */
  async #newLeases(): Promise<void> {
    const { subject, disturbance, moment } = this.#case;
    if (subject !== "driver" || pauseMs(disturbance) !== null || moment !== "load") return;
    await Promise.all(this.#living.map(({ process }) => process.errorLine(/attached to stream .* again/)));
  }

  /** The others have ended: a producer makes frames that nobody takes, a consumer waits for another producer. */
  async #subjectGoesOn(): Promise<void> {
    const actor = this.#subjectActor;
    if (actor === null) return;
    const claimed = actor.counters.claimed ?? 0;
    await until(
      () =>
        actor.name === "producer"
          ? (actor.counters.claimed ?? 0) > claimed
          : this.#hasLetGo(actor) && actor.process.stderrLines.length > 0,
      () => `the ${actor.name} to continue\n${actor.process.stderr}`,
      RECOVERY_LIMIT_MS,
    );
    this.#recoveryMs[actor.name] = performance.now() - this.#undisturbedMs;
  }

  /** True for a consumer that has left the epochs of all producers: a driver then announces one that nobody writes to. */
  #hasLetGo({ row }: Actor): boolean {
    if (this.#isStandalone || row === null) return row?.epoch === null;
    const producers = this.#stage.actors.filter(({ name }) => name === "producer");
    const newest = producers.flatMap(({ epochs }) => epochs.at(-1) ?? []);
    return row.epoch !== null && newest.every((epoch) => BigInt(row.epoch as string) > epoch);
  }

  /** The producer first, so that consumers hear of its end and count up to its last frame. */
  async #endAll(): Promise<void> {
    for (const actor of this.#living.filter(({ name }) => name === "producer")) await this.#stage.end(actor);
    for (const actor of this.#living) {
      await until(
        () => this.#hasLetGo(actor),
        () => `the ${actor.name} to see the end of the stream\n${actor.process.stderr}`,
        RECOVERY_LIMIT_MS,
      );
      await this.#stage.end(actor);
    }
    if (!this.#isStandalone) await this.#stage.endServices();
  }

  async #strike(): Promise<string[]> {
    const left = await this.#stage.strike(TIMEOUT_MS);
    const { subject, disturbance } = this.#case;
    if (!isService(subject) || disturbance !== "kill -9" || left.length === 0) return left;
    // It was killed when nobody needed another one: what it left goes with the next.
    if (this.#isStandalone) this.#stage.startService("media driver");
    else this.#stage.startServices();
    for (const { process } of this.#stage.services) if (!process.hasEnded) await process.errorLine(/ serves /);
    await this.#stage.endServices();
    return await this.#stage.strike(TIMEOUT_MS);
  }

  #outcome(left: string[]): Outcome {
    const { actors, services } = this.#stage;
    const witness = actors.find(({ name }) => name === "witness") ?? null;
    const outage = witness?.longestOutage(this.#beginMs, Number.POSITIVE_INFINITY);
    const figures = {
      recoveryMs: this.#recoveryMs,
      endMs: this.#endMs,
      noticedMs: this.#noticedMs,
      witnessOutageMs: outage === undefined ? null : outage.endMs - outage.beginMs,
    };
    const runs = [...actors, ...services];
    const events = runs.flatMap((run) => eventsOf(runName(run, runs), run.process.stderrLines));
    return {
      ...this.#case,
      ...figures,
      lost: Object.fromEntries(actors.map((actor) => [runName(actor, actors), actor.lost])),
      events,
      left,
      seconds: (performance.now() - this.#startedMs) / 1000,
      problems: [
        ...this.#problems,
        ...sums(this.#case, actors, this.#killed),
        ...epochsGrow(actors),
        ...deliveries(actors),
        ...leaseTales(this.#case, actors, this.#killed),
        ...limits(figures),
        ...sayings(this.#case, events),
        ...(left.length === 0 ? [] : [`left in /dev/shm: ${left.join(" ")}`]),
      ],
    };
  }
}

/** "producer", or "producer 2" where there were several. */
function runName<T extends { readonly name: string }>(run: T, all: readonly T[]): string {
  const runs = all.filter(({ name }) => name === run.name);
  return runs.length === 1 ? run.name : `${run.name} ${runs.indexOf(run) + 1}`;
}
