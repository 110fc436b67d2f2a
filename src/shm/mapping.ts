import { SystemError } from "../../ffi/errors.ts";
import { adviseMemory, lockMemory, MADV, MAP, mapMemory, PROT, unmapMemory } from "../../ffi/libc.ts";
import { overlay } from "../../ffi/memory.ts";
import { PAGE_BYTES } from "./backing.ts";
import { MappingClosedError } from "./errors.ts";
import { type SlotSlicing, sliceSlots } from "./slot-slicing.ts";

const MADV_POPULATE_READ = 22;
const MADV_POPULATE_WRITE = 23;

/** The slots of a region as ArrayBuffers: slot i is in `buffers[Math.floor(i / slotsPerWindow)]`, see `SlotSlicing`. */
export interface SlotWindows extends SlotSlicing {
  readonly buffers: readonly ArrayBuffer[];
}

/** Address space that its last user must release. It holds no reference to the objects it waits for. */
interface AddressRange {
  readonly address: number;
  readonly byteLength: number;
  /** Objects (the mapping and its windows) that are not yet garbage-collected. */
  users: number;
}

/**
 * Holds open mappings: a mapping ends by `close`, not because the collector found it unreferenced while native code or a bare address still
 * used it.
 */
const open = new Set<Mapping>();

/**
 * The address range of a closed mapping is released once the mapping and every ArrayBuffer over it are collected. An ArrayBuffer is not
 * collected while a view over it is reachable, so no view can outlive the range.
 */
const collected = new FinalizationRegistry<AddressRange>((range) => {
  range.users -= 1;
  if (range.users === 0) unmapMemory(range.address, range.byteLength);
});

/** The memory of a region as used by rings and pools: a `Mapping`; in a simulation, memory of the process. */
export type RegionMemory = Pick<Mapping, Exclude<keyof Mapping, typeof Symbol.dispose>>;

export type MappingAccess = "read-only" | "read-write";

/**
 * A file's bytes in memory. Offsets are plain numbers and exact beyond 4 GiB; an ArrayBuffer ends at 4 GiB, so memory is accessed through
 * windows. After `close` the file is no longer mapped: remaining views read zeros, and writes to them are lost; nothing crashes.
 */
export class Mapping {
  /** Where the mapping begins; devices register the range [address, address + byteLength) once. */
  readonly address: number;
  readonly byteLength: number;
  /** A store through a view of a read-only mapping kills the process: its views are for reading only. */
  readonly readOnly: boolean;
  readonly #range: AddressRange;
  readonly #windows = new Map<string, ArrayBuffer>();
  readonly #slices = new Map<string, SlotWindows>();
  #closed = false;

  private constructor(address: number, byteLength: number, readOnly: boolean) {
    this.address = address;
    this.byteLength = byteLength;
    this.readOnly = readOnly;
    this.#range = { address, byteLength, users: 1 };
    collected.register(this, this.#range);
    open.add(this);
    // Frames are large and may be private: they stay out of core dumps.
    adviseMemory(address, byteLength, MADV.DONTDUMP);
  }

  /** Maps the first `byteLength` bytes of an open file as a shared mapping. @throws SystemError */
  static ofFile(fd: number, byteLength: number, access: MappingAccess): Mapping {
    const readOnly = access === "read-only";
    const address = mapMemory(0, byteLength, readOnly ? PROT.READ : PROT.READ | PROT.WRITE, MAP.SHARED, fd);
    return new Mapping(address, byteLength, readOnly);
  }

  /** Mappings of this process that are not yet closed. */
  static get openCount(): number {
    return open.size;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * The bytes [offset, offset + byteLength), the same object on each call. At most 4 GiB.
   * @throws MappingClosedError, RangeError outside the mapping
   */
  window(offset: number, byteLength: number): ArrayBuffer {
    if (this.#closed) throw new MappingClosedError();
    if (!(offset >= 0 && byteLength >= 0 && offset + byteLength <= this.byteLength)) {
      throw new RangeError(`window: expected a part of ${this.byteLength} bytes, found ${byteLength} from ${offset}`);
    }
    const key = `${offset}+${byteLength}`;
    const existing = this.#windows.get(key);
    if (existing !== undefined) return existing;
    const buffer = overlay(this.address + offset, byteLength);
    this.#range.users += 1;
    collected.register(buffer, this.#range);
    this.#windows.set(key, buffer);
    return buffer;
  }

  /**
   * Windows of whole slots, a power of two each, so that no slot straddles two windows.
   * @throws MappingClosedError, RangeError outside the mapping
   */
  sliceWindows(firstOffset: number, strideBytes: number, nslots: number, maxWindowBytes?: number): SlotWindows {
    if (this.#closed) throw new MappingClosedError();
    const key = `${firstOffset}+${nslots}*${strideBytes}/${maxWindowBytes}`;
    const existing = this.#slices.get(key);
    if (existing !== undefined) return existing;
    const slicing = sliceSlots(firstOffset, strideBytes, nslots, maxWindowBytes);
    const buffers = slicing.windows.map((part) => this.window(part.offset, part.byteLength));
    const slices: SlotWindows = { ...slicing, buffers };
    this.#slices.set(key, slices);
    return slices;
  }

  /**
   * Faults in the pages of [offset, offset + byteLength), so that first accesses cause no fault; to be called in parts if a duty cycle must
   * not be blocked. Offset and length are widened to whole pages.
   */
  prefault(offset = 0, byteLength = this.byteLength - offset): void {
    if (this.#closed) throw new MappingClosedError();
    const first = Math.floor(offset / PAGE_BYTES) * PAGE_BYTES;
    const end = Math.min(offset + byteLength, this.byteLength);
    const advice = this.readOnly ? MADV_POPULATE_READ : MADV_POPULATE_WRITE;
    if (end <= first || adviseMemory(this.address + first, end - first, advice)) return;
    // Kernels before 5.14 do not support the advice: reading a byte of each page has nearly the same effect.
    for (let at = first; at < end; at += TOUCH_BYTES) {
      const bytes = new Uint8Array(overlay(this.address + at, Math.min(TOUCH_BYTES, end - at)));
      let sum = 0;
      for (let index = 0; index < bytes.length; index += PAGE_BYTES) sum += bytes[index] as number;
      touched = sum;
    }
  }

  /** Locks the mapping in memory (mlock). @throws SystemError "ENOMEM" or "EPERM" beyond RLIMIT_MEMLOCK */
  lockInMemory(): void {
    if (this.#closed) throw new MappingClosedError();
    lockMemory(this.address, this.byteLength);
  }

  /** Ends the mapping; idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    open.delete(this);
    this.#windows.clear();
    this.#slices.clear();
    replaceByZeros(this.address, this.byteLength);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Bytes of each temporary view while pages are touched. */
const TOUCH_BYTES = 0x1000_0000;
/** Sink of the touched bytes, so that the loads are not optimised away. */
export let touched = 0;

/** Replaces the file by private zero pages in one step: at no time is the range free for another mapping. */
function replaceByZeros(address: number, byteLength: number): void {
  const flags = MAP.PRIVATE | MAP.ANONYMOUS | MAP.NORESERVE | MAP.FIXED;
  try {
    mapMemory(address, byteLength, PROT.READ | PROT.WRITE, flags, -1);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    // If the kernel never overcommits, writable pages count even if they are never touched; readable ones do not.
    mapMemory(address, byteLength, PROT.READ, flags, -1);
  }
  adviseMemory(address, byteLength, MADV.DONTDUMP);
}
