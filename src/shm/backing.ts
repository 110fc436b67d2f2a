import { statfsSync } from "node:fs";
import { systemPageBytes } from "../../ffi/libc.ts";

const HUGETLBFS_MAGIC = 0x958458f6n;
const TMPFS_MAGIC = 0x01021994n;
const RAMFS_MAGIC = 0x858458f6n;

/** Bytes of an ordinary memory page of this machine. */
export const PAGE_BYTES = systemPageBytes();

/** What kind of file system holds a file, and the room that is left on it. */
export interface Backing {
  /** Bytes of a backing page (W-04): the huge page on hugetlbfs, else the machine's page. */
  readonly pageBytes: number;
  readonly hugepages: boolean;
  /** Files there are memory: they count against memory cgroups. */
  readonly inMemory: boolean;
  /** Bytes that an ordinary user may still take; Infinity where the file system has no limit of its own. */
  readonly freeBytes: number;
}

/**
 * The backing of an open file or directory; asked through the descriptor, so that no name can be swapped meanwhile.
 * Throws the system's error where the platform cannot tell (W-28: then hugepages count as missing).
 */
export function backingOf(fd: number): Backing {
  const stat = statfsSync(`/proc/self/fd/${fd}`, { bigint: true });
  // The magic is a signed word on some platforms.
  const magic = BigInt.asUintN(32, stat.type);
  const hugepages = magic === HUGETLBFS_MAGIC;
  return {
    pageBytes: hugepages ? Number(stat.bsize) : PAGE_BYTES,
    hugepages,
    inMemory: magic === TMPFS_MAGIC || magic === RAMFS_MAGIC,
    freeBytes: stat.blocks === 0n ? Number.POSITIVE_INFINITY : Number(stat.bavail) * Number(stat.bsize),
  };
}

/** `byteLength` rounded up to whole pages; exact up to 2^53. */
export function roundUpToPage(byteLength: number, pageBytes: number): number {
  return Math.ceil(byteLength / pageBytes) * pageBytes;
}
