import {
  closeFile,
  O,
  openAt,
  reserveFile,
  setGroup,
  setMode,
  syncFile,
  truncateFile,
  tryLock,
} from "../../ffi/libc.ts";
import { type Backing, backingOf, roundUpToPage } from "./backing.ts";
import { type Directory, leadsTo } from "./directory.ts";
import { RegionCreateError } from "./errors.ts";
import { Mapping } from "./mapping.ts";
import type { RegionRights } from "./rights.ts";
import { spaceError } from "./space.ts";
import {
  type RegionIdentity,
  type RegionOwner,
  regionBytes,
  SUPERBLOCK_BYTES,
  SuperblockReader,
  SuperblockWriter,
} from "./superblock.ts";
import { asCreateError } from "./system-error.ts";

export interface RegionFileOptions {
  /** The file's directory; stays open as long as the region may have to be unlinked. */
  readonly directory: Directory;
  readonly name: string;
  readonly identity: RegionIdentity;
  readonly rights: RegionRights;
  /** Refuse directories that are not on hugetlbfs (W-28). */
  readonly requireHugepages: boolean;
}

/** Bytes reserved per system call: reserving 4 GiB in one call takes more than half a second. */
export const RESERVE_STEP_BYTES = 64 * 1024 * 1024;

/**
 * A region being created: the file exists, accessible only to us, and its memory is reserved step by step, so that a duty cycle can
 * continue between the steps. Ends with `finish` or `abort`, which removes the file.
 */
export class RegionReservation {
  readonly path: string;
  readonly totalBytes: number;
  readonly #options: RegionFileOptions;
  readonly #fd: number;
  readonly #backing: Backing;
  #reservedBytes = 0;
  #ended = false;

  private constructor(options: RegionFileOptions, fd: number, backing: Backing) {
    this.path = options.directory.pathOf(options.name);
    this.#options = options;
    this.#fd = fd;
    this.#backing = backing;
    this.totalBytes = roundUpToPage(regionBytes(options.identity), backing.pageBytes);
  }

  /**
   * Creates the file exclusively: never over an existing one of any kind, and without following links. It is locked as in use (D-19).
   * @throws RegionCreateError "exists", "no-access", "not-hugepages", "invalid-options" for a stride that the backing does not support
   */
  static begin(options: RegionFileOptions): RegionReservation {
    const { directory, name, rights, identity } = options;
    const path = directory.pathOf(name);
    let fd = -1;
    try {
      fd = openAt(directory.fd, name, O.RDWR | O.CREAT | O.EXCL | O.NOFOLLOW, 0o600);
      if (rights.gid !== null) setGroup(fd, rights.gid);
      setMode(fd, rights.fileMode);
      tryLock(fd, "shared");
      const backing = backingOf(fd);
      requireFit(path, backing, identity, options.requireHugepages);
      return new RegionReservation(options, fd, backing);
    } catch (error) {
      if (fd !== -1) {
        closeFile(fd);
        directory.removeFile(name);
      }
      throw asCreateError(error, path);
    }
  }

  get reservedBytes(): number {
    return this.#reservedBytes;
  }

  /**
   * Reserves up to `maxBytes` more; true when all is reserved. On failure the file is removed.
   * @throws RegionCreateError "no-space"
   */
  step(maxBytes: number): boolean {
    if (this.#ended) throw new RegionCreateError("failed", `${this.path}: the reservation was ended before`);
    const remaining = this.totalBytes - this.#reservedBytes;
    if (remaining === 0) return true;
    const bytes = Math.min(remaining, Math.max(this.#backing.pageBytes, Math.floor(maxBytes)));
    try {
      if (this.#backing.hugepages) {
        // hugetlbfs takes the length as is; its pages are reserved by mapping.
        truncateFile(this.#fd, this.totalBytes);
        this.#reservedBytes = this.totalBytes;
      } else {
        reserveFile(this.#fd, this.#reservedBytes, bytes);
        this.#reservedBytes += bytes;
      }
    } catch (error) {
      const room = this.#roomLeft();
      this.abort();
      const told = asCreateError(error, this.path);
      throw told instanceof RegionCreateError && told.code === "no-space"
        ? spaceError("no-space", remaining, { where: this.#options.directory.path, bytes: room }, error)
        : told;
    }
    return this.#reservedBytes === this.totalBytes;
  }

  /** Reserves the rest, maps the region, writes its superblock and flushes it (W-06). @throws RegionCreateError */
  finish(owner: RegionOwner): RegionFile {
    while (!this.step(RESERVE_STEP_BYTES));
    let mapping: Mapping | null = null;
    try {
      mapping = Mapping.ofFile(this.#fd, this.totalBytes, "read-write");
      const file = new RegionFile(this.#options, owner, this.#fd, mapping);
      file.superblock.initialise(this.#options.identity, owner);
      syncFile(this.#fd);
      this.#ended = true;
      return file;
    } catch (error) {
      mapping?.close();
      this.abort();
      throw asCreateError(error, this.path);
    }
  }

  /** Cancels: the file is removed. Idempotent, and without effect after `finish`. */
  abort(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.directory.removeFile(this.#options.name);
    closeFile(this.#fd);
  }

  #roomLeft(): number {
    return backingOf(this.#fd).freeBytes;
  }
}

/** A region that this process owns. */
export class RegionFile {
  readonly path: string;
  readonly mapping: Mapping;
  readonly superblock: SuperblockWriter;
  readonly #directory: Directory;
  readonly #name: string;
  readonly #identity: RegionIdentity;
  readonly #owner: RegionOwner;
  readonly #written: SuperblockReader;
  readonly #fd: number;
  #closed = false;

  /** Created by `RegionReservation.finish`. */
  constructor(options: RegionFileOptions, owner: RegionOwner, fd: number, mapping: Mapping) {
    const { directory, name, identity } = options;
    const window = mapping.window(0, SUPERBLOCK_BYTES);
    this.path = directory.pathOf(name);
    this.mapping = mapping;
    this.superblock = new SuperblockWriter(window);
    this.#written = new SuperblockReader(window);
    this.#directory = directory;
    this.#name = name;
    this.#identity = identity;
    this.#owner = owner;
    this.#fd = fd;
  }

  /** False once the path refers to another file or none: the file or a parent folder was moved or removed. */
  get isInPlace(): boolean {
    return leadsTo(this.path, this.#fd);
  }

  /** Describes the first superblock field that was changed since it was written; null if there is none. */
  findDamage(): string | null {
    const { pid } = this.#written;
    const isOwners = pid === BigInt(this.#owner.pid);
    const difference =
      this.#written.findDifference(this.#identity) ??
      (isOwners ? null : { what: "pid", expected: this.#owner.pid, found: pid });
    if (difference === null) return null;
    const { what, expected, found } = difference;
    return `the superblock of ${this.path} was overwritten: ${what}: expected ${expected}, found ${found}`;
  }

  /** Creates a region in one step. @throws RegionCreateError */
  static create(options: RegionFileOptions, owner: RegionOwner): RegionFile {
    return RegionReservation.begin(options).finish(owner);
  }

  /** Ends the mapping and the lock; with `unlink` the file is removed first. Idempotent. */
  close(options: { readonly unlink: boolean }): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      if (options.unlink) this.#directory.removeFile(this.#name);
    } finally {
      this.mapping.close();
      closeFile(this.#fd);
    }
  }
}

function requireFit(path: string, backing: Backing, identity: RegionIdentity, requireHugepages: boolean): void {
  if (requireHugepages && !backing.hugepages) {
    throw new RegionCreateError("not-hugepages", `${path}: expected a directory on hugetlbfs, found ordinary pages`, {
      rule: "W-28",
      expected: "hugetlbfs",
      found: "ordinary pages",
    });
  }
  if (identity.strideBytes % backing.pageBytes === 0) return;
  throw new RegionCreateError(
    "invalid-options",
    `${path}: stride: expected a multiple of the backing page of ${backing.pageBytes} bytes, found ${identity.strideBytes}`,
    { rule: "W-04", expected: `a multiple of ${backing.pageBytes}`, found: String(identity.strideBytes) },
  );
}
