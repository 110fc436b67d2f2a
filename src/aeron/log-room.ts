import { formatBytes } from "../core/units.ts";
import { memoryCgroupHeadrooms } from "../shm/cgroup.ts";
import { SYSTEM_FILES, type SystemFiles } from "../shm/system-files.ts";

/** Default of our media driver, for channels that set none. */
const DEFAULT_TERM_BYTES = 64 * 1024;
/** Three terms, and a page of metadata. */
const TERMS = 3;
const METADATA_BYTES = 4096;
/** Memory that other processes in the group need before the kernel chooses one to kill. */
const MARGIN_BYTES = 1024 * 1024;
const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/**
 * Why the log buffer of a publication on `channel` would not fit into a memory cgroup around this process; null if it does. The media
 * driver, usually in the same group, reserves it and checks only the file system: beyond a group's limit the kernel does not refuse memory,
 * it kills.
 */
export function logShortage(channel: string, files: SystemFiles = SYSTEM_FILES): string | null {
  const neededBytes = logBytesOf(channel);
  for (const { where, bytes } of memoryCgroupHeadrooms(files)) {
    if (neededBytes + MARGIN_BYTES <= bytes) continue;
    return `its log needs ${formatBytes(neededBytes)}, and ${where} has ${formatBytes(Math.max(0, bytes))} left (MemoryMax= of the service, or the memory limit of the container)`;
  }
  return null;
}

function logBytesOf(channel: string): number {
  const [, digits = "", unit = ""] = /[?|]term-length=(\d+)([kmg]?)/i.exec(channel) ?? [];
  const termBytes = digits === "" ? DEFAULT_TERM_BYTES : Number(digits) * (UNITS[unit.toLowerCase()] as number);
  return TERMS * termBytes + METADATA_BYTES;
}
