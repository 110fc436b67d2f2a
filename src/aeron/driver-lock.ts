import { fstatSync, statSync, unlinkSync } from "node:fs";
import { SystemError } from "../../ffi/errors.ts";
import { closeFile, O, openFile, tryLock, unlock } from "../../ffi/libc.ts";

/** Everybody who may use the folder may look at the lock. */
const LOCK_MODE = 0o666;

export function lockPath(aeronDir: string): string {
  return `${aeronDir.replace(/\/+$/, "")}.lock`;
}

/**
 * The right to run a media driver in an Aeron folder: an exclusive `flock` on `<aeron_dir>.lock`, which the kernel gives
 * back at once when its holder dies, whatever killed it. Start and death of our drivers are decided by it alone.
 */
export class DriverLock {
  readonly #path: string;
  #fd: number;

  private constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
  }

  /** Takes the lock, or returns null when another process holds it. @throws SystemError */
  static tryAcquire(aeronDir: string): DriverLock | null {
    const path = lockPath(aeronDir);
    for (;;) {
      const fd = openFile(path, O.RDWR | O.CREAT, LOCK_MODE);
      if (!tryLock(fd, "exclusive")) {
        closeFile(fd);
        return null;
      }
      // The holder before us may have removed the file after we opened it: then this is a lock on nothing.
      if (isSameFile(path, fd)) return new DriverLock(path, fd);
      closeFile(fd);
    }
  }

  /** "held" by a living process, "free" after its holder died, "absent" when no driver of ours was ever here. */
  static state(aeronDir: string): "held" | "free" | "absent" {
    let fd: number;
    try {
      fd = openFile(lockPath(aeronDir), O.RDONLY);
    } catch (error) {
      if (error instanceof SystemError && error.errno === "ENOENT") return "absent";
      throw error;
    }
    try {
      if (!tryLock(fd, "shared")) return "held";
      unlock(fd);
      return "free";
    } finally {
      closeFile(fd);
    }
  }

  /** False once somebody else has removed the file: then the folder may be another driver's by now. */
  get isInPlace(): boolean {
    return this.#fd !== -1 && isSameFile(this.#path, this.#fd);
  }

  /** Removes the file, if it is still ours, and gives the lock back. Idempotent. */
  release(): void {
    if (this.#fd === -1) return;
    // Unlinked while it is still held, so that nobody can take a lock on a file that is about to go.
    if (this.isInPlace) unlinkSync(this.#path);
    closeFile(this.#fd);
    this.#fd = -1;
  }
}

function isSameFile(path: string, fd: number): boolean {
  const opened = fstatSync(fd, { bigint: true });
  const named = statSync(path, { bigint: true, throwIfNoEntry: false });
  return named !== undefined && named.ino === opened.ino && named.dev === opened.dev;
}
