import { fstatSync, lstatSync, type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import { SystemError } from "../../ffi/errors.ts";
import { closeFile, O, openFile, setGroup, setMode } from "../../ffi/libc.ts";
import { TensorPoolError } from "../core/errors.ts";
import { writeProblem } from "../core/system-errors.ts";
import { currentUid, describeUser } from "../core/users.ts";

/**
 * Why a lock file cannot be used. "not-ours": another user created it; "not-a-file": the path is a link, a FIFO or another special file;
 * "no-access": it may not be opened; "unavailable": it cannot be opened now, for lack of descriptors, memory or space.
 */
export class LockFileError extends TensorPoolError<"not-ours" | "not-a-file" | "no-access" | "unavailable"> {}

/** A lock file is accessible only to its owner until `shareLockFile` gives it to the group of the media driver's folder. */
const OWNER_ONLY = 0o600;
const GROUP_READS_AND_WRITES = 0o060;
const OPEN_SAFELY = O.NOFOLLOW | O.NONBLOCK;
/** System errors after which the same call may succeed later. */
export const SHORTAGES: ReadonlySet<string> = new Set([
  "EMFILE",
  "ENFILE",
  "ENOMEM",
  "ENOSPC",
  "EDQUOT",
  "EIO",
  "EINTR",
]);
const MAX_ATTEMPTS = 100;

/**
 * Opens the lock file at `path` for locking; creates it, readable and writable only for this user, if it is missing. Follows no link and
 * does not block. @throws LockFileError
 */
export function openLockFile(path: string, isTrusted: (uid: number) => boolean = isOurs): number {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const fd = openExisting(path, O.RDWR) ?? create(path);
    if (fd !== null) return checked(path, fd, isTrusted);
  }
  throw new LockFileError("unavailable", `${path}: the lock file was made and removed ${MAX_ATTEMPTS} times meanwhile`);
}

/** Opens the lock file at `path` for inspection; null if there is none. Follows no link and does not block. @throws LockFileError */
export function openLockFileToLook(path: string, isTrusted: (uid: number) => boolean): number | null {
  const fd = openExisting(path, O.RDONLY);
  return fd === null ? null : checked(path, fd, isTrusted);
}

/**
 * Gives the group of the media driver's folder access to the lock file, if the group may use the folder: clients of the driver may inspect
 * its locks. Other users never get access, because a user that can open a file can lock it.
 */
export function shareLockFile(fd: number, aeronDir: string): void {
  const folder = statSync(aeronDir, { throwIfNoEntry: false });
  if (folder === undefined || fstatSync(fd).uid !== currentUid()) return;
  // Root could give the file to any group: only a folder owned by root determines which.
  if (currentUid() === 0 && folder.uid !== 0) return;
  if ((folder.mode & GROUP_READS_AND_WRITES) !== GROUP_READS_AND_WRITES) return;
  try {
    if (fstatSync(fd).gid !== folder.gid) setGroup(fd, folder.gid);
  } catch (error) {
    // A group that this user is not in: the file stays with the user.
    if (error instanceof SystemError && error.errno === "EPERM") return;
    throw error;
  }
  setMode(fd, OWNER_ONLY | GROUP_READS_AND_WRITES);
}

/** Users whose lock files are trusted for the media driver in `aeronDir`: this one, root, and the owner of that folder. */
export function trustedFor(aeronDir: string): (uid: number) => boolean {
  return (uid) => isOurs(uid) || uid === 0 || uid === statOf(aeronDir)?.uid;
}

/** True while the name `path` still refers to the opened file. */
export function isSameFile(path: string, fd: number): boolean {
  const opened = fstatSync(fd, { bigint: true });
  const named = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return named !== undefined && named.ino === opened.ino && named.dev === opened.dev;
}

function isOurs(uid: number): boolean {
  return uid === currentUid();
}

function openExisting(path: string, access: number): number | null {
  try {
    return openFile(path, access | OPEN_SAFELY);
  } catch (error) {
    if (error instanceof SystemError && error.errno === "ENOENT") return null;
    throw described(path, error);
  }
}

/** Null if another process was faster. */
function create(path: string): number | null {
  let fd: number;
  try {
    fd = openFile(path, O.RDWR | O.CREAT | O.EXCL | OPEN_SAFELY, OWNER_ONLY);
  } catch (error) {
    if (error instanceof SystemError && error.errno === "EEXIST") return null;
    throw described(path, error);
  }
  // Whatever the umask removed or left.
  setMode(fd, OWNER_ONLY);
  return fd;
}

function checked(path: string, fd: number, isTrusted: (uid: number) => boolean): number {
  const stat = fstatSync(fd);
  if (stat.isFile() && isTrusted(stat.uid)) return fd;
  closeFile(fd);
  if (!stat.isFile()) throw notAFile(path, stat.uid);
  throw new LockFileError(
    "not-ours",
    `${path}: this lock file belongs to ${describeUser(stat.uid)}, not to ${describeUser(currentUid())}: ` +
      "have its owner remove it, or name another Aeron folder",
    { expected: `${currentUid()}`, found: `${stat.uid}`, options: ["aeronDir"] },
  );
}

function notAFile(path: string, uid: number): LockFileError {
  return new LockFileError(
    "not-a-file",
    `${path}: a link or special file, made by ${describeUser(uid)}, stands where the lock file belongs: ` +
      "have it removed, or name another Aeron folder",
    { expected: "a regular file", options: ["aeronDir"] },
  );
}

function described(path: string, error: unknown): unknown {
  if (!(error instanceof SystemError)) return error;
  const { errno } = error;
  const uid = lstatOf(path)?.uid;
  if (uid !== undefined && (errno === "ELOOP" || errno === "ENXIO" || errno === "EISDIR")) return notAFile(path, uid);
  if (SHORTAGES.has(errno)) {
    return new LockFileError("unavailable", `${path}: the lock file cannot be opened now: ${writeProblem(errno)}`, {
      retryable: true,
      cause: error,
    });
  }
  const folderUid = statOf(dirname(path))?.uid;
  const whose =
    uid !== undefined
      ? `it belongs to ${describeUser(uid)}`
      : folderUid === undefined
        ? errno
        : `its folder ${dirname(path)} belongs to ${describeUser(folderUid)}`;
  return new LockFileError(
    "no-access",
    `${path}: ${describeUser(currentUid())} may not use this lock file (${errno}): ${whose}; ` +
      "run as that user, or name another Aeron folder",
    { found: errno, options: ["aeronDir"], cause: error },
  );
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // Not accessible: its owner is unknown.
    return undefined;
  }
}

function lstatOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
