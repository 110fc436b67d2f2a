import { fstatSync, ftruncateSync, readSync, statSync, unlinkSync, writeSync } from "node:fs";
import { SystemError } from "../../ffi/errors.ts";
import { closeFile, O, openFile, tryLock, unlock } from "../../ffi/libc.ts";

/** Everybody who may use the folder may look at the lock. */
const LOCK_MODE = 0o666;

/** What the holder of a lock says in the file, for as long as it lives and after: which CnC file is its own. */
interface LockText {
  /** "starting": the CnC file is its predecessor's. "serves": its own. */
  readonly phase: "starting" | "serves";
  /** Device and inode of the CnC file; empty where there never was one. */
  readonly identity: string;
}

/** What a lock says about a media driver, asked from outside. */
export interface LockFinding {
  /** "held" by a living process, "free" after its holder died, "absent" when no driver of ours was ever here. */
  readonly state: "held" | "free" | "absent";
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

  static state(aeronDir: string): LockFinding["state"] {
    return DriverLock.look(aeronDir).state;
  }

  /** @throws SystemError where the lock may not be looked at */
  static look(aeronDir: string): LockFinding {
    let fd: number;
    try {
      fd = openFile(lockPath(aeronDir), O.RDONLY);
    } catch (error) {
      if (error instanceof SystemError && error.errno === "ENOENT") return { state: "absent", ...NOTHING };
      throw error;
    }
    try {
      const state = tryLock(fd, "shared") ? "free" : "held";
      if (state === "free") unlock(fd);
      return { state, ...readText(fd) };
    } finally {
      closeFile(fd);
    }
  }

  /** From now on the CnC file with this identity is the holder's. */
  serve(identity: string): void {
    writeText(this.#fd, { phase: "serves", identity });
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

function isSameFile(path: string, fd: number): boolean {
  const opened = fstatSync(fd, { bigint: true });
  const named = statSync(path, { bigint: true, throwIfNoEntry: false });
  return named !== undefined && named.ino === opened.ino && named.dev === opened.dev;
}
