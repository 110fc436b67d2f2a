import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { aeronDriver } from "../../ffi/aeron-driver.ts";
import { AeronError } from "../../ffi/errors.ts";
import type { Agent } from "../core/agent.ts";
import { messageOf, TensorPoolError } from "../core/errors.ts";
import { openToAllFault, ownerFault } from "../core/folder-owner.ts";
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
 * Why a media driver could not be started. "no-access": the folder belongs to another user, or its state is unknown. "no-space": its files
 * do not fit. "failed": a system call failed in another way.
 */
export class MediaDriverError extends TensorPoolError<
  "already-running" | "foreign-driver" | "not-aeron" | "no-access" | "no-space" | "failed"
> {}

/** Bytes that a driver with these buffers creates at start, cnc.dat and the loss report; slightly above the measured size. */
const START_BYTES = 12 * 1024 * 1024;

/** How often a driver checks that its folder still exists. */
const FOLDER_CHECK_PERIOD_NS = 500e6;

/**
 * The C media driver of libaeron inside this process. As an agent it runs the driver in invoker mode; otherwise native threads run it. It
 * holds the folder's `DriverLock` while it runs, and removes the folder and the lock on close. If its folder is removed, it serves in a new
 * one under the same path.
 */
export class MediaDriver implements Agent {
  readonly roleName = "media-driver";
  readonly aeronDir: string;
  readonly threading: ThreadingMode;
  readonly #options: MediaDriverOptions;
  readonly #folderCheck = new PeriodicTimer(FOLDER_CHECK_PERIOD_NS);
  /** Null if the folder was removed and no other could be created. */
  #served: ServedFolder | null;
  #isOpen = true;

  private constructor(options: MediaDriverOptions, served: ServedFolder) {
    this.aeronDir = options.aeronDir;
    this.threading = options.threading;
    this.#options = options;
    this.#served = served;
  }

  /** Starts a driver in `aeronDir`, replacing a dead one's leftovers. @throws MediaDriverError, AeronError, SystemError */
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
    // Leftovers of killed owners next to the folder are removed with it.
    probeLockOr(undefined, () => ServiceLocks.removeUnused(this.aeronDir));
  }

  /** Serves in a new folder if its own was removed or moved: clients find a folder by its path, and no other driver serves it then. */
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

/** The resources of a driver while it serves a folder. */
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

/** Stops serving; another driver's folder at this path stays. */
function leave(aeronDir: string, served: ServedFolder): void {
  const { lock, native } = served;
  const isOurs = lock.isInPlace && isInPlace(aeronDir, served);
  // Removed first, so that no client connects to a driver that is about to stop: it would wait ten seconds for it.
  if (isOurs) rmSync(join(aeronDir, "cnc.dat"), { force: true });
  closeNative(native);
  if (isOurs) rmSync(aeronDir, { recursive: true, force: true });
  lock.release();
}

/** False once the folder's CnC file is known to be another driver's. */
function isInPlace(aeronDir: string, { identity }: ServedFolder): boolean {
  try {
    return cncIdentity(aeronDir) === identity;
  } catch (error) {
    return !["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");
  }
}

/** The files and folders that a media driver creates in its folder. */
const AERON_NAMES = new Set(["cnc.dat", "loss-report.dat", "images", "publications"]);

/** A name in the folder that no media driver creates; null if there is none. */
export function foreignNameIn(aeronDir: string): string | null {
  const names = existsSync(aeronDir) ? readdirSync(aeronDir) : [];
  return names.find((name) => !AERON_NAMES.has(name)) ?? null;
}

/** Nothing is replaced unless its driver is known to be dead. @throws MediaDriverError */
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
 * The driver reserves all its files at start. The space is checked first, because a memory cgroup does not refuse an excess: the kernel
 * kills. @throws MediaDriverError "no-space"
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
  const fault = ownerFault(parent, stat, "media driver's files", isShared ? stat.gid : null);
  if (fault === null) return;
  throw new MediaDriverError("no-access", `${fault.why}: name another Aeron folder, or ${fault.remedy}`, {
    expected: `a folder of user ${currentUid()} or 0`,
    found: `user ${stat.uid}`,
    options: ["aeronDir"],
  });
}

/** Removes a dead driver's leftovers and nothing else: a folder named by mistake stays unchanged. @throws MediaDriverError */
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
  // Other processes briefly take the lock to inspect it (DriverLock.state); this must not look like a live driver.
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

/** Converts a failed system call of a media driver into an error with its cause and the next step; anything else is passed through. */
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
