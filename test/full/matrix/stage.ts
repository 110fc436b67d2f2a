import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DriverPlace } from "../../support/driver-place.ts";
import { Place } from "../../support/place.ts";
import type { RoleProcess } from "../../support/role-process.ts";
import { elapse, until } from "../../support/until.ts";
import { Actor, type ActorName, ROW_INTERVAL_MS } from "./actor.ts";
import { type Deployment, type MatrixCase, pauseMs, SERVICES, type Service } from "./cases.ts";

const FRAMES_PER_SECOND = 300;
const WATCH = ["--stats-interval", `${ROW_INTERVAL_MS}ms`];
const SOURCE = ["--source", `module:${join(import.meta.dir, "numbered-source.ts")}`, "--rate", `${FRAMES_PER_SECOND}`];
const SINK = ["--sink", `module:${join(import.meta.dir, "checking-sink.ts")}`];
/** What is under way fits into 0.4 s, what may be read into 0.8 s. */
const SLOTS = ["--slots", "256"];
/** As long as the one that roles start by themselves: it has to outlive a pause after which it has given the client up. */
const LONG_LINGER = "10s";
/** Where no client is given up, an unused media driver need not stay. */
const SHORT_LINGER = "2s";
const LONG_PAUSE_MS = 10_000;
/** Looking through /proc costs time that the roles need. */
const PROC_PERIOD_MS = 50;
/** A role that was told to end does so within a second, a driver within three; this is for a machine that is busy. */
export const END_PATIENCE_MS = 15_000;

/** What serves in a case, and was started by hand. */
export interface ServiceRun {
  readonly name: Service;
  readonly process: RoleProcess;
}

/** The place of one case, and all that ran in it. */
export class Stage implements AsyncDisposable {
  readonly deployment: Deployment;
  readonly place: Place;
  readonly actors: Actor[] = [];
  readonly services: ServiceRun[] = [];
  readonly #linger: string;

  constructor({ deployment, disturbance }: Pick<MatrixCase, "deployment" | "disturbance">) {
    this.deployment = deployment;
    this.#linger = (pauseMs(disturbance) ?? 0) < LONG_PAUSE_MS ? SHORT_LINGER : LONG_LINGER;
    this.place = deployment === "standalone" ? new Place() : new DriverPlace();
  }

  start(name: ActorName, args: readonly string[] = []): Actor {
    const ofProducer = this.deployment === "standalone" ? [...SOURCE, ...SLOTS] : SOURCE;
    // A standalone role starts the media driver, which takes this variable over.
    const options = { env: { TENSORPOOL_MEDIA_DRIVER_LINGER: this.#linger } };
    const process =
      name === "producer"
        ? this.place.producer([...ofProducer, ...WATCH, ...args], options)
        : this.place.consumer([...SINK, ...WATCH, ...args], options);
    const actor = new Actor(name, process);
    this.actors.push(actor);
    return actor;
  }

  /** Starts all services that are started by hand, but for one. */
  startServices(except?: Service): void {
    for (const name of SERVICES[this.deployment]) if (name !== except) this.startService(name);
  }

  startService(name: Service): RoleProcess {
    const { place } = this;
    const process =
      place instanceof DriverPlace && name === "driver"
        ? place.driver(["--stream", "10000", ...SLOTS, "--pool", "4KiB", ...this.#mediaDriver])
        : place.run([
            "media-driver",
            "--aeron-dir",
            place.aeronDir,
            "--linger",
            this.deployment === "standalone" ? this.#linger : "0",
          ]);
    this.services.push({ name, process });
    return process;
  }

  get #mediaDriver(): string[] {
    return this.deployment === "external" ? ["--media-driver", "external"] : [];
  }

  /** Id of the service that lives now: in a standalone deployment of the media driver, of any process that started it. */
  async servicePid(name: Service): Promise<number> {
    const run = this.services.findLast((one) => one.name === name && !one.process.hasEnded);
    if (run !== undefined) return run.process.pid;
    await until(
      () => this.place.driverPids().length === 1,
      () => `one media driver, found ${this.place.driverPids().length}`,
    );
    return this.place.driverPids()[0] as number;
  }

  /** Tells a process to end; resolves to the milliseconds that it took. @throws when it does not end, or not with 0 */
  async end({ name, process }: { readonly name: string; readonly process: RoleProcess }): Promise<number> {
    const startMs = performance.now();
    process.signal("SIGTERM");
    await until(
      () => process.hasEnded,
      () => `the ${name} to end after SIGTERM\n${process.stderr}`,
      END_PATIENCE_MS,
    );
    const code = await process.exit();
    if (code !== 0) throw new Error(`expected the ${name} to end with 0, found ${code}\n${process.stderr}`);
    return performance.now() - startMs;
  }

  /** Ends the services that live, whoever needs another first. */
  async endServices(): Promise<void> {
    for (const run of this.services.toReversed()) if (!run.process.hasEnded) await this.end(run);
  }

  /** Waits until no process of the place lives; resolves to the paths that are left then. */
  async strike(timeoutMs: number): Promise<string[]> {
    const endMs = performance.now() + timeoutMs;
    for (;;) {
      const pids = this.place.driverPids();
      if (pids.length === 0) break;
      if (performance.now() > endMs) throw new Error(`expected the unused media driver to end, found ${pids}`);
      await elapse(PROC_PERIOD_MS);
    }
    return readdirSync(this.place.path, { recursive: true }) as string[];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const actor of this.actors) actor[Symbol.dispose]();
    await this.place[Symbol.asyncDispose]();
  }
}

/** Stops a process and waits until all its threads are paused. */
export async function stopProcess(pid: number): Promise<void> {
  process.kill(pid, "SIGSTOP");
  await until(
    () => /\) T /.test(readFileSync(`/proc/${pid}/stat`, "utf8")),
    () => `process ${pid} to be paused`,
  );
}

/** Waits until a process is gone, of any process that started it. */
export async function processEnd(pid: number): Promise<void> {
  await until(
    () => !isAlive(pid),
    () => `process ${pid} to end`,
    END_PATIENCE_MS,
  );
}

function isAlive(pid: number): boolean {
  try {
    // A zombie has ended: its parent only has not looked yet.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT" || (error as NodeJS.ErrnoException).code === "ESRCH") {
      return false;
    }
    throw error;
  }
}
