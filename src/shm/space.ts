import { existsSync, statfsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { formatBytes } from "../core/units.ts";
import { type Backing, backingOf } from "./backing.ts";
import { type Headroom, memoryCgroupHeadrooms } from "./cgroup.ts";
import { Directory } from "./directory.ts";
import { RegionCreateError } from "./errors.ts";
import { readSystemFile, SYSTEM_FILES, type SystemFiles } from "./system-files.ts";

/**
 * Checks, before anything is reserved, that `byteLength` bytes fit: on the file system and, if its files occupy memory, in the machine and
 * in every memory cgroup of this process. Reserving beyond a cgroup's limit would not fail; the kernel would kill the process with SIGKILL.
 * @throws RegionCreateError "no-space" or "no-memory", with both numbers in the message
 */
export function requireSpace(
  directory: string,
  backing: Backing,
  byteLength: number,
  files: SystemFiles = SYSTEM_FILES,
): void {
  if (backing.hugepages) {
    const free = freeHugepageBytes(backing.pageBytes, files);
    refuseBeyond("no-memory", byteLength, {
      where: `the pool of ${formatBytes(backing.pageBytes)} hugepages`,
      bytes: free,
    });
  }
  refuseBeyond("no-space", byteLength, { where: directory, bytes: backing.freeBytes });
  if (!backing.inMemory) return;
  for (const headroom of memoryCgroupHeadrooms(files)) refuseBeyond("no-memory", byteLength, headroom);
  refuseBeyond("no-memory", byteLength, { where: "the machine's memory", bytes: availableMemoryBytes(files) });
}

/** As `requireSpace`, for the file system of a directory that exists. @throws RegionCreateError "no-space" or "no-memory" */
export function requireSpaceIn(directory: string, byteLength: number, files: SystemFiles = SYSTEM_FILES): void {
  const opened = Directory.open(directory);
  try {
    requireSpace(directory, backingOf(opened.fd), byteLength, files);
  } finally {
    opened.close();
  }
}

/** Free bytes on the file system of a directory that exists or would be created. */
export function freeSpaceIn(directory: string): number {
  let there = resolve(directory);
  while (!existsSync(there)) there = dirname(there);
  const { bavail, bsize } = statfsSync(there);
  return bavail * bsize;
}

function refuseBeyond(code: "no-space" | "no-memory", neededBytes: number, headroom: Headroom): void {
  if (neededBytes <= headroom.bytes) return;
  throw spaceError(code, neededBytes, headroom);
}

/** "needs 64 MiB, /dev/shm has 12.3 MiB free"; exact to the byte if rounding would hide the difference. */
export function spaceError(
  code: "no-space" | "no-memory",
  neededBytes: number,
  headroom: Headroom,
  cause?: unknown,
): RegionCreateError {
  const freeBytes = Math.max(0, headroom.bytes);
  const rounded = [formatBytes(neededBytes), formatBytes(freeBytes)] as const;
  const [needed, free] = rounded[0] === rounded[1] ? [`${neededBytes} B`, `${freeBytes} B`] : rounded;
  return new RegionCreateError(
    code,
    `needs ${needed}, ${headroom.where} has ${free} free: ask for fewer or smaller slots, or make room (\`tensorpool doctor\`)`,
    {
      expected: `${needed} free`,
      found: free,
      retryable: true,
      cause,
    },
  );
}

/** Memory that can be taken without the kernel killing a process: available memory, and swap, which shared memory may also use. */
function availableMemoryBytes(files: SystemFiles): number {
  const text = readSystemFile(files.meminfo);
  if (text === null) return Number.POSITIVE_INFINITY;
  const kibibytes = (name: string): number | null => {
    const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text);
    return match === null ? null : Number(match[1]);
  };
  const available = kibibytes("MemAvailable");
  return available === null ? Number.POSITIVE_INFINITY : (available + (kibibytes("SwapFree") ?? 0)) * 1024;
}

/** Hugepages that are neither in use nor reserved for another mapping, including the surplus that may be allocated on demand. */
function freeHugepageBytes(pageBytes: number, files: SystemFiles): number {
  const folder = `${files.hugepages}/hugepages-${pageBytes / 1024}kB`;
  const counts = ["free_hugepages", "resv_hugepages", "nr_overcommit_hugepages", "surplus_hugepages"].map((name) =>
    readSystemFile(`${folder}/${name}`),
  );
  if (counts.includes(null)) return Number.POSITIVE_INFINITY;
  const [free, promised, onDemand, surplus] = counts.map(Number) as [number, number, number, number];
  return (free - promised + Math.max(0, onDemand - surplus)) * pageBytes;
}
