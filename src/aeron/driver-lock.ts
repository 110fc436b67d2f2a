import { ftruncateSync, readSync, unlinkSync, writeSync } from "node:fs";
import { SystemError } from "../../ffi/errors.ts";
import { closeFile, tryLock, unlock } from "../../ffi/libc.ts";
import { isSameFile, LockFileError, openLockFile, openLockFileToLook, shareLockFile, trustedFor } from "./lock-file.ts";

/** The content that the holder of a lock writes to the file: which CnC file belongs to it. It remains after the holder's death. */
interface LockText {
  /** "starting": the CnC file is the predecessor's. "serves": it is the holder's own. */
  readonly phase: "starting" | "serves";
  /** Device and inode of the CnC file; empty if there never was one. */
  readonly identity: string;
}

/** A lock's state of a media driver, as seen from outside. */
export interface LockFinding {
  /**
   * "held" by a live process, "free" after its holder died, "absent" if none of our drivers ever ran here, "unknown" if the lock file is
   * inaccessible, permanently or for now.
   */
  readonly state: "held" | "free" | "absent" | "unknown";
  readonly phase: LockText["phase"];
  readonly identity: string;
}

const NOTHING: LockText = { phase: "starting", identity: "" };
const MAX_TEXT_BYTES = 100;

export function lockPath(aeronDir: string): string {
  return `${aeronDir.replace(/\/+$/, "")}.lock`;
}

/**
 * The right to run a media driver in an Aeron folder: an exclusive `flock` on `<aeron_dir>.lock`, which the kernel releases when its holder
 * dies for any reason. It alone determines whether one of our drivers is alive.
 */
export class DriverLock {
  /** Identity of the CnC file that the previous holder served, if there was one. */
  readonly predecessor: string;
  readonly #path: string;
  #fd: number;

  private constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
    this.predecessor = readText(fd).identity;
    writeText(fd, { phase: "starting", identity: this.predecessor });
  }

  /** Takes the lock, or returns null if another process holds it. @throws LockFileError, SystemError */
  static tryAcquire(aeronDir: string): DriverLock | null {
    const path = lockPath(aeronDir);
    for (;;) {
      const fd = openLockFile(path);
      if (!tryLock(fd, "exclusive")) {
        closeFile(fd);
        return null;
      }
      // The previous holder may have removed the file after we opened it: the lock is then on an unlinked file.
      if (!isSameFile(path, fd)) {
        closeFile(fd);
        continue;
      }
      try {
        return new DriverLock(path, fd);
      } catch (error) {
        // No room for its first page: an empty file would only get in the way.
        if (readText(fd) === NOTHING) unlinkSync(path);
        closeFile(fd);
        throw error;
      }
    }
  }

  static state(aeronDir: string): LockFinding["state"] {
    return DriverLock.look(aeronDir).state;
  }

  static look(aeronDir: string): LockFinding {
    let fd: number | null;
    try {
      fd = openLockFileToLook(lockPath(aeronDir), trustedFor(aeronDir));
    } catch (error) {
      if (error instanceof LockFileError) return { state: "unknown", ...NOTHING };
      throw error;
    }
    if (fd === null) return { state: "absent", ...NOTHING };
    try {
      const state = tryLock(fd, "shared") ? "free" : "held";
      if (state === "free") unlock(fd);
      return { state, ...readText(fd) };
    } catch (error) {
      if (error instanceof SystemError) return { state: "unknown", ...NOTHING };
      throw error;
    } finally {
      closeFile(fd);
    }
  }

  /** From now on the CnC file with this identity in `aeronDir` belongs to the holder. */
  serve(aeronDir: string, identity: string): void {
    shareLockFile(this.#fd, aeronDir);
    writeText(this.#fd, { phase: "serves", identity });
  }

  /** False once another process has removed the file: the folder may then belong to another driver. */
  get isInPlace(): boolean {
    return this.#fd !== -1 && isSameFile(this.#path, this.#fd);
  }

  /** Removes the file if it is still ours, and releases the lock. Idempotent. */
  release(): void {
    if (this.#fd === -1) return;
    // Unlinked while the lock is still held, so that no process can lock a file that is about to be removed.
    if (this.isInPlace) unlinkSync(this.#path);
    closeFile(this.#fd);
    this.#fd = -1;
  }
}

function readText(fd: number): LockText {
  const bytes = Buffer.alloc(MAX_TEXT_BYTES);
  const text = bytes.toString("ascii", 0, readSync(fd, bytes, 0, MAX_TEXT_BYTES, 0));
  const match = /^(starting|serves) (\d+:\d+)?\n$/.exec(text);
  return match === null ? NOTHING : { phase: match[1] as LockText["phase"], identity: match[2] ?? "" };
}

function writeText(fd: number, { phase, identity }: LockText): void {
  const text = `${phase} ${identity}\n`;
  writeSync(fd, text, 0);
  ftruncateSync(fd, text.length);
}
