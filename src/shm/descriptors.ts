import { closeFile, O, openFile } from "../../ffi/libc.ts";
import { RegionCreateError } from "./errors.ts";
import { readSystemFile } from "./system-files.ts";

/** Only a place to hold: needs no right to read. */
const O_PATH = 0o10000000;
/**
 * Descriptors that regions leave free, so that a client that asks for many streams takes from no other part of the process what it
 * opens for a moment: logs of Aeron, lock files, connections of HTTP.
 */
const RESERVED = 64;

/** Descriptors that were promised and are not open yet. */
let promised = 0;

/**
 * Descriptors for what follows, e.g. the first epoch in a directory that was just opened: many directories that are opened one
 * after the other must not leave each other without any for their regions.
 */
export class DescriptorPromise {
  #count: number;

  constructor(count: number) {
    this.#count = count;
    promised += count;
  }

  /** Ends the promise, because they are opened now, or will not be. Idempotent. */
  end(): void {
    promised -= this.#count;
    this.#count = 0;
  }
}

/** @throws RegionCreateError "no-descriptors" when regions in `directory` would take the last descriptors of this process */
export function requireDescriptors(directory: string, needed: number): void {
  const limit = descriptorLimit();
  const reserved = Math.min(RESERVED, Math.floor(limit / 4));
  // The kernel gives out the lowest number that is free.
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
