import { lstatSync, type Stats } from "node:fs";
import { dirname } from "node:path";
import { errnoOf, writeProblem } from "../core/system-errors.ts";
import { currentUid, describeUser } from "../core/users.ts";
import { RegionCreateError, type RegionCreateErrorCode } from "./errors.ts";

const CREATE_CODES: Readonly<Record<string, RegionCreateErrorCode>> = {
  EEXIST: "exists",
  ENOSPC: "no-space",
  EDQUOT: "no-space",
  ENOMEM: "no-memory",
  EMFILE: "no-descriptors",
  ENFILE: "no-descriptors",
  EACCES: "no-access",
  EPERM: "no-access",
  EROFS: "no-access",
  ELOOP: "unsafe-directory",
  ENOTDIR: "unsafe-directory",
  ENAMETOOLONG: "invalid-options",
};

/** Names the owner of the folder or file that denies this user access to `path`; null if that cannot be determined. */
function closedFolder(path: string): string | null {
  if (!path.startsWith("/")) return null;
  let closed: { path: string; stat: Stats } | null = null;
  for (let at = path; ; at = dirname(at)) {
    try {
      closed = { path: at, stat: lstatSync(at) };
      break;
    } catch {
      // Nothing below a closed folder can be inspected: the nearest accessible path is that folder, or the one that must be written.
      if (at === dirname(at)) return null;
    }
  }
  const { uid, mode } = closed.stat;
  return (
    `${describeUser(currentUid())} may not use ${closed.path}, which belongs to ${describeUser(uid)} (mode ${(mode & 0o7777).toString(8)}): ` +
    "choose another folder for regions, or share it with a group"
  );
}

/** Causes and next steps. */
const CAUSES: Readonly<Record<string, string>> = {
  EROFS: "its file system is read-only: choose another folder for regions",
  ENOTDIR: "a file is where a directory has to be: choose another folder for regions, or remove the file",
  ELOOP: "a link is where a directory has to be: choose another folder for regions, or remove the link",
  ENOSPC: "its file system is full: ask for fewer or smaller slots, or make room (`tensorpool doctor`)",
  EDQUOT: "this user's quota is used up: ask for fewer or smaller slots, or make room",
  EIO: "its device fails: look at the kernel's messages (dmesg), or choose another folder for regions",
};

/** Errors after which another folder for regions may work. */
const OF_THE_FOLDER: ReadonlySet<string> = new Set(["EROFS", "ENOTDIR", "ELOOP", "EIO"]);

/** Converts a failed system call on the way to a region into a creation error; anything else is passed through. */
export function asCreateError(error: unknown, subject: string): unknown {
  const errno = errnoOf(error);
  if (errno === "" || error instanceof RegionCreateError) return error;
  const call = error instanceof Error ? error.message : errno;
  const message = `${CAUSES[errno] ?? writeProblem(errno)} (${call})`;
  const code = CREATE_CODES[errno] ?? "failed";
  const owner = errno === "EACCES" || errno === "EPERM" ? closedFolder(subject) : null;
  return new RegionCreateError(code, `${subject}: ${owner ?? message}`, {
    found: errno,
    options: owner !== null ? ["shmDir", "share"] : OF_THE_FOLDER.has(errno) ? ["shmDir"] : [],
    retryable: code === "no-space" || code === "no-descriptors" || errno === "EIO",
    cause: error,
  });
}
