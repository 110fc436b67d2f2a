import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { processExists } from "../../core/process-exists.ts";
import { Child, type ChildOptions } from "./child.ts";

const PARENT = "/dev/shm";
const PREFIX = "tensorpool-bench-";
/** Signals that end a run, with the exit codes. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * The Aeron folders and regions of one run, and the processes that it started. However this process ends, except by
 * kill -9, all of them are removed; the next run removes the leftovers of a killed one.
 */
export class Workspace implements Disposable {
  readonly dir: string;
  readonly #children = new Set<Child>();
  readonly #onExit = (): void => this[Symbol.dispose]();
  readonly #onSignal = (signal: NodeJS.Signals): never => process.exit(EXIT_CODES[signal as keyof typeof EXIT_CODES]);
  #places = 0;

  constructor() {
    removeLeftovers();
    this.dir = mkdtempSync(join(PARENT, `${PREFIX}${process.pid}-`));
    process.on("exit", this.#onExit);
    for (const signal of Object.keys(EXIT_CODES)) process.on(signal, this.#onSignal);
  }

  /** Creates separate folders for one measurement. */
  place(): Place {
    this.#places++;
    const dir = join(this.dir, String(this.#places));
    mkdirSync(dir);
    return { dir, aeronDir: join(dir, "aeron"), shmDir: join(dir, "regions") };
  }

  /** Removes a place whose processes have ended. */
  remove(place: Place): void {
    rmSync(place.dir, { recursive: true, force: true });
  }

  start(command: readonly string[], options: ChildOptions = {}): Child {
    const child = new Child(command, options);
    this.#children.add(child);
    void child.ended.then(() => this.#children.delete(child));
    return child;
  }

  [Symbol.dispose](): void {
    process.off("exit", this.#onExit);
    for (const signal of Object.keys(EXIT_CODES)) process.off(signal, this.#onSignal);
    for (const child of this.#children) child.kill("SIGKILL");
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export interface Place {
  readonly dir: string;
  readonly aeronDir: string;
  readonly shmDir: string;
}

function removeLeftovers(): void {
  for (const name of readdirSync(PARENT)) {
    const pid = name.startsWith(PREFIX) ? Number(name.slice(PREFIX.length).split("-")[0]) : Number.NaN;
    if (Number.isInteger(pid) && !processExists(pid)) rmSync(join(PARENT, name), { recursive: true, force: true });
  }
}
