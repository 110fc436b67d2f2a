import { formatBytes } from "../../core/units.ts";
import { type Finding, ok, warn } from "./finding.ts";
import type { Host } from "./host.ts";

const MIB = 1024 ** 2;
const ENOUGH_FILES = 1024;
/** Files that a stream needs: its ring, a pool, and Aeron's files. */
const FILES_PER_STREAM = 6;
const ENOUGH_LOCKED_BYTES = 64 * MIB;

/** Checks the limits of this process that streams may reach (getrlimit). */
export function limitFindings(host: Host): Finding[] {
  const limits = host.text("/proc/self/limits") ?? "";
  return [...fileFindings(limits), ...lockFindings(limits)];
}

function softLimit(limits: string, name: string): number | null {
  const text = new RegExp(`^${name}\\s+(\\S+)`, "m").exec(limits)?.[1];
  if (text === undefined) return null;
  return text === "unlimited" ? Number.POSITIVE_INFINITY : Number(text);
}

function fileFindings(limits: string): Finding[] {
  const files = softLimit(limits, "Max open files");
  if (files === null) return [];
  const streams =
    files === Number.POSITIVE_INFINITY ? "" : `, about ${Math.floor(files / FILES_PER_STREAM)} streams in a process`;
  const found = `${files === Number.POSITIVE_INFINITY ? "no limit" : files}${streams}`;
  const remedy = "ulimit -n 4096, or LimitNOFILE= of the unit";
  return [files < ENOUGH_FILES ? warn("open files", found, remedy) : ok("open files", found)];
}

function lockFindings(limits: string): Finding[] {
  const bytes = softLimit(limits, "Max locked memory");
  if (bytes === null) return [];
  const found = bytes === Number.POSITIVE_INFINITY ? "no limit" : formatBytes(bytes);
  const hint =
    "only policies.mlock_shm and devices that pin memory need more: ulimit -l unlimited, or LimitMEMLOCK=infinity";
  return [ok("locked memory", found, bytes < ENOUGH_LOCKED_BYTES ? hint : null)];
}
