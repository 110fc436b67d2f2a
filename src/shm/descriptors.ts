import { closeFile, O, openFile } from "../../ffi/libc.ts";
import { RegionCreateError } from "./errors.ts";
import { readSystemFile } from "./system-files.ts";

/** Only a handle: needs no right to read. */
const O_PATH = 0o10000000;
/**
 * Descriptors that regions leave free, so that a client that requests many streams does not starve the short-lived needs of the process:
 * Aeron logs, lock files, HTTP connections.
 */
const RESERVED = 64;

/** Descriptors that are reserved and not yet open. */
let promised = 0;

/**
 * Reserves descriptors for a later step, for example the first epoch in a directory that was just opened: opening many directories one
 * after another must leave each of them descriptors for its regions.
 */
export class DescriptorPromise {
  #count: number;

  constructor(count: number) {
    this.#count = count;
    promised += count;
  }

  /** Ends the reservation, because the descriptors are opened now or will not be. Idempotent. */
  end(): void {
    promised -= this.#count;
    this.#count = 0;
  }
}

/** @throws RegionCreateError "no-descriptors" if regions in `directory` would use up the last descriptors of this process */
export function requireDescriptors(directory: string, needed: number): void {
  const limit = descriptorLimit();
  const reserved = Math.min(RESERVED, Math.floor(limit / 4));
  // The kernel assigns the lowest free number.
  const fd = openFile("/", O_PATH | O.DIRECTORY);
  closeFile(fd);
  const taken = fd + promised;
  if (taken + needed <= limit - reserved) return;
  throw new RegionCreateError(
    "no-descriptors",
    `${directory}: needs ${needed} file descriptors, and ${taken} of ${limit} are in use (${reserved} are kept free): raise the limit ` +
      "(ulimit -n, LimitNOFILE= of a systemd unit), or use fewer streams",
    { expected: `${needed} descriptors`, found: `${Math.max(0, limit - reserved - taken)}`, retryable: true },
  );
}

/** The soft limit of open files, which another process may have changed meanwhile. */
function descriptorLimit(): number {
  const soft = /^Max open files\s+(\d+)/m.exec(readSystemFile("/proc/self/limits") ?? "")?.[1];
  return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
}
