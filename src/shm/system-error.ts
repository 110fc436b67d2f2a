import { SystemError } from "../../ffi/errors.ts";
import { RegionCreateError, type RegionCreateErrorCode } from "./errors.ts";

/** The errno name of a failed system call, ours or node:fs's; "" for anything else. */
export function errnoOf(error: unknown): string {
  if (error instanceof SystemError) return error.errno;
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return "";
}

const CREATE_CODES: Readonly<Record<string, RegionCreateErrorCode>> = {
  EEXIST: "exists",
  ENOSPC: "no-space",
  EDQUOT: "no-space",
  ENOMEM: "no-memory",
  EACCES: "no-access",
  EPERM: "no-access",
  EROFS: "no-access",
  ELOOP: "unsafe-directory",
  ENOTDIR: "unsafe-directory",
  ENAMETOOLONG: "invalid-options",
};

/** A failed system call on the way to a region, told as an error of creation; anything else is passed through. */
export function asCreateError(error: unknown, subject: string): unknown {
  const errno = errnoOf(error);
  if (errno === "" || error instanceof RegionCreateError) return error;
  const message = error instanceof Error ? error.message : errno;
  const code = CREATE_CODES[errno] ?? "failed";
  return new RegionCreateError(code, `${subject}: ${message}`, {
    found: errno,
    retryable: code === "no-space",
    cause: error,
  });
}
