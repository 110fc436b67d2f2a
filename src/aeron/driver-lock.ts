import { ftruncateSync, readSync, unlinkSync, writeSync } from "node:fs";
import { SystemError } from "../../ffi/errors.ts";
import { closeFile, tryLock, unlock } from "../../ffi/libc.ts";
import { isSameFile, LockFileError, openLockFile, openLockFileToLook, shareLockFile, trustedFor } from "./lock-file.ts";

/** What the holder of a lock says in the file, for as long as it lives and after: which CnC file is its own. */
interface LockText {
  /** "starting": the CnC file is its predecessor's. "serves": its own. */
  readonly phase: "starting" | "serves";
  /** Device and inode of the CnC file; empty where there never was one. */
  readonly identity: string;
}

/** What a lock says about a media driver, asked from outside. */
export interface LockFinding {
  /**
   * "held" by a living process, "free" after its holder died, "absent" when no driver of ours was ever here, "unknown" where it
   * may not be looked at, or cannot be for now.
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
 * The right to run a media driver in an Aeron folder: an exclusive `flock` on `<aeron_dir>.lock`, which the kernel gives
 * back at once when its holder dies, whatever killed it. Start and death of our drivers are decided by it alone.
 */
export class DriverLock {
  /** Identity of the CnC file that the holder before this one served, as far as there was one. */
  readonly predecessor: string;
  readonly #path: string;
  #fd: number;

  private constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
    this.predecessor = readText(fd).identity;
    writeText(fd, { phase: "starting", identity: this.predecessor });
  }

  /** Takes the lock, or returns null when another process holds it. @throws LockFileError, SystemError */
  static tryAcquire(aeronDir: string): DriverLock | null {
    const path = lockPath(aeronDir);
    for (;;) {
      const fd = openLockFile(path);
      if (!tryLock(fd, "exclusive")) {
        closeFile(fd);
        return null;
      }
      // The holder before us may have removed the file after we opened it: then this is a lock on nothing.
      if (!isSameFile(path, fd)) {
        closeFile(fd);
        continue;
      }
      try {
        return new DriverLock(path, fd);
      } catch (error) {
        // No room for its first page: an empty file would only be in the way.
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

  /** From now on the CnC file with this identity, in `aeronDir`, is the holder's. */
  serve(aeronDir: string, identity: string): void {
    shareLockFile(this.#fd, aeronDir);
    writeText(this.#fd, { phase: "serves", identity });
  }

  /** False once another process has removed the file: then the folder may be another driver's by now. */
  get isInPlace(): boolean {
    return this.#fd !== -1 && isSameFile(this.#path, this.#fd);
  }

  /** Removes the file, if it is still ours, and gives the lock back. Idempotent. */
  release(): void {
    if (this.#fd === -1) return;
    // Unlinked while it is still held, so that no process can take a lock on a file that is about to go.
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
