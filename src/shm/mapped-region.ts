import { type BigIntStats, fstatSync, lstatSync } from "node:fs";
import { closeFile, O, openAt, openFile, tryLock } from "../../ffi/libc.ts";
import { errnoOf } from "../core/system-errors.ts";
import { backingOf, roundUpToPage } from "./backing.ts";
import type { AllowedBaseDirs, ContainedPath } from "./base-dirs.ts";
import { RegionError } from "./errors.ts";
import { Mapping, type MappingAccess } from "./mapping.ts";
import { type RegionIdentity, regionBytes, SUPERBLOCK_BYTES, SuperblockReader } from "./superblock.ts";
import { parseRegionUri } from "./uri.ts";

/** Only a step on the path: needs the right to search, not to read. */
const O_PATH = 0o10000000;

/** Another process's region, mapped after all checks passed (W-26 to W-29, W-04, W-07). */
export class MappedRegion {
  readonly uri: string;
  /** Canonical. */
  readonly path: string;
  readonly mapping: Mapping;
  readonly #superblock: SuperblockReader;
  readonly #fd: number;
  readonly #pid: bigint;
  #closed = false;

  private constructor(uri: string, path: string, fd: number, mapping: Mapping) {
    this.uri = uri;
    this.path = path;
    this.#fd = fd;
    this.mapping = mapping;
    this.#superblock = new SuperblockReader(mapping.window(0, SUPERBLOCK_BYTES));
    this.#pid = this.#superblock.pid;
  }

  /**
   * @param access readers map "read-only" (W-29); "read-write" is for the producer that holds the lease
   * @throws RegionError; nothing then stays open or mapped
   */
  static map(
    uri: string,
    identity: RegionIdentity,
    baseDirs: AllowedBaseDirs,
    access: MappingAccess = "read-only",
  ): MappedRegion {
    const { path, requireHugepages } = parseRegionUri(uri);
    const contained = baseDirs.locate(path);
    const fd = openChecked(contained, access);
    let mapping: Mapping | null = null;
    try {
      // A sweeper holds the lock exclusively only while it removes the file (D-19).
      if (!tryLock(fd, "shared")) throw gone(contained.canonical, "a file that is being removed");
      requireFile(fd, contained.canonical, identity);
      const pageBytes = requireBacking(fd, contained.canonical, identity, requireHugepages);
      mapping = Mapping.ofFile(fd, roundUpToPage(regionBytes(identity), pageBytes), access);
      const region = new MappedRegion(uri, contained.canonical, fd, mapping);
      region.#superblock.validate(identity, contained.canonical);
      return region;
    } catch (error) {
      mapping?.close();
      closeFile(fd);
      throw asRefusal(error, contained.canonical);
    }
  }

  /**
   * Repeats the checks (W-07, W-08) at each announce of the stream: the superblock, its writer, and that the file still exists and is long
   * enough.
   * @throws RegionError
   */
  recheck(identity: RegionIdentity): void {
    requireFile(this.#fd, this.path, identity);
    this.#superblock.validate(identity, this.path);
    const pid = this.#superblock.pid;
    if (pid === this.#pid) return;
    throw new RegionError("writer-changed", {
      subject: this.path,
      what: "pid under the same epoch",
      expected: String(this.#pid),
      found: String(pid),
    });
  }

  /** The owner's process id in the superblock: informational, and in the owner's own pid namespace. */
  get pid(): bigint {
    return this.#pid;
  }

  /** CLOCK_MONOTONIC ns of the owner's last sign of life (W-08). */
  activity(): bigint {
    return this.#superblock.readActivity();
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.mapping.close();
    closeFile(this.#fd);
  }
}

/**
 * Opens the canonical path (W-27), component by component below the allowed directory and without following a link at any of them, so that
 * a directory swapped for a link since the check leads nowhere; then compares the opened file with the checked one. A FIFO or a device that
 * is swapped in does not block and is not read.
 */
function openChecked(contained: ContainedPath, access: MappingAccess): number {
  const { canonical, base, components } = contained;
  let checked: BigIntStats;
  try {
    checked = lstatSync(canonical, { bigint: true });
  } catch (cause) {
    if (errnoOf(cause) === "ENOENT") throw gone(canonical, "nothing", cause);
    throw asRefusal(cause, canonical);
  }
  if (!checked.isFile()) throw notRegular(canonical, checked);
  let fd = -1;
  try {
    fd = openBelow(base, components, access === "read-only" ? O.RDONLY : O.RDWR);
    const opened = fstatSync(fd, { bigint: true });
    if (!opened.isFile()) throw notRegular(canonical, opened);
    if (opened.dev !== checked.dev || opened.ino !== checked.ino) {
      throw changed(
        canonical,
        `inode ${checked.ino} of device ${checked.dev}`,
        `inode ${opened.ino} of device ${opened.dev}`,
      );
    }
    return fd;
  } catch (error) {
    if (fd !== -1) closeFile(fd);
    throw asRefusal(error, canonical);
  }
}

function openBelow(base: string, components: readonly string[], accessFlag: number): number {
  let directory = openFile(base, O_PATH | O.DIRECTORY | O.NOFOLLOW);
  try {
    for (const name of components.slice(0, -1)) {
      const next = openAt(directory, name, O_PATH | O.DIRECTORY | O.NOFOLLOW);
      closeFile(directory);
      directory = next;
    }
    return openAt(directory, components.at(-1) as string, accessFlag | O.NOFOLLOW | O.NONBLOCK);
  } finally {
    closeFile(directory);
  }
}

function requireFile(fd: number, path: string, identity: RegionIdentity): void {
  const stat = fstatSync(fd, { bigint: true });
  if (stat.nlink === 0n) throw gone(path, "a file that was removed");
  const needed = regionBytes(identity);
  if (stat.size >= BigInt(needed)) return;
  throw new RegionError("file-too-short", {
    subject: path,
    what: "length",
    expected: `at least ${needed} bytes (64 + ${identity.nslots} x ${identity.slotBytes})`,
    found: String(stat.size),
  });
}

/** Checks hugepages and stride against the file's actual backing (W-28, W-04), and returns its page size in bytes. */
function requireBacking(fd: number, path: string, identity: RegionIdentity, requireHugepages: boolean): number {
  const backing = backingOf(fd);
  if (requireHugepages && !backing.hugepages) {
    throw new RegionError("not-hugepages", {
      subject: path,
      what: "backing",
      expected: "hugetlbfs",
      found: "ordinary pages",
    });
  }
  if (identity.strideBytes % backing.pageBytes !== 0) {
    throw new RegionError("layout-invalid", {
      subject: path,
      what: "strideBytes",
      expected: `a multiple of the backing page of ${backing.pageBytes} bytes`,
      found: String(identity.strideBytes),
      rule: "W-04",
    });
  }
  return backing.pageBytes;
}

function notRegular(path: string, stat: BigIntStats): RegionError {
  let found = "something else";
  if (stat.isDirectory()) found = "a directory";
  else if (stat.isFIFO()) found = "a FIFO";
  else if (stat.isSocket()) found = "a socket";
  else if (stat.isSymbolicLink()) found = "a symbolic link";
  else if (stat.isCharacterDevice() || stat.isBlockDevice()) found = "a device";
  return new RegionError("not-a-regular-file", { subject: path, what: "file type", expected: "a regular file", found });
}

function changed(path: string, expected: string, found: string, cause?: unknown): RegionError {
  return new RegionError("path-changed", { subject: path, what: "opened file", expected, found, cause });
}

function gone(path: string, found: string, cause?: unknown): RegionError {
  return new RegionError("region-gone", { subject: path, what: "file", expected: "a file", found, cause });
}

/** Converts system errors into refusals: a file that cannot be opened as checked is not mapped. */
function asRefusal(error: unknown, path: string): unknown {
  const errno = errnoOf(error);
  if (error instanceof RegionError || errno === "") return error;
  if (errno === "ENOENT") return gone(path, "nothing", error);
  if (errno === "ELOOP" || errno === "ENOTDIR" || errno === "ENXIO") {
    return changed(path, "the file that was checked, reached without links", errno, error);
  }
  const message = error instanceof Error ? error.message : errno;
  return new RegionError("not-mappable", {
    subject: path,
    what: "mapping for reading",
    expected: "success",
    found: message,
    cause: error,
  });
}
