import { statfsSync } from "node:fs";
import { systemPageBytes } from "../../ffi/libc.ts";

const HUGETLBFS_MAGIC = 0x958458f6n;
const TMPFS_MAGIC = 0x01021994n;
const RAMFS_MAGIC = 0x858458f6n;

/** Size of an ordinary memory page on this machine, in bytes. */
export const PAGE_BYTES = systemPageBytes();

/** The kind of file system that holds a file, and its free space. */
export interface Backing {
  /** Size of a backing page in bytes (W-04): the huge page on hugetlbfs, otherwise the machine's page. */
  readonly pageBytes: number;
  readonly hugepages: boolean;
  /** Files there occupy memory: they count towards memory cgroups. */
  readonly inMemory: boolean;
  /** Bytes available to an ordinary user; Infinity if the file system has no limit of its own. */
  readonly freeBytes: number;
}

/**
 * The backing of an open file or directory; queried by descriptor, so that the name cannot be swapped meanwhile. Throws the system's error
 * if the platform cannot report it (W-28: hugepages then count as missing).
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
