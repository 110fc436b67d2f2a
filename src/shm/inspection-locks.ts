import type { BigIntStats } from "node:fs";
import { device, type LockHolder } from "./lock-holder.ts";
import { readSystemFile, SYSTEM_FILES, type SystemFiles } from "./system-files.ts";

/**
 * Who holds a flock on the file, shared or exclusive (D-19), as far as the kernel shows it to this container; null where it
 * shows nothing at all. Only reads /proc/locks: trying the lock, even for a moment, would make a reader that maps just then
 * believe that the file is being removed.
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

/** Short name of a process's program; "" when there is no such process, or none that this container sees. */
export function commandOf(pid: number): string {
  return readSystemFile(`/proc/${pid}/comm`)?.trim() ?? "";
}
