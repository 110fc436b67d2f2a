import { readdirSync, readFileSync } from "node:fs";
import { Place } from "../../support/place.ts";
import type { RoleProcess } from "../../support/role-process.ts";
import { elapse, until } from "../../support/until.ts";
import { Actor, type ActorName, ROW_INTERVAL_MS } from "./actor.ts";

const FRAMES_PER_SECOND = 300;
const WATCH = ["--stats-interval", `${ROW_INTERVAL_MS}ms`];
/** 256 slots: what is under way fits into 0.4 s, what may be read into 0.8 s. */
const SOURCE = ["--source", `synthetic:dtype=uint8,dims=64x64,rate=${FRAMES_PER_SECOND}`, "--slots", "256"];
/** As the one that roles start by themselves. */
const LINGER = ["--linger", "10s"];
/** Looking through /proc costs time that the roles need. */
const PROC_PERIOD_MS = 50;
/** A role that was told to end does so within a second; this is for a machine that is busy. */
export const END_PATIENCE_MS = 15_000;

/** The place of one case, and all that ran in it. */
export class Stage implements AsyncDisposable {
  readonly place = new Place();
  readonly actors: Actor[] = [];
  /** Media drivers that were started by hand. */
  readonly drivers: RoleProcess[] = [];

  start(name: ActorName, args: readonly string[] = []): Actor {
    const process =
      name === "producer"
        ? this.place.producer([...SOURCE, ...WATCH, ...args])
        : this.place.consumer([...WATCH, ...args]);
    const actor = new Actor(name, process);
    this.actors.push(actor);
    return actor;
  }

  async startDriver(): Promise<RoleProcess> {
    const driver = await this.place.mediaDriver(LINGER);
    this.drivers.push(driver);
    return driver;
  }

  /** Waits for the one media driver of the place, whoever started it. */
  async driverPid(): Promise<number> {
    await until(
      () => this.place.driverPids().length === 1,
      () => `one media driver, found ${this.place.driverPids().length}`,
    );
    return this.place.driverPids()[0] as number;
  }

  /** Tells a role to end; resolves to the milliseconds that it took. @throws when it does not end, or not with 0 */
  async end(actor: Actor): Promise<number> {
    const startMs = performance.now();
    actor.process.signal("SIGTERM");
    await until(
      () => actor.process.hasEnded,
      () => `the ${actor.name} to end after SIGTERM\n${actor.process.stderr}`,
      END_PATIENCE_MS,
    );
    const code = await actor.process.exit();
    if (code !== 0) throw new Error(`expected the ${actor.name} to end with 0, found ${code}\n${actor.process.stderr}`);
    return performance.now() - startMs;
  }

  /** Waits until no process of the place lives; resolves to the paths that are left then. */
  async strike(patienceMs: number): Promise<string[]> {
    const endMs = performance.now() + patienceMs;
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

/** Stops a process and waits until all its threads stand still. */
export async function stopProcess(pid: number): Promise<void> {
  process.kill(pid, "SIGSTOP");
  await until(
    () => /\) T /.test(readFileSync(`/proc/${pid}/stat`, "utf8")),
    () => `process ${pid} to stand still`,
  );
}

/** Waits until a process that is not our child is gone. */
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
