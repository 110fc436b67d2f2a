import { type BigIntStats, closeSync, constants, fstatSync, lstatSync, openSync, readSync } from "node:fs";
import { basename } from "node:path";
import { TensorPoolError } from "../core/errors.ts";
import { errnoOf } from "../core/system-errors.ts";
import { isPowerOfTwo } from "../protocol/stream-layout.ts";
import { MAX_NSLOTS } from "./announcement.ts";
import { backingOf } from "./backing.ts";
import type { Finding } from "./inspection-findings.ts";
import { lockHoldersOf } from "./inspection-locks.ts";
import { HEADER_RING_FILE, isRegionFileName } from "./layout.ts";
import type { LockHolder } from "./lock-holder.ts";
import { HEADER_SLOT_BYTES, LAYOUT_VERSION, RegionType, SUPERBLOCK_BYTES, SUPERBLOCK_MAGIC } from "./superblock.ts";

/** The contents of a superblock, valid or not. */
export interface SuperblockFields {
  readonly magic: bigint;
  readonly layoutVersion: number;
  readonly epoch: bigint;
  readonly streamId: number;
  readonly regionType: number;
  readonly poolId: number;
  readonly nslots: number;
  readonly slotBytes: number;
  readonly strideBytes: number;
  readonly pid: bigint;
  readonly startTimestampNs: bigint;
  /** 0: the owner has ended the stream in an orderly way. */
  readonly activityTimestampNs: bigint;
}

/** A file cannot be inspected: no right to read it, or it no longer exists. */
export class InspectionError extends TensorPoolError<"not-readable" | "not-found"> {}

/**
 * Any file, inspected as a region. It is read by read(2) and never mapped, so that a file that is truncated meanwhile causes no crash;
 * nothing is locked and nothing is written. Close it.
 */
export class RegionInspection implements Disposable {
  readonly path: string;
  readonly name: string;
  readonly stat: BigIntStats;
  readonly byteLength: number;
  /** Permission bits in octal, e.g. "0600". */
  readonly mode: string;
  /** Null if there is none: the file is too short or lacks the magic number. */
  readonly superblock: SuperblockFields | null;
  /** Holders of locks on the file; null if the kernel does not show them. */
  readonly lockHolders: readonly LockHolder[] | null;
  readonly findings: Finding[] = [];
  readonly #fd: number;

  private constructor(path: string, fd: number, stat: BigIntStats) {
    this.path = path;
    this.name = basename(path);
    this.#fd = fd;
    this.stat = stat;
    this.byteLength = Number(stat.size);
    this.mode = (stat.mode & 0o7777n).toString(8).padStart(4, "0");
    this.lockHolders = lockHoldersOf(stat);
    this.superblock = stat.isFile() ? this.#readSuperblock() : this.#refuseType();
    if (this.superblock !== null) this.#check(this.superblock);
  }

  /** @throws InspectionError if it cannot be read */
  static open(path: string): RegionInspection {
    let fd = -1;
    try {
      // Devices are not opened: opening alone may have an effect.
      const named = lstatSync(path, { bigint: true });
      if (!named.isFile()) return new RegionInspection(path, -1, named);
      fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      return new RegionInspection(path, fd, fstatSync(fd, { bigint: true }));
    } catch (cause) {
      if (fd !== -1) closeSync(fd);
      const errno = errnoOf(cause);
      if (errno === "") throw cause;
      const code = errno === "ENOENT" ? "not-found" : "not-readable";
      throw new InspectionError(code, `${path}: expected a file that can be read, found ${errno}`, {
        found: errno,
        cause,
      });
    }
  }

  /** True if it may contain frame headers. */
  get isHeaderRing(): boolean {
    const block = this.superblock;
    return block !== null && block.regionType === RegionType.HEADER_RING && block.layoutVersion === LAYOUT_VERSION;
  }

  /** Header slots that the file really holds, regardless of its superblock. */
  get readableSlots(): number {
    if (!this.isHeaderRing || this.superblock === null) return 0;
    const held = Math.floor((this.byteLength - SUPERBLOCK_BYTES) / HEADER_SLOT_BYTES);
    return Math.max(0, Math.min(this.superblock.nslots, held));
  }

  /** True when a reader would refuse it. */
  get isBroken(): boolean {
    return this.findings.some(({ severity }) => severity === "breaks");
  }

  /** Reads from `offset` into `bytes`; fewer bytes at the end of the file. */
  read(bytes: Uint8Array, offset: number): number {
    let done = 0;
    while (done < bytes.length) {
      const count = readSync(this.#fd, bytes, done, bytes.length - done, offset + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  /** Adds a finding about this file. */
  found(
    rule: string,
    what: string,
    expected: string | number | bigint,
    found: string | number | bigint,
    severity: Finding["severity"] = "breaks",
  ): void {
    this.findings.push({
      rule,
      severity,
      subject: this.name,
      what,
      expected: String(expected),
      found: String(found),
    });
  }

  close(): void {
    if (this.#fd !== -1) closeSync(this.#fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #refuseType(): null {
    this.found("W-26", "file type", "a regular file", typeOf(this.stat));
    return null;
  }

  #readSuperblock(): SuperblockFields | null {
    const bytes = new Uint8Array(SUPERBLOCK_BYTES);
    const length = this.read(bytes, 0);
    if (length < SUPERBLOCK_BYTES) {
      this.found("W-01", "length", `at least the ${SUPERBLOCK_BYTES} bytes of a superblock`, `${length} bytes`);
      return null;
    }
    const view = new DataView(bytes.buffer);
    const magic = view.getBigUint64(0, true);
    if (magic !== SUPERBLOCK_MAGIC) {
      this.found("W-07", "magic", `0x${SUPERBLOCK_MAGIC.toString(16)}`, describeMagic(view, bytes));
      return null;
    }
    return {
      magic,
      layoutVersion: view.getUint32(8, true),
      epoch: view.getBigUint64(12, true),
      streamId: view.getUint32(20, true),
      regionType: view.getInt16(24, true),
      poolId: view.getUint16(26, true),
      nslots: view.getUint32(28, true),
      slotBytes: view.getUint32(32, true),
      strideBytes: view.getUint32(36, true),
      pid: view.getBigUint64(40, true),
      startTimestampNs: view.getBigUint64(48, true),
      activityTimestampNs: view.getBigUint64(56, true),
    };
  }

  #check(block: SuperblockFields): void {
    if (block.layoutVersion !== LAYOUT_VERSION) {
      // No other field of an unknown layout can be checked.
      this.found("W-24", "layoutVersion", LAYOUT_VERSION, block.layoutVersion);
      return;
    }
    const { nslots, slotBytes, strideBytes, poolId } = block;
    if (!isPowerOfTwo(nslots)) this.found("W-15", "nslots", "a power of two", nslots);
    else if (nslots > MAX_NSLOTS) this.found("W-15", "nslots", `at most ${MAX_NSLOTS}`, nslots);
    if (block.regionType === RegionType.HEADER_RING) {
      if (poolId !== 0) this.found("W-07", "poolId", "0 in a header ring", poolId);
      if (slotBytes !== HEADER_SLOT_BYTES) this.found("W-02", "slotBytes", HEADER_SLOT_BYTES, slotBytes);
      if (strideBytes !== 0) this.found("W-07", "strideBytes", "0 in a header ring", strideBytes);
    } else if (block.regionType === RegionType.PAYLOAD_POOL) {
      this.#checkStride(block);
    } else {
      this.found("W-07", "regionType", "1 (header ring) or 2 (payload pool)", block.regionType);
      return;
    }
    const needed = SUPERBLOCK_BYTES + nslots * slotBytes;
    if (this.byteLength < needed) {
      this.found("W-02", "length", `at least ${needed} bytes (64 + ${nslots} x ${slotBytes})`, this.byteLength);
    }
    this.#checkPlace(block);
  }

  #checkStride({ slotBytes, strideBytes }: SuperblockFields): void {
    if (slotBytes !== strideBytes) this.found("W-07", "slotBytes", `the stride of ${strideBytes}`, slotBytes);
    if (!isPowerOfTwo(strideBytes)) {
      this.found("W-04", "strideBytes", "a power of two", strideBytes);
      return;
    }
    const { pageBytes } = backingOf(this.#fd);
    if (strideBytes % pageBytes !== 0) {
      this.found("W-04", "strideBytes", `a multiple of the backing page of ${pageBytes} bytes`, strideBytes);
    }
  }

  /** The default layout is a convention, not a requirement: deviations are only noted. */
  #checkPlace({ regionType, poolId }: SuperblockFields): void {
    const usual = regionType === RegionType.HEADER_RING ? HEADER_RING_FILE : `payload-${poolId}.pool`;
    if (isRegionFileName(this.name) && this.name !== usual) this.found("W-30", "name", usual, this.name, "note");
    if (this.mode !== "0600" && this.mode !== "0660") {
      this.found("W-30", "mode", "0600, or 0660 for a shared group", this.mode, "note");
    }
    if (this.stat.nlink === 0n) this.found("D-19", "file", "one with a name", "one that was removed", "note");
  }
}

function typeOf(stat: BigIntStats): string {
  if (stat.isDirectory()) return "a directory";
  if (stat.isFIFO()) return "a FIFO";
  if (stat.isSocket()) return "a socket";
  if (stat.isSymbolicLink()) return "a symbolic link";
  return "a device";
}

function describeMagic(view: DataView, bytes: Uint8Array): string {
  const magic = view.getBigUint64(0, true);
  if (bytes.every((byte) => byte === 0)) return "zeros (not written yet, or never finished)";
  const text = `0x${magic.toString(16).padStart(16, "0")}`;
  if (view.getBigUint64(0, false) === SUPERBLOCK_MAGIC) return `${text} (the same bytes the other way round)`;
  if (new TextDecoder("latin1").decode(bytes.subarray(0, 8)) === "TPOLSHM1") return `${text} (its name, as text)`;
  return text;
}
