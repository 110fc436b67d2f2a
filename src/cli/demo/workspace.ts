import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { SystemError } from "../../../ffi/errors.ts";
import { closeFile, O, openFile, tryLock } from "../../../ffi/libc.ts";
import { DriverLock } from "../../aeron/driver-lock.ts";
import { messageOf, OptionError } from "../../core/errors.ts";
import { DemoError } from "./errors.ts";

const DEFAULT_PARENT = "/dev/shm";
const PREFIX = "tensorpool-demo-";
/** Leftovers of a killed demo are not removed before its processes have had time to end. */
const SWEEP_AGE_MS = 15_000;

/**
 * The folders of one demo: a private one for all files, in /dev/shm or the given `--shm-dir`, and the given
 * `--aeron-dir`. A lock on the private folder distinguishes live demos from leftovers, which are removed first.
 */
export class Workspace {
  readonly folder: string;
  readonly shmDir: string;
  readonly aeronDir: string;
  readonly #lockFd: number;
  /** The outermost folder that did not exist before, or null. */
  readonly #madeFolder: string | null;
  readonly #hasOwnAeronDir: boolean;
  #isRemoved = false;

  /** @throws UsageError, DemoError */
  constructor({ shmDir, aeronDir }: { shmDir?: string | undefined; aeronDir?: string | undefined }) {
    const parent = shmDir ?? DEFAULT_PARENT;
    if (aeronDir !== undefined) refuseForeignDriver(aeronDir);
    sweep(parent);
    try {
      this.#madeFolder = mkdirSync(parent, { recursive: true }) ?? null;
      this.folder = mkdtempSync(join(parent, `${PREFIX}${process.pid}-`));
      this.#lockFd = openFile(this.folder, O.RDONLY | O.DIRECTORY);
      tryLock(this.#lockFd, "exclusive");
    } catch (error) {
      throw new DemoError(
        "no-place",
        `the demo cannot make a folder in ${parent} (${messageOf(error)}): name another place with --shm-dir`,
        { cause: error },
      );
    }
    this.shmDir = join(this.folder, "shm");
    this.aeronDir = aeronDir ?? join(this.folder, "aeron");
    this.#hasOwnAeronDir = aeronDir === undefined;
  }

  /** Removes everything; the processes that used it have ended. Idempotent. */
  remove(): void {
    if (this.#isRemoved) return;
    this.#isRemoved = true;
    rmSync(this.folder, { recursive: true, force: true });
    if (!this.#hasOwnAeronDir) {
      rmSync(this.aeronDir, { recursive: true, force: true });
      rmSync(`${this.aeronDir}.lock`, { force: true });
    }
    if (this.#madeFolder !== null && isEmptyTree(this.#madeFolder)) rmSync(this.#madeFolder, { recursive: true });
    closeFile(this.#lockFd);
  }
}

/** Refuses a folder in use: the demo starts and removes its own media driver. @throws OptionError */
function refuseForeignDriver(aeronDir: string): void {
  const isInUse = existsSync(aeronDir) && (!statSync(aeronDir).isDirectory() || readdirSync(aeronDir).length > 0);
  if (!isInUse && DriverLock.state(aeronDir) !== "held") return;
  throw new OptionError(
    "aeronDir",
    `expected a new or empty folder, found ${aeronDir} in use: the demo starts its own media driver`,
    { expected: "a folder that is not there yet", found: aeronDir },
  );
}

/** Removes leftovers of killed demos; only folders that provably belong to them and are unused. */
function sweep(parent: string): void {
  if (!existsSync(parent)) return;
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(PREFIX)) continue;
    const path = join(parent, name);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined || !stats.isDirectory() || stats.uid !== process.getuid?.()) continue;
    if (Date.now() - stats.mtimeMs > SWEEP_AGE_MS) removeUnlessLocked(path);
  }
}

function removeUnlessLocked(path: string): void {
  let fd: number;
  try {
    fd = openFile(path, O.RDONLY | O.DIRECTORY | O.NOFOLLOW);
  } catch (error) {
    // Its demo or another sweep has already removed it.
    if (error instanceof SystemError) return;
    throw error;
  }
  if (tryLock(fd, "exclusive")) rmSync(path, { recursive: true, force: true });
  closeFile(fd);
}

function isEmptyTree(folder: string): boolean {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).every((entry) => entry.isDirectory());
}
