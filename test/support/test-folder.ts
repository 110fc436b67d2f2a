import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { closeFile, O, openFile, tryLock } from "../../ffi/libc.ts";

const PREFIX = "tensorpool-test-";
/** Where tests keep what has to be in memory. */
export const TEST_PARENT = "/dev/shm";
/** A folder that was just made is locked a moment later. */
const YOUNG_MS = 60_000;
const IN_USE: ReadonlySet<string> = new Set(["EBUSY", "ENOTEMPTY"]);

/** A folder that a test removes; where its process is killed before, the next run of the tests does: the lock is free then. */
export class TestFolder {
  readonly path: string;
  #fd: number;

  constructor(parent: string = TEST_PARENT) {
    this.path = mkdtempSync(join(parent, PREFIX));
    this.#fd = openFile(this.path, O.RDONLY | O.DIRECTORY);
    tryLock(this.#fd, "shared");
  }

  /** Idempotent. */
  remove(): void {
    // The lock is held until the folder is gone: a sweep of another run would take it for one that was left.
    rmSync(this.path, { recursive: true, force: true });
    if (this.#fd !== -1) closeFile(this.#fd);
    this.#fd = -1;
  }
}

/** Removes the folders of tests that were killed, and ends what they had started there. @returns their paths */
export function sweepTestFolders(parent: string = TEST_PARENT, youngMs: number = YOUNG_MS): string[] {
  if (!existsSync(parent)) return [];
  const names = readdirSync(parent).filter((name) => name.startsWith(PREFIX));
  return names.map((name) => join(parent, name)).filter((path) => sweep(path, youngMs));
}

function sweep(path: string, youngMs: number): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || stat.uid !== process.geteuid?.() || Date.now() - stat.mtimeMs < youngMs) return false;
  const fd = openFile(path, O.RDONLY | O.DIRECTORY);
  try {
    if (!tryLock(fd, "exclusive")) return false;
    for (const pid of usersOf(path)) endProcess(pid);
    // What a test that was killed had mounted keeps its folder from being removed.
    for (const mount of mountsBelow(path)) Bun.spawnSync(["umount", "-l", mount]);
    return removed(path);
  } finally {
    closeFile(fd);
  }
}

/** False for a folder that a process still mounts or writes to: the sweep of a later run removes it. */
function removed(path: string): boolean {
  try {
    rmSync(path, { recursive: true, force: true });
    return true;
  } catch (error) {
    if (!IN_USE.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
    console.error(`${path}, which a killed test left, is still in use: a later run of the tests removes it`);
    return false;
  }
}

function mountsBelow(path: string): string[] {
  const mounts = readFileSync("/proc/mounts", "utf8").split("\n");
  const paths = mounts.map((line) => line.split(" ")[1] ?? "").map(unescaped);
  return paths.filter((at) => at === path || at.startsWith(`${path}/`));
}

/** The kernel writes spaces and the like in octal. */
function unescaped(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** Processes that were started with a path in the folder among their arguments. */
function usersOf(path: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, "latin1").includes(`${path}/`);
      } catch {
        // It ended between the listing and now.
        return false;
      }
    })
    .map(Number);
}

/** Kills a process if it still lives. A negative id is that of a process group. */
export function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
