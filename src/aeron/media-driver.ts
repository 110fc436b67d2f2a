import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { aeronDriver } from "../../ffi/aeron-driver.ts";
import { AeronError } from "../../ffi/errors.ts";
import type { Agent } from "../core/agent.ts";
import { messageOf, TensorPoolError } from "../core/errors.ts";
import { folderFault, openToAllFault } from "../core/folder-owner.ts";
import { getLogger } from "../core/logger.ts";
import { errnoOf, writeProblem } from "../core/system-errors.ts";
import { PeriodicTimer } from "../core/timers.ts";
import { currentUid, describeUser } from "../core/users.ts";
import { requireSpaceIn } from "../shm/index.ts";
import { cncIdentity, fileInPlaceOf } from "./aeron-dir.ts";
import { DriverLock } from "./driver-lock.ts";
import { lookForForeignDriver } from "./driver-watch.ts";
import { LockFileError, SHORTAGES } from "./lock-file.ts";
import {
  closeNative,
  type MediaDriverOptions,
  type NativeDriver,
  startNative,
  type ThreadingMode,
} from "./native-media-driver.ts";
import { probeLockOr, ServiceLocks } from "./service-locks.ts";

const log = getLogger("aeron");
const waitingLog = log.reminder(10e9);

/**
 * Why a media driver could not be started. "no-access": the folder is another user's, or its state cannot be known. "no-space": its
 * files do not fit. "failed": a system call failed in another way.
 */
export class MediaDriverError extends TensorPoolError<
  "already-running" | "foreign-driver" | "not-aeron" | "no-access" | "no-space" | "failed"
> {}

/** What a driver with these buffers makes at its start, cnc.dat and the loss report; a little more than measured. */
const START_BYTES = 12 * 1024 * 1024;

/** How often a driver looks whether its folder is still there. */
const FOLDER_CHECK_PERIOD_NS = 500e6;

/**
 * The C media driver of libaeron inside this process. As an agent it does the driver's work in invoker mode; otherwise native
 * threads do it. It holds the folder's `DriverLock` while it lives, and removes the folder and the lock when it closes. Where its
 * folder is taken away, it serves in a new one under the same path.
 */
export class MediaDriver implements Agent {
  readonly roleName = "media-driver";
  readonly aeronDir: string;
  readonly threading: ThreadingMode;
  readonly #options: MediaDriverOptions;
  readonly #folderCheck = new PeriodicTimer(FOLDER_CHECK_PERIOD_NS);
  /** Null while the folder was taken away and no other could be made. */
  #served: ServedFolder | null;
  #isOpen = true;

  private constructor(options: MediaDriverOptions, served: ServedFolder) {
    this.aeronDir = options.aeronDir;
    this.threading = options.threading;
    this.#options = options;
    this.#served = served;
  }

  /** Starts a driver in `aeronDir`, over what a dead one left there. @throws MediaDriverError, AeronError, SystemError */
  static start(options: MediaDriverOptions): MediaDriver {
    return new MediaDriver(options, serve(options));
  }

  doWork(nowNs: number): number {
    if (!this.#isOpen) return 0;
    if (this.#folderCheck.isDue(nowNs)) this.#keepFolder();
    if (this.threading !== "invoker" || this.#served === null) return 0;
    const work = aeronDriver.aeron_driver_main_do_work(this.#served.native.driver);
    return work > 0 ? work : 0;
  }

  onClose(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (this.#served !== null) leave(this.aeronDir, this.#served);
    this.#served = null;
    // What owners that were killed have left beside the folder goes with it.
    probeLockOr(undefined, () => ServiceLocks.removeUnused(this.aeronDir));
  }

  /** Serves again where the folder was removed or moved: clients find a folder by its path, and no other driver serves it then. */
  #keepFolder(): void {
    const served = this.#served;
    if (served !== null && isInPlace(this.aeronDir, served)) return;
    if (served !== null) {
      log.warn(`the media driver's folder ${this.aeronDir} was removed, moved or replaced: serving in a new one`);
      leave(this.aeronDir, served);
      this.#served = null;
    }
    try {
      this.#served = serve(this.#options);
      log.info(`the media driver serves ${this.aeronDir} again`);
    } catch (error) {
      if (!(error instanceof MediaDriverError || error instanceof AeronError)) throw error;
      waitingLog.warn(`the media driver cannot serve ${this.aeronDir} again: ${messageOf(error)}; trying again`);
    }
  }
}

/** What a driver holds while it serves a folder. */
interface ServedFolder {
  readonly lock: DriverLock;
  readonly native: NativeDriver;
  /** Device and inode of its CnC file. */
  readonly identity: string;
}

/** @throws MediaDriverError, AeronError */
function serve(options: MediaDriverOptions): ServedFolder {
  try {
    return serveOrThrow(options);
  } catch (error) {
    throw asMediaDriverError(options.aeronDir, error);
  }
}

function serveOrThrow(options: MediaDriverOptions): ServedFolder {
  const { aeronDir } = options;
  const file = fileInPlaceOf(aeronDir);
  if (file !== null) throw notAeron(aeronDir, `the file ${file}`);
  requireSafeParent(aeronDir);
  const lock = acquireLock(aeronDir);
  let native: NativeDriver | null = null;
  let isFolderOurs = false;
  try {
    requireNoDriver(aeronDir, lock.predecessor);
    removeLeftovers(aeronDir);
    isFolderOurs = true;
    requireRoom(aeronDir);
    native = startNative(options);
    const identity = cncIdentity(aeronDir);
    lock.serve(aeronDir, identity);
    return { lock, native, identity };
  } catch (error) {
    if (native !== null) closeNative(native);
    if (isFolderOurs) rmSync(aeronDir, { recursive: true, force: true });
    lock.release();
    throw error;
  }
}

/** Ends serving; what another driver has put in the folder's place stays. */
function leave(aeronDir: string, served: ServedFolder): void {
  const { lock, native } = served;
  const isOurs = lock.isInPlace && isInPlace(aeronDir, served);
  // Gone first, so that no client connects to a driver that is about to end: that would wait for it, for ten seconds.
  if (isOurs) rmSync(join(aeronDir, "cnc.dat"), { force: true });
  closeNative(native);
  if (isOurs) rmSync(aeronDir, { recursive: true, force: true });
  lock.release();
}

/** False once it is known that the folder's CnC file is not this driver's. */
function isInPlace(aeronDir: string, { identity }: ServedFolder): boolean {
  try {
    return cncIdentity(aeronDir) === identity;
  } catch (error) {
    return !["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");
  }
}

/** What a media driver makes in its folder. */
const AERON_NAMES = new Set(["cnc.dat", "loss-report.dat", "images", "publications"]);

/** What is in the folder beside what a media driver makes; null when there is nothing else. */
export function foreignNameIn(aeronDir: string): string | null {
  const names = existsSync(aeronDir) ? readdirSync(aeronDir) : [];
  return names.find((name) => !AERON_NAMES.has(name)) ?? null;
}

/** Nothing is replaced of which it is not known that its driver is dead. @throws MediaDriverError */
function requireNoDriver(aeronDir: string, predecessor: string): void {
  const look = lookForForeignDriver(aeronDir, predecessor);
  if (look.state === "none") return;
  if (look.state !== "alive") {
    const code = look.state === "incompatible" ? "foreign-driver" : "no-access";
    throw new MediaDriverError(code, look.why, { retryable: look.state === "unknown", options: ["aeronDir"] });
  }
  throw new MediaDriverError(
    "foreign-driver",
    `a media driver (pid ${look.driver.pid}) already serves ${aeronDir}: use it as an external one, or name another folder`,
    { options: ["mediaDriver", "aeronDir"] },
  );
}

/**
 * All that the driver makes at its start is reserved then. Checked before, because a memory cgroup does not refuse what goes
 * beyond its limit: the kernel kills. @throws MediaDriverError "no-space"
 */
function requireRoom(aeronDir: string): void {
  try {
    requireSpaceIn(dirname(aeronDir), START_BYTES);
  } catch (error) {
    throw new MediaDriverError(
      "no-space",
      `no media driver started in ${aeronDir}: ${messageOf(error)}; free or enlarge it (\`tensorpool gc\`, \`tensorpool doctor\`), ` +
        "or name another folder",
      { retryable: true, options: ["aeronDir"], cause: error },
    );
  }
}

/**
 * The Aeron folder is not made in a folder of another user, who could put another in its place. One that all users may change is no fault:
 * the volume of a Kubernetes pod is. @throws MediaDriverError "no-access"
 */
function requireSafeParent(aeronDir: string): void {
  const parent = dirname(aeronDir);
  mkdirSync(parent, { recursive: true });
  const stat = statSync(parent);
  const isShared = currentUid() !== 0 && process.getgroups?.().includes(stat.gid) === true;
  const openToAll = openToAllFault(parent, stat, "media driver's files");
  if (openToAll !== null) log.warn(`${openToAll.why}: safe only where all of them are trusted, as in a pod`);
  const whose = { uid: stat.uid, gid: stat.gid, mode: openToAll === null ? stat.mode : 0 };
  const fault = folderFault(parent, whose, "media driver's files", isShared ? stat.gid : null);
  if (fault === null) return;
  throw new MediaDriverError("no-access", `${fault.why}: name another Aeron folder, or ${fault.remedy}`, {
    expected: `a folder of user ${currentUid()} or 0`,
    found: `user ${stat.uid}`,
    options: ["aeronDir"],
  });
}

/** Removes what a dead driver left, and nothing else: a folder that was named by mistake stays as it is. @throws MediaDriverError */
function removeLeftovers(aeronDir: string): void {
  const owner = statSync(aeronDir, { throwIfNoEntry: false })?.uid ?? currentUid();
  if (owner !== currentUid()) {
    throw new MediaDriverError(
      "no-access",
      `${aeronDir} belongs to ${describeUser(owner)}, not to ${describeUser(currentUid())}: have its owner remove it, or name ` +
        "another folder",
      { expected: `${currentUid()}`, found: `${owner}`, options: ["aeronDir"] },
    );
  }
  const foreign = foreignNameIn(aeronDir);
  if (foreign !== null) throw notAeron(aeronDir, `one that holds ${foreign}`);
  rmSync(aeronDir, { recursive: true, force: true });
}

function notAeron(aeronDir: string, found: string): MediaDriverError {
  const expected = "an Aeron folder, an empty one or none";
  return new MediaDriverError("not-aeron", `${aeronDir}: expected ${expected}, found ${found}`, { expected, found });
}

function acquireLock(aeronDir: string): DriverLock {
  // Others look at the lock for a moment now and then (DriverLock.state), which must not look like a living driver.
  const ATTEMPTS = 20;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const lock = DriverLock.tryAcquire(aeronDir);
    if (lock !== null) return lock;
    Bun.sleepSync(1);
  }
  throw new MediaDriverError(
    "already-running",
    `a media driver already serves ${aeronDir} (its lock is held): use it, or name another folder`,
    { retryable: true, options: ["mediaDriver", "aeronDir"] },
  );
}

/** A failed system call on the way to a media driver, with its cause and the next step; anything else is passed through. */
function asMediaDriverError(aeronDir: string, error: unknown): unknown {
  if (error instanceof MediaDriverError) return error;
  if (error instanceof LockFileError) {
    const { retryable, options } = error;
    return new MediaDriverError(retryable ? "no-space" : "no-access", error.message, {
      retryable,
      options,
      cause: error,
    });
  }
  const errno = errnoOf(error);
  if (errno === "") return error;
  if (errno === "ENOSPC") {
    return new MediaDriverError(
      "no-space",
      `no media driver started in ${aeronDir}: ${dirname(aeronDir)} is full; free or enlarge it (\`tensorpool gc\`, ` +
        "`tensorpool doctor`), or name another folder",
      { retryable: true, options: ["aeronDir"], cause: error },
    );
  }
  const text = `no media driver started in ${aeronDir}: ${writeProblem(errno)}, or name another folder`;
  return new MediaDriverError("failed", text, {
    found: errno,
    retryable: SHORTAGES.has(errno),
    options: ["aeronDir"],
    cause: error,
  });
}
