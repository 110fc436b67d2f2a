import { readFileSync } from "node:fs";

/** Clock ticks per second in /proc/PID/stat; the same on every current Linux. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;
/** Indices of utime and stime in /proc/PID/stat, counted after the name in parentheses. */
const STAT = { utime: 11, stime: 12 } as const;
const STATM_RESIDENT = 1;
const STATM_SHARED = 2;

/** CPU time that a process has used so far, in seconds. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[STAT.utime]) + Number(fields[STAT.stime])) / TICKS_PER_SECOND;
}

/** Resident private memory of a process: excludes mapped files, such as the regions that it reads. */
export function ownBytesOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/statm`, "latin1").split(" ").map(Number);
  return ((fields[STATM_RESIDENT] ?? 0) - (fields[STATM_SHARED] ?? 0)) * PAGE_BYTES;
}
