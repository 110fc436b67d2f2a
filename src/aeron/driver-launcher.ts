import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { getLogger } from "../core/logger.ts";
import type { DriverSupply } from "./connection.ts";

const log = getLogger("aeron");

/** A driver that does not start within this time is started again: it may have lost a race or died. */
const RETRY_AFTER_NS = 3e9;
const COMPLAINT_CHARACTERS = 2000;

/**
 * Starts `tensorpool media-driver` as a separate process if no driver is running. Any number of roles may do so at once: the driver lock
 * lets one win, and the others exit immediately. The process outlives this one and exits after it was unused for a while.
 */
export class DriverLauncher implements DriverSupply {
  readonly #command: readonly string[];
  readonly #aeronDir: string;
  #lastStartNs = Number.NEGATIVE_INFINITY;

  /** `command`: the command line of this program, e.g. `["/usr/bin/tensorpool"]`. */
  constructor(command: readonly string[], aeronDir: string) {
    this.#command = command;
    this.#aeronDir = aeronDir;
  }

  ensure(nowNs: number): void {
    if (nowNs - this.#lastStartNs < RETRY_AFTER_NS) return;
    this.#lastStartNs = nowNs;
    const [file = "", ...args] = this.#command;
    const child = spawn(file, [...args, "media-driver", "--aeron-dir", this.#aeronDir, "-q"], {
      detached: true,
      stdio: ["ignore", "ignore", "pipe"],
      cwd: "/",
      env: environment(),
    });
    child.on("error", (error) => log.error(`cannot start a media driver (${file}): ${error.message}; trying again`));
    // Without free descriptors or processes there is no child, and no standard error of it.
    if (child.pid === undefined) return;
    let complaint = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      complaint = (complaint + text).slice(-COMPLAINT_CHARACTERS);
    });
    child.on("exit", (code) => {
      if (code !== 0 && code !== null) log.error(`the media driver ended with ${code}: ${complaint.trim()}`);
    });
    child.unref();
    // The child's output must not keep this process alive either.
    (child.stderr as unknown as { unref(): void }).unref();
    log.info(
      `started a media driver for ${this.#aeronDir} (pid ${child.pid}), which ends some time after its last user`,
    );
  }
}

/** A path relative to our working directory has no meaning in the driver's. */
function environment(): NodeJS.ProcessEnv {
  const library = process.env.AERON_LIBRARY;
  if (library?.includes("/") !== true) return process.env;
  return { ...process.env, AERON_LIBRARY: resolve(library) };
}
