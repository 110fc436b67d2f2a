import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { closeFile, O, openFile, tryLock } from "../../ffi/libc.ts";

const PREFIX = "tensorpool-test-";
/** Where tests keep what has to be in memory. */
export const TEST_PARENT = "/dev/shm";
/** A folder that was just made is locked a moment later. */
const YOUNG_MS = 60_000;

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
    if (this.#fd !== -1) closeFile(this.#fd);
    this.#fd = -1;
    rmSync(this.path, { recursive: true, force: true });
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
    for (const pid of usersOf(path)) process.kill(pid, "SIGKILL");
    // What a test that was killed had mounted keeps its folder from being removed.
    for (const mount of mountsBelow(path)) Bun.spawnSync(["umount", "-l", mount]);
    rmSync(path, { recursive: true, force: true });
    return true;
  } finally {
    closeFile(fd);
  }
}

function mountsBelow(path: string): string[] {
  const mounts = readFileSync("/proc/mounts", "utf8").split("\n");
  return mounts.map((line) => line.split(" ")[1] ?? "").filter((at) => at === path || at.startsWith(`${path}/`));
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
