import { join } from "node:path";
import { RoleRun } from "./role-run.ts";
import type { Fault } from "./schedule.ts";

/** After a flood its readers have this long to be through with it. */
const AFTER_MS = 1000;

/** A process that floods an Aeron stream for a while. */
export class Flood {
  readonly #run: RoleRun;
  readonly #endMs: number;
  #isOver = false;

  constructor(aeronDir: string, { streamId, forMs, seed }: Extract<Fault, { kind: "flood" }>, logPath: string) {
    const words = [aeronDir, `${streamId}`, `${forMs}`, `${seed}`];
    this.#run = new RoleRun([process.execPath, join(import.meta.dir, "flooder.ts"), ...words], logPath);
    this.#endMs = performance.now() + forMs + AFTER_MS;
  }

  /** True while it floods, and a moment longer. One that has not found its media driver is ended then. */
  get isRunning(): boolean {
    if (!this.#isOver && performance.now() > this.#endMs) {
      this.#isOver = true;
      this.end();
    }
    return !this.#isOver;
  }

  end(): void {
    this.#run.signal("SIGKILL");
  }
}
