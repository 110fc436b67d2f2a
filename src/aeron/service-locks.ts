import { existsSync, unlinkSync } from "node:fs";
import { SystemError } from "../../ffi/errors.ts";
import { closeFile } from "../../ffi/libc.ts";
import { isRangeLocked, shareRange, tryLockRange, unlockRange } from "../../ffi/range-locks.ts";
import { messageOf } from "../core/errors.ts";
import { getLogger } from "../core/logger.ts";
import { isSameFile, LockFileError, openLockFile, openLockFileToLook, shareLockFile, trustedFor } from "./lock-file.ts";
import { holderOfByte } from "./lock-holders.ts";

const log = getLogger("aeron");

/** Held while the file is opened or removed, so that no process locks a file that is about to be removed. */
const GATE = 0;
/** Bytes from here on represent control streams; below, there is a byte per stream id. */
const CONTROL_STREAMS = 2 ** 32;
/** Bytes from here on mark the streams that belong to a standalone producer. */
const STANDALONE_STREAMS = 2 ** 33;
/** Shared by all processes that have the file open, so that it is not removed between its opening and the first lock. */
const PRESENCE = 2 ** 34;
const GATE_ATTEMPTS = 1000;

/** The result of inspecting the locks; `otherwise` if they may not be read. */
export function probeLockOr<T>(otherwise: T, look: () => T): T {
  try {
    return look();
  } catch (error) {
    if (!(error instanceof SystemError || error instanceof LockFileError)) throw error;
    log.debug(`cannot look at the drivers' locks: ${error.message}`);
    return otherwise;
  }
}

/** The kind of a stream's owner: the driver that serves it, or its standalone producer. */
export type OwnerKind = "driver" | "producer";

export interface StreamOwner {
  readonly kind: OwnerKind;
  /** Null if it is not visible here: another user's, or another container's. */
  readonly pid: number | null;
}

/**
 * The services in an Aeron folder (D-02): one byte of `<aeron_dir>.tensorpool.lock` for each control stream and for each stream id, locked
 * by the driver that serves it or by the standalone producer that owns the stream. The kernel releases the locks when their holder dies for
 * any reason.
 */
export class ServiceLocks {
  readonly path: string;
  #fd: number;

  private constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
  }

  /** Opens the file and creates it if it is missing. @throws LockFileError, SystemError */
  static open(aeronDir: string): ServiceLocks {
    const path = serviceLockPath(aeronDir);
    for (;;) {
      const fd = openLockFile(path, trustedFor(aeronDir));
      try {
        shareLockFile(fd, aeronDir);
        enterGate(fd);
        // The last process to close it may have removed it after we opened it: the lock is then on an unlinked file.
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

  /** True while a live driver serves this control stream; takes no lock. @throws LockFileError, SystemError */
  static isServed(aeronDir: string, controlStreamId: number): boolean {
    return ServiceLocks.#isLocked(aeronDir, CONTROL_STREAMS + controlStreamId);
  }

  /** The live process that owns this stream; null if there is none. Takes no lock. @throws LockFileError, SystemError */
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

  /** False if a live driver serves this control stream. @throws SystemError */
  tryControlStream(controlStreamId: number): boolean {
    return tryLockRange(this.#fd, CONTROL_STREAMS + controlStreamId, 1);
  }

  /** False if a live process owns this stream. @throws SystemError */
  tryStream(streamId: number, owner: OwnerKind): boolean {
    if (!tryLockRange(this.#fd, streamId, 1)) return false;
    if (owner === "producer") tryLockRange(this.#fd, STANDALONE_STREAMS + streamId, 1);
    return true;
  }

  releaseStream(streamId: number): void {
    unlockRange(this.#fd, streamId, 1);
  }

  /** Removes the leftover file of dead holders if no live process has it open. @throws SystemError */
  static removeUnused(aeronDir: string): void {
    if (existsSync(serviceLockPath(aeronDir))) ServiceLocks.open(aeronDir).close();
  }

  /** Releases all locks, and removes the file if no other process holds any. Idempotent. */
  close(): void {
    if (this.#fd === -1) return;
    const fd = this.#fd;
    this.#fd = -1;
    // The locks end with the descriptor; if all of them are ours, removing the name loses no other process's lock.
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

/** The path of the lock file for the services in an Aeron folder. */
export function serviceLockPath(aeronDir: string): string {
  return `${aeronDir.replace(/\/+$/, "")}.tensorpool.lock`;
}

/** Other processes hold the gate for microseconds. */
function enterGate(fd: number): void {
  for (let attempt = 0; !tryLockRange(fd, GATE, 1); attempt++) {
    if (attempt === GATE_ATTEMPTS) throw new Error("the lock file of the drivers is held open at its gate");
    Bun.sleepSync(1);
  }
}
