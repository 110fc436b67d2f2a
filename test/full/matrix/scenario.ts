import { elapse, until } from "../../support/until.ts";
import type { Actor } from "./actor.ts";
import { type MatrixCase, pauseMs } from "./cases.ts";
import { consumerSum, limits, producerSum, RECOVERY_LIMIT_MS, sayings } from "./conditions.ts";
import { eventsOf, type Outcome } from "./outcome.ts";
import { processEnd, Stage, stopProcess } from "./stage.ts";

/** An outage that comes after the first frames would otherwise be missed. */
const SETTLE_MS = 1000;
/** The unused media driver stays for ten seconds. */
const STRIKE_PATIENCE_MS = 25_000;
const FIRST_FRAMES_PATIENCE_MS = 30_000;

/** Plays one case of the matrix, from empty folders to empty folders. @throws when something hangs */
export async function play(matrixCase: MatrixCase): Promise<Outcome> {
  await using stage = new Stage();
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
  #driverPid = 0;

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

  /** The runs that live, newest of each name. */
  get #living(): Actor[] {
    return this.#stage.actors.filter(({ process }) => !process.hasEnded);
  }

  get #subjectActor(): Actor | null {
    return this.#living.findLast(({ name }) => name === this.#case.subject) ?? null;
  }

  async #startSubject(): Promise<void> {
    const { subject } = this.#case;
    if (subject === "media driver") {
      this.#driverPid = (await this.#stage.startDriver()).pid;
      return;
    }
    const actor = this.#start(subject);
    // It prints rows as soon as it works, and has no frame to tell of: the producer waits for a consumer.
    await until(
      () => actor.row !== null,
      () => `a row of the ${subject}`,
      FIRST_FRAMES_PATIENCE_MS,
    );
    await this.#stage.driverPid();
    await elapse(SETTLE_MS);
  }

  async #startAll(): Promise<void> {
    this.#start("producer");
    this.#start("consumer");
    if (this.#hasWitness) this.#start("witness");
    for (const actor of this.#living) await actor.flows(FIRST_FRAMES_PATIENCE_MS);
    this.#driverPid = await this.#stage.driverPid();
  }

  #startOthers(): void {
    for (const name of ["producer", "consumer"] as const) if (name !== this.#case.subject) this.#start(name);
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
    const { disturbance } = this.#case;
    const actor = this.#subjectActor;
    const pid = actor === null ? this.#driverPid : actor.process.pid;
    this.#beginMs = performance.now();
    this.#undisturbedMs = this.#beginMs;
    if (pauseMs(disturbance) !== null) {
      await stopProcess(pid);
      return;
    }
    process.kill(pid, disturbance === "kill -9" ? "SIGKILL" : "SIGTERM");
    if (actor !== null) {
      if (disturbance === "kill -9") this.#killed.add(actor);
      await until(
        () => actor.process.hasEnded,
        () => `the ${actor.name} to end`,
      );
      if (disturbance === "clean stop") await this.#expectCode(actor);
    } else {
      await processEnd(pid);
      this.#undisturbedMs = performance.now();
      if (this.#case.moment === "load") this.#watchForNotice();
    }
  }

  /** How long it takes the roles to say that their driver is gone. */
  #watchForNotice(): void {
    const sinceMs = this.#beginMs;
    for (const { name, process } of this.#living) {
      void process.errorLine(/media driver died/).then(
        () => {
          this.#noticedMs[name] = performance.now() - sinceMs;
        },
        (error: Error) => this.#problems.push(`${name}: ${error.message.split("\n")[0]}`),
      );
    }
  }

  /** The others have to end in order while the subject is gone or stands still. */
  async #endOthers(): Promise<void> {
    const others = this.#living.filter(({ name }) => name !== this.#case.subject);
    await Promise.all(
      others.map(async (actor) => {
        this.#endMs[actor.name] = await this.#stage.end(actor);
      }),
    );
  }

  async #restore(): Promise<void> {
    const { subject, disturbance } = this.#case;
    const pause = pauseMs(disturbance);
    if (pause !== null) {
      const pid = this.#subjectActor?.process.pid ?? this.#driverPid;
      await elapse(Math.max(0, this.#beginMs + pause - performance.now()));
      this.#undisturbedMs = performance.now();
      process.kill(pid, "SIGCONT");
      return;
    }
    // Roles see to it themselves that there is a media driver.
    if (subject === "media driver") return;
    this.#undisturbedMs = performance.now();
    this.#start(subject);
  }

  async #allFlow(): Promise<void> {
    const disturbance = { beginMs: this.#beginMs, endMs: this.#undisturbedMs };
    await Promise.all(this.#living.map((actor) => actor.flows(RECOVERY_LIMIT_MS)));
    await elapse(SETTLE_MS);
    await Promise.all(this.#living.map((actor) => actor.flows(RECOVERY_LIMIT_MS)));
    for (const actor of this.#living) {
      if (actor.name !== "witness") this.#recoveryMs[actor.name] = actor.recoveryMs(disturbance);
    }
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
          : actor.row !== null && actor.row.epoch === null && actor.process.stderrLines.length > 0,
      () => `the ${actor.name} to go on\n${actor.process.stderr}`,
      RECOVERY_LIMIT_MS,
    );
    this.#recoveryMs[actor.name] = performance.now() - this.#undisturbedMs;
  }

  /** The producer first, so that consumers hear of its end and count up to its last frame. */
  async #endAll(): Promise<void> {
    for (const actor of this.#living.filter(({ name }) => name === "producer")) await this.#stage.end(actor);
    for (const actor of this.#living) {
      await until(
        () => actor.row?.epoch === null,
        () => `the ${actor.name} to see the end of the stream\n${actor.process.stderr}`,
        RECOVERY_LIMIT_MS,
      );
      await this.#stage.end(actor);
    }
  }

  async #strike(): Promise<string[]> {
    const left = await this.#stage.strike(STRIKE_PATIENCE_MS);
    const { subject, disturbance } = this.#case;
    if (subject !== "media driver" || disturbance !== "kill -9" || left.length === 0) return left;
    // It was killed when nobody needed another one: what it left goes with the next.
    const driver = await this.#stage.startDriver();
    driver.signal("SIGTERM");
    await driver.exit();
    return await this.#stage.strike(STRIKE_PATIENCE_MS);
  }

  async #expectCode(actor: Actor): Promise<void> {
    const code = await actor.process.exit();
    if (code !== 0) this.#problems.push(`${actor.name}: expected to end with 0, found ${code}`);
  }

  #outcome(left: string[]): Outcome {
    const { actors } = this.#stage;
    const witness = actors.find(({ name }) => name === "witness") ?? null;
    const outage = witness?.longestOutage(this.#beginMs, Number.POSITIVE_INFINITY);
    const figures = {
      recoveryMs: this.#recoveryMs,
      endMs: this.#endMs,
      noticedMs: this.#noticedMs,
      witnessOutageMs: outage === undefined ? null : outage.endMs - outage.beginMs,
    };
    const events = actors.flatMap((actor) => eventsOf(this.#runName(actor), actor.process.stderrLines));
    return {
      ...this.#case,
      ...figures,
      lost: Object.fromEntries(actors.map((actor) => [this.#runName(actor), actor.lost])),
      events,
      left,
      seconds: (performance.now() - this.#startedMs) / 1000,
      problems: [
        ...this.#problems,
        ...this.#sums(),
        ...limits(figures),
        ...sayings(this.#case, events),
        ...(left.length === 0 ? [] : [`left in /dev/shm: ${left.join(" ")}`]),
      ],
    };
  }

  #sums(): string[] {
    const { actors } = this.#stage;
    const producers = actors.filter(({ name }) => name === "producer");
    const consumers = actors.filter(({ name }) => name !== "producer");
    const problems = producers.filter((actor) => !this.#killed.has(actor)).flatMap(producerSum);
    // Only a consumer that was there from the first frame to the last can know of all of them.
    if (producers.some((actor) => this.#killed.has(actor)) || this.#case.moment === "last") return problems;
    const whole = consumers.filter(({ name }) => consumers.filter((other) => other.name === name).length === 1);
    return [...problems, ...whole.flatMap((actor) => consumerSum(actor, producers))];
  }

  #runName(actor: Actor): string {
    const runs = this.#stage.actors.filter(({ name }) => name === actor.name);
    return runs.length === 1 ? actor.name : `${actor.name} ${runs.indexOf(actor) + 1}`;
  }
}
