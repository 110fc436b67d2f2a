import { readFileSync } from "node:fs";
import { SystemError } from "../../../ffi/errors.ts";
import { formatBytes } from "../../core/units.ts";
import type { OwnedRegions } from "../ports.ts";
import { DriverError } from "./driver-errors.ts";

/** Locks regions in memory (`policies.mlock_shm`). @throws DriverError "mlock" with the limit and the need; the regions are removed */
export function lockRegions(regions: OwnedRegions): void {
  try {
    regions.lockInMemory();
  } catch (cause) {
    const needed = regions.totalBytes;
    regions.close();
    if (!(cause instanceof SystemError)) throw cause;
    const limit = memlockLimit();
    throw new DriverError(
      "mlock",
      `policies.mlock_shm: stream ${regions.streamId} needs ${formatBytes(needed)} locked in memory, and the limit for all ` +
        `that this process locks is ${limit} (${cause.errno}): raise it (LimitMEMLOCK=, ulimit -l), or set mlock_shm = false`,
      { expected: `a limit of at least ${needed} bytes`, found: limit, cause },
    );
  }
}

/** RLIMIT_MEMLOCK of this process, as text. */
function memlockLimit(): string {
  const soft = /^Max locked memory\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
  if (soft === undefined || soft === "unlimited") return soft ?? "not known";
  return formatBytes(Number(soft));
}
