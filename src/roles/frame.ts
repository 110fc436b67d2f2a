import { monotonic } from "../aeron/monotonic.ts";
import type { Attribute } from "../protocol/attribute.ts";
import { bitsOfCode, type Dtype, dtypeOfCode, type MajorOrder } from "../protocol/dtype.ts";
import { FrameHeader, MAJOR_ORDER_CODES } from "../protocol/frame-header.ts";
import type { SlotPlace } from "../protocol/slot-place.ts";
import type { Values } from "../protocol/values.ts";
import type { HeaderRing } from "../shm/header-ring.ts";
import type { PayloadPool } from "../shm/payload-pool.ts";
import { ConsumerError } from "./errors.ts";

/**
 * A frame in shared memory as passed to a handler: valid only during the call, and possibly overwritten while it is read. The callback
 * `settled` of `poll` reports that afterwards, `isIntact` at any time. The consumer reuses one object for all frames.
 */
export class Frame {
  /** A copy of the header: the checked values are the returned ones. */
  readonly header = new FrameHeader();
  /** Slot of the header ring and of the pool. */
  index = 0;
  #seq = 0;
  /** The commit word that shows whether the slot still holds the opened frame. */
  #word = 0;
  #readableBytes = 0;
  #isOpen = false;
  /** Ring and pool of the frame opened last. */
  #ring: HeaderRing | null = null;
  #pool: PayloadPool | null = null;
  #dims: readonly number[] = [];
  #strides: readonly number[] = [];
  readonly #nowNs: () => number;
  readonly #attributesOf: (metaVersion: number) => readonly Attribute[];

  /** `nowNs`: this process's clock, for `ageNs`. */
  constructor(nowNs: () => number, attributesOf: (metaVersion: number) => readonly Attribute[]) {
    this.#nowNs = nowNs;
    this.#attributesOf = attributesOf;
  }

  /** Frame number within the epoch. */
  get seq(): number {
    return this.#seq;
  }

  /** The values, in place: `byteLength` bytes of shared memory. @throws ConsumerError after the handler returned */
  get bytes(): Uint8Array {
    return this.#requirePool().bytes(this.index, this.#readableBytes);
  }

  /** Address of the values, for native code. @throws ConsumerError as `bytes` */
  get address(): number {
    return this.#requirePool().addressOf(this.index);
  }

  /** The values as elements of `dtype`, in place ("bool", "bytes" and "bit" as bytes). @throws ConsumerError as `bytes` */
  get values(): Values {
    return this.#requirePool().values(this.index, this.#readableBytes, this.dtype);
  }

  /** The place of its slot in files. @throws ConsumerError as `bytes` */
  get place(): SlotPlace {
    return this.#requirePool().place as SlotPlace;
  }

  /** This frame's slot, for sinks that pass on slots. */
  get slot(): this {
    return this;
  }

  /** Number of readable bytes; for a frame that is still being written, the filled ones. */
  get byteLength(): number {
    return this.#readableBytes;
  }

  get dtype(): Dtype {
    return dtypeOfCode(this.header.dtype) as Dtype;
  }

  get majorOrder(): MajorOrder {
    return this.header.majorOrder === MAJOR_ORDER_CODES.row ? "row" : "column";
  }

  /** Slowest first in "row" order; the same array while the shape stays the same. */
  get dims(): readonly number[] {
    if (!equals(this.#dims, this.header.dims, this.header.ndims)) {
      this.#dims = Array.from(this.header.dims.subarray(0, this.header.ndims));
    }
    return this.#dims;
  }

  /** Bytes between adjacent elements along each dimension; 0 if contiguous (W-10). */
  get strides(): readonly number[] {
    if (!equals(this.#strides, this.header.strides, this.header.ndims)) {
      this.#strides = Array.from(this.header.strides.subarray(0, this.header.ndims));
    }
    return this.#strides;
  }

  get metaVersion(): number {
    return this.header.metaVersion;
  }

  /** The attributes of `metaVersion`; empty until they are known. */
  get attributes(): readonly Attribute[] {
    return this.#attributesOf(this.header.metaVersion);
  }

  /** True if the elements are adjacent, so that `values` holds them in order. */
  get isContiguous(): boolean {
    for (let i = 0; i < this.header.ndims; i++) if (this.header.strides[i] !== 0) return this.#hasContiguousStrides();
    return true;
  }

  /** The frame's timestamp, by default CLOCK_MONOTONIC ns when its slot was claimed (W-47). Allocates. */
  get timestampNs(): bigint {
    return (BigInt(this.header.timestampHigh) << 32n) | BigInt(this.header.timestampLow);
  }

  /** Nanoseconds since the timestamp, if it is on CLOCK_MONOTONIC. */
  get ageNs(): number {
    return this.#nowNs() - monotonic.toProcessNs(this.header.timestampHigh, this.header.timestampLow);
  }

  /** Checks again, with an acquire fence: true if everything read so far belongs to this frame. Call it before any side effect. */
  isIntact(): boolean {
    return this.#isOpen && (this.#ring as HeaderRing).stillHasCommitWord(this.index, this.#word);
  }

  /**
   * Copies the values to the beginning of `target` without allocating; false if they were overwritten meanwhile (then do not use `target`).
   * @throws ConsumerError if `target` is shorter than `byteLength`
   */
  copyTo(target: Uint8Array): boolean {
    const bytes = this.bytes;
    if (target.length < bytes.length) {
      const expected = `at least ${bytes.length} bytes`;
      throw new ConsumerError("too-small", `copyTo: expected ${expected}, found ${target.length}`, { expected });
    }
    target.set(bytes);
    return this.isIntact();
  }

  /** For the reader: sets the frame that this object represents. */
  begin(index: number, seq: number, word: number, ring: HeaderRing, pool: PayloadPool, readableBytes: number): void {
    this.#seq = seq;
    this.#word = word;
    this.#readableBytes = readableBytes;
    this.index = index;
    this.#isOpen = true;
    // Storing a pointer costs more than comparing it.
    if (this.#ring !== ring) this.#ring = ring;
    if (this.#pool !== pool) this.#pool = pool;
  }

  /** For the reader: the call is over. */
  end(): void {
    this.#isOpen = false;
  }

  /** For the reader: the frame's memory is unmapped. */
  forget(): void {
    this.#isOpen = false;
    this.#ring = null;
    this.#pool = null;
  }

  #hasContiguousStrides(): boolean {
    const { ndims, dims, strides } = this.header;
    const isRow = this.header.majorOrder === MAJOR_ORDER_CODES.row;
    let step = bitsOfCode(this.header.dtype) / 8;
    for (let k = 0; k < ndims; k++) {
      const i = isRow ? ndims - 1 - k : k;
      const dim = dims[i] as number;
      if (dim > 1 && strides[i] !== 0 && strides[i] !== step) return false;
      step *= dim;
    }
    return true;
  }

  #requirePool(): PayloadPool {
    if (!this.#isOpen || this.#pool === null) {
      throw new ConsumerError(
        "frame-ended",
        "a frame is valid during the handler's call only: copy what is to outlive it",
      );
    }
    return this.#pool;
  }
}

function equals(kept: readonly number[], values: Int32Array, length: number): boolean {
  if (kept.length !== length) return false;
  for (let i = 0; i < length; i++) if (kept[i] !== values[i]) return false;
  return true;
}
