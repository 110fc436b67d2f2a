import { existsSync, unlinkSync } from "node:fs";
import { SystemError } from "../../ffi/errors.ts";
import { closeFile } from "../../ffi/libc.ts";
import { isRangeLocked, shareRange, tryLockRange, unlockRange } from "../../ffi/range-locks.ts";
import { messageOf } from "../core/errors.ts";
import { getLogger } from "../core/logger.ts";
import { isSameFile, LockFileError, openLockFile, openLockFileToLook, shareLockFile, trustedFor } from "./lock-file.ts";
import { holderOfByte } from "./lock-holders.ts";

const log = getLogger("aeron");

/** Held while the file is opened or removed, so that no process takes locks on a file that is about to go. */
const GATE = 0;
/** Bytes from here on stand for control streams; below, a byte for each stream id. */
const CONTROL_STREAMS = 2 ** 32;
/** Bytes from here on say which of the streams are a standalone producer's. */
const STANDALONE_STREAMS = 2 ** 33;
/** Shared by all who have the file open, so that it is not removed between its opening and the first lock. */
const PRESENCE = 2 ** 34;
const GATE_ATTEMPTS = 1000;

/** What a look at the locks finds; `otherwise` where they are not ours to read. */
export function probeLockOr<T>(otherwise: T, look: () => T): T {
  try {
    return look();
  } catch (error) {
    if (!(error instanceof SystemError || error instanceof LockFileError)) throw error;
    log.debug(`cannot look at the drivers' locks: ${error.message}`);
    return otherwise;
  }
}

/** Owns a stream: the driver that serves it, or its standalone producer. */
export type OwnerKind = "driver" | "producer";

export interface StreamOwner {
  readonly kind: OwnerKind;
  /** Null where it cannot be seen from here: another user's, or another container's. */
  readonly pid: number | null;
}

/**
 * Who serves what in an Aeron folder (D-02): one byte of `<aeron_dir>.tensorpool.lock` for each control stream and for each stream
 * id, locked by the driver that serves it, or by a standalone producer that owns the stream. The kernel gives the locks back when
 * their holder dies, whatever killed it.
 */
export class ServiceLocks {
  readonly path: string;
  #fd: number;

  private constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
  }

  /** Opens the file, and makes it where it is missing. @throws LockFileError, SystemError */
  static open(aeronDir: string): ServiceLocks {
    const path = serviceLockPath(aeronDir);
    for (;;) {
      const fd = openLockFile(path, trustedFor(aeronDir));
      try {
        shareLockFile(fd, aeronDir);
        enterGate(fd);
        // The process that closed it last may have removed it after we opened it: then this is a lock on nothing.
        if (isSameFile(path, fd)) {
          shareRange(fd, PRESENCE, 1);
          unlockRange(fd, GATE, 1);
          return new ServiceLocks(path, fd);
        }
      } catch (error) {
        closeFile(fd);
        throw error;
      }
      closeFile(fd);
    }
  }

  /** True while a living driver serves this control stream; takes no lock. @throws LockFileError, SystemError */
  static isServed(aeronDir: string, controlStreamId: number): boolean {
    return ServiceLocks.#isLocked(aeronDir, CONTROL_STREAMS + controlStreamId);
  }

  /** The living process that owns this stream; null for none. Takes no lock. @throws LockFileError, SystemError */
  static ownerOf(aeronDir: string, streamId: number): StreamOwner | null {
    if (!ServiceLocks.#isLocked(aeronDir, streamId)) return null;
    const isProducers = ServiceLocks.#isLocked(aeronDir, STANDALONE_STREAMS + streamId);
    return { kind: isProducers ? "producer" : "driver", pid: holderOfByte(serviceLockPath(aeronDir), streamId) };
  }

  static #isLocked(aeronDir: string, at: number): boolean {
    const fd = openLockFileToLook(serviceLockPath(aeronDir), trustedFor(aeronDir));
    if (fd === null) return false;
    try {
      return isRangeLocked(fd, at, 1);
    } finally {
      closeFile(fd);
    }
  }

  /** False when a living driver serves this control stream. @throws SystemError */
  tryControlStream(controlStreamId: number): boolean {
    return tryLockRange(this.#fd, CONTROL_STREAMS + controlStreamId, 1);
  }

  /** False when a living process owns this stream. @throws SystemError */
  tryStream(streamId: number, owner: OwnerKind): boolean {
    if (!tryLockRange(this.#fd, streamId, 1)) return false;
    if (owner === "producer") tryLockRange(this.#fd, STANDALONE_STREAMS + streamId, 1);
    return true;
  }

  releaseStream(streamId: number): void {
    unlockRange(this.#fd, streamId, 1);
  }

  /** Removes the file that dead holders have left, when no living one has it open. @throws SystemError */
  static removeUnused(aeronDir: string): void {
    if (existsSync(serviceLockPath(aeronDir))) ServiceLocks.open(aeronDir).close();
  }

  /** Gives all locks back, and removes the file when no other process holds any. Idempotent. */
  close(): void {
    if (this.#fd === -1) return;
    const fd = this.#fd;
    this.#fd = -1;
    // The locks end with the descriptor; while everything is ours, no other process's lock is lost with the name.
    try {
      if (tryLockRange(fd, GATE, 0) && isSameFile(this.path, fd)) unlinkSync(this.path);
    } catch (error) {
      // Another user's file: its owner, or `tensorpool gc`, removes it.
      log.debug(`${this.path} stays: ${messageOf(error)}`);
    } finally {
      closeFile(fd);
    }
  }
}

/** The file that says who serves what in an Aeron folder. */
export function serviceLockPath(aeronDir: string): string {
  return `${aeronDir.replace(/\/+$/, "")}.tensorpool.lock`;
}

/** Others hold the gate for microseconds. */
function enterGate(fd: number): void {
  for (let attempt = 0; !tryLockRange(fd, GATE, 1); attempt++) {
    if (attempt === GATE_ATTEMPTS) throw new Error("the lock file of the drivers is held open at its gate");
    Bun.sleepSync(1);
  }
}
