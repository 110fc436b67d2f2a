import { existsSync, readFileSync } from "node:fs";
import { until } from "./until.ts";

/** The calls with which a recorder writes to its file. */
const WRITE_CALLS = "pwrite64,pwritev,pwritev2";
const DELAY_US = 4_000_000;

/** True where strace is there and may trace; says so where it may not. */
export function mayTrace(): boolean {
  const isTraced = Bun.which("strace") !== null && Bun.spawnSync(["strace", "-o", "/dev/null", "true"]).exitCode === 0;
  if (!isTraced) console.log("strace is missing or may not trace: this test makes no device fail or hang");
  return isTraced;
}

/** While it exists, each write of a process to a file takes seconds, as on a disk that hangs. */
export class HangingDisk implements AsyncDisposable {
  readonly #tracer: Bun.Subprocess;

  private constructor(tracer: Bun.Subprocess) {
    this.#tracer = tracer;
  }

  /** `tracePath`: a file for what strace records. Null where strace is missing, or this user may not trace. */
  static async under(pid: number, tracePath: string): Promise<HangingDisk | null> {
    if (!mayTrace()) return null;
    const inject = ["-e", `trace=${WRITE_CALLS}`, "-e", `inject=${WRITE_CALLS}:delay_enter=${DELAY_US}`];
    const tracer = Bun.spawn(["strace", "-f", "-qq", "-o", tracePath, ...inject, "-p", String(pid)], {
      stdio: ["ignore", "ignore", "ignore"],
    });
    // The line of a write is recorded when the write begins.
    await until(
      () => existsSync(tracePath) && /pwrite/.test(readFileSync(tracePath, "latin1")),
      () => "strace to hold up a write",
    );
    return new HangingDisk(tracer);
  }

  /** From now on writes take as long as they do. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#tracer.kill("SIGINT");
    await this.#tracer.exited;
  }
}
