import type { BigIntStats } from "node:fs";
import { device, type LockHolder } from "./lock-holder.ts";
import { readSystemFile, SYSTEM_FILES, type SystemFiles } from "./system-files.ts";

/**
 * The holders of flocks on the file, shared or exclusive (D-19), as far as the kernel shows them to this container; null if it shows none
 * at all. Only reads /proc/locks: trying the lock, even briefly, would make a reader that maps at that moment believe that the file is
 * being removed.
 */
export function lockHoldersOf(stat: BigIntStats, files: SystemFiles = SYSTEM_FILES): readonly LockHolder[] | null {
  const text = readSystemFile(files.locks);
  if (text === null) return null;
  const wanted = `${device(stat.dev)}:${stat.ino}`;
  const pids = new Set<number>();
  for (const line of text.split("\n")) {
    const match = /^\d+: FLOCK +\S+ +(?:READ|WRITE) +(\d+) ([0-9a-f]+:[0-9a-f]+:\d+) /.exec(line);
    if (match !== null && match[2] === wanted && match[1] !== "0") pids.add(Number(match[1]));
  }
  return [...pids].map((pid) => ({ pid, command: commandOf(pid) }));
}

/** Short name of a process's program; "" if the process does not exist or is not visible in this container. */
export function commandOf(pid: number): string {
  return readSystemFile(`/proc/${pid}/comm`)?.trim() ?? "";
}
