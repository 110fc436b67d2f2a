import type { BigIntStats } from "node:fs";
import { readSystemFile, SYSTEM_FILES, type SystemFiles } from "./system-files.ts";

/** The process that holds a lock, as far as it is visible in this container. */
export interface LockHolder {
  readonly pid: number;
  /** Short name of its program; "" if unknown. */
  readonly command: string;
}

/** The holder of an exclusive flock on the file; null if the kernel does not show it. For messages only. */
export function exclusiveLockHolder(stat: BigIntStats, files: SystemFiles = SYSTEM_FILES): LockHolder | null {
  const wanted = `${device(stat.dev)}:${stat.ino}`;
  for (const line of (readSystemFile(files.locks) ?? "").split("\n")) {
    const match = /^\d+: FLOCK +\S+ +WRITE +(\d+) ([0-9a-f]+:[0-9a-f]+:\d+) /.exec(line);
    if (match === null || match[2] !== wanted) continue;
    const pid = Number(match[1]);
    if (pid <= 0) return null;
    return { pid, command: readSystemFile(`/proc/${pid}/comm`)?.trim() ?? "" };
  }
  return null;
}

/** A device number as /proc/locks prints it: major and minor in hexadecimal, two digits at least. */
export function device(dev: bigint): string {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
  return `${major.toString(16).padStart(2, "0")}:${minor.toString(16).padStart(2, "0")}`;
}
