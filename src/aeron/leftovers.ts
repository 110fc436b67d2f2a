import { lstatSync, readdirSync, rmSync, type Stats } from "node:fs";
import { dirname, join } from "node:path";
import { SystemError } from "../../ffi/errors.ts";
import { closeFile, O, openFile } from "../../ffi/libc.ts";
import { isRangeLocked } from "../../ffi/range-locks.ts";
import { readCncFile } from "./aeron-dir.ts";
import { DriverLock, lockPath } from "./driver-lock.ts";
import { lookForDriver, lookForForeignDriver } from "./driver-watch.ts";
import { foreignNameIn } from "./media-driver.ts";
import { ServiceLocks, serviceLockPath } from "./service-locks.ts";

/** A media driver's folder or a file of locks, and whether it is provably unused. */
export interface AeronLeftover {
  readonly kind: "aeron" | "locks";
  readonly path: string;
  readonly uid: number;
  /** Pid of the media driver, in its own pid namespace. */
  readonly pid: number | null;
  readonly bytes: number;
  readonly ageMs: number;
  readonly state: "removed" | "removable" | "kept";
  readonly why: string;
}

const SERVICE_LOCK_SUFFIX = serviceLockPath("");

export interface AeronLeftoverSearch {
  /** True: only the folder. False: also the Aeron folders next to it. */
  readonly isAlone: boolean;
  readonly isDryRun: boolean;
}

/**
 * Finds the Aeron folder with this name and, on request, those next to it, with their locks. A folder is removed if one of our media
 * drivers created it and its lock is free: neither a pid nor an old heartbeat proves a death. Another user's folder stays.
 */
export function findAeronLeftovers(aeronDir: string, { isAlone, isDryRun }: AeronLeftoverSearch): AeronLeftover[] {
  const parent = dirname(aeronDir);
  const beside = isAlone ? [] : namesIn(parent).map((name) => join(parent, name));
  // The folder may be gone while its lock files remain.
  const folders = [...new Set([aeronDir, ...beside.filter(isAeronFolder)])];
  const services = [...new Set([serviceLockPath(aeronDir), ...beside.filter(isServiceLockFile)])];
  return [
    ...folders.sort().flatMap((folder) => ofFolder(folder, isDryRun) ?? []),
    ...services.sort().flatMap((path) => ofServiceLocks(path, isDryRun) ?? []),
  ];
}

function isServiceLockFile(path: string): boolean {
  return path.endsWith(SERVICE_LOCK_SUFFIX);
}

function isAeronFolder(path: string): boolean {
  const stat = statOf(path);
  return stat?.isDirectory() === true && statOf(join(path, "cnc.dat")) !== null;
}

function ofFolder(folder: string, isDryRun: boolean): AeronLeftover | null {
  const path = statOf(folder) === null ? lockPath(folder) : folder;
  const stat = statOf(path);
  if (stat === null) return null;
  const cnc = readCncFile(folder);
  const changed = statOf(join(folder, "cnc.dat")) ?? stat;
  const row = {
    kind: "aeron",
    path,
    uid: stat.uid,
    pid: cnc?.pid ?? null,
    bytes: bytesBelow(path),
    ageMs: Math.max(0, Date.now() - changed.mtimeMs),
  } as const;
  const reason = reasonToKeep(folder, stat);
  if (reason !== null) return { ...row, state: "kept", why: reason };
  const why = "its media driver is dead: the lock is free";
  if (isDryRun) return { ...row, state: "removable", why };
  return remove(folder)
    ? { ...row, state: "removed", why }
    : { ...row, state: "kept", why: "a media driver is just starting in it" };
}

/** Null for a provably dead folder. */
function reasonToKeep(folder: string, stat: Stats): string | null {
  if (stat.uid !== process.geteuid?.()) return `it belongs to user ${stat.uid}`;
  const look = lookForDriver(folder);
  if (look.state === "alive") return `its media driver lives: process ${look.driver.pid}`;
  if (look.state !== "none") return look.why;
  const lock = DriverLock.state(folder);
  if (lock === "held") return "a media driver is starting or ending in it";
  if (lock === "unknown") return "its lock cannot be looked at";
  if (lock === "absent") return "no lock proves that its media driver is dead: it is none of ours";
  const foreign = foreignNameIn(folder);
  return foreign === null ? null : `it holds ${foreign}, which no media driver makes`;
}

/** Under the lock, so that no media driver starts meanwhile. */
function remove(folder: string): boolean {
  const lock = DriverLock.tryAcquire(folder);
  if (lock === null) return false;
  try {
    if (lookForForeignDriver(folder, lock.predecessor).state !== "none" || foreignNameIn(folder) !== null) return false;
    rmSync(folder, { recursive: true, force: true });
    return true;
  } finally {
    lock.release();
  }
}

function ofServiceLocks(path: string, isDryRun: boolean): AeronLeftover | null {
  const stat = statOf(path);
  if (stat === null || !stat.isFile()) return null;
  const { uid } = stat;
  const ageMs = Math.max(0, Date.now() - stat.mtimeMs);
  const row = { kind: "locks", path, uid, pid: null, bytes: 0, ageMs } as const;
  if (uid !== process.geteuid?.()) return { ...row, state: "kept", why: `it belongs to user ${uid}` };
  if (isUsed(path)) return { ...row, state: "kept", why: "the owner of a stream holds locks in it" };
  if (!isDryRun) ServiceLocks.open(path.slice(0, -SERVICE_LOCK_SUFFIX.length)).close();
  return { ...row, state: isDryRun ? "removable" : "removed", why: "no owner of a stream holds a lock in it" };
}

function isUsed(path: string): boolean {
  let fd: number;
  try {
    fd = openFile(path, O.RDONLY);
  } catch (error) {
    // It has just been removed.
    if (error instanceof SystemError && error.errno === "ENOENT") return false;
    throw error;
  }
  try {
    return isRangeLocked(fd, 0, 0);
  } finally {
    closeFile(fd);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (["ENOENT", "EACCES", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return [];
    throw error;
  }
}

function statOf(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch (error) {
    if (["ENOENT", "EACCES", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return null;
    throw error;
  }
}

function bytesBelow(path: string): number {
  const stat = statOf(path);
  if (stat === null) return 0;
  if (!stat.isDirectory()) return stat.blocks * 512;
  return namesIn(path).reduce((sum, name) => sum + bytesBelow(join(path, name)), 0);
}
