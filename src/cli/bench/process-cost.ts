import { readFileSync } from "node:fs";

/** Clock ticks of /proc/PID/stat in a second, on every Linux of today. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;
/** Fields of /proc/PID/stat behind the name, which is in parentheses: utime and stime. */
const STAT = { utime: 11, stime: 12 } as const;
const STATM_RESIDENT = 1;
const STATM_SHARED = 2;

/** CPU time that a process has used so far, in seconds. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[STAT.utime]) + Number(fields[STAT.stime])) / TICKS_PER_SECOND;
}

/** Memory of its own that a process has in use: without mapped files, such as the regions that it looks into. */
export function ownBytesOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/statm`, "latin1").split(" ").map(Number);
  return ((fields[STATM_RESIDENT] ?? 0) - (fields[STATM_SHARED] ?? 0)) * PAGE_BYTES;
}
