import { asInteger } from "../core/integer.ts";
import type { Dtype } from "../protocol/dtype.ts";
import type { SlotPlace } from "../protocol/slot-place.ts";
import { type Values, valuesOf } from "../protocol/values.ts";
import type { HeaderRingRegion, PayloadPoolRegion } from "./mapped-stream.ts";
import type { RegionMemory, SlotWindows } from "./mapping.ts";
import { SUPERBLOCK_BYTES } from "./superblock.ts";

/** The regions of one epoch, of this or another owner. */
export interface StreamRegions {
  readonly streamId: number;
  readonly epoch: number | bigint;
  readonly nslots: number;
  readonly headerRing: HeaderRingRegion;
  readonly pools: readonly PayloadPoolRegion[];
}

/**
 * The payload slots of one pool (W-02: slot i begins at `64 + i * stride_bytes`). Views are created once per slot and reused while frames
 * keep their size and dtype, so that a steady stream allocates nothing.
 */
export class PayloadPool {
  readonly poolId: number;
  readonly strideBytes: number;
  readonly nslots: number;
  /** The place of the slots in files; null for a mapping without a stream. */
  readonly place: SlotPlace | null;
  /** Address of slot 0, for devices and for copies by native code. */
  readonly slotsAddress: number;
  readonly #windows: SlotWindows;
  readonly #wholes: readonly Uint8Array[];
  /** Keeps the fetches from being optimised away. */
  #blackhole = 0;
  /** 0, in a way that the compiler cannot fold. */
  #opaqueZero = 0;
  readonly #bytes: (Uint8Array | undefined)[];
  readonly #values: (Values | undefined)[];
  readonly #dtypes: (Dtype | undefined)[];

  constructor(
    mapping: RegionMemory,
    poolId: number,
    strideBytes: number,
    nslots: number,
    place: SlotPlace | null = null,
  ) {
    this.poolId = poolId;
    this.strideBytes = asInteger(strideBytes);
    this.nslots = nslots;
    this.place = place;
    this.slotsAddress = mapping.address + SUPERBLOCK_BYTES;
    this.#windows = mapping.sliceWindows(SUPERBLOCK_BYTES, strideBytes, nslots);
    this.#wholes = this.#windows.buffers.map((buffer) => new Uint8Array(buffer));
    this.#bytes = new Array(nslots).fill(undefined);
    this.#values = new Array(nslots).fill(undefined);
    this.#dtypes = new Array(nslots).fill(undefined);
  }

  /** The pools of one epoch, in ascending order of stride. */
  static ofStream(stream: StreamRegions): PayloadPool[] {
    const { streamId, nslots, headerRing } = stream;
    const epoch = BigInt(stream.epoch);
    const ringPlace = { path: headerRing.path, byteLength: headerRing.mapping.byteLength };
    return stream.pools.map(({ poolId, strideBytes, path, mapping }) => {
      const pool = { path, byteLength: mapping.byteLength };
      const place = { streamId, epoch, nslots, poolId, strideBytes, headerRing: ringPlace, pool };
      return new PayloadPool(mapping, poolId, strideBytes, nslots, place);
    });
  }

  addressOf(index: number): number {
    return this.slotsAddress + index * this.strideBytes;
  }

  /** The first `byteLength` bytes of a slot, of at most `strideBytes`. */
  bytes(index: number, byteLength: number): Uint8Array {
    const kept = this.#bytes[index];
    if (kept !== undefined && kept.length === byteLength) return kept;
    const made = new Uint8Array(this.#bufferOf(index), this.#offsetOf(index), byteLength);
    this.#bytes[index] = made;
    return made;
  }

  /** The first `byteLength` bytes of a slot as elements of `dtype`. */
  values(index: number, byteLength: number, dtype: Dtype): Values {
    const kept = this.#values[index];
    if (kept !== undefined && kept.byteLength === byteLength && this.#dtypes[index] === dtype) return kept;
    const made = valuesOf(this.bytes(index, byteLength), dtype);
    this.#values[index] = made;
    this.#dtypes[index] = dtype;
    return made;
  }

  /**
   * Makes the slot's first cache line this core's own if the slot was used before: a store that changes nothing, so that the next store
   * finds the line.
   */
  prefetchForWrite(index: number): void {
    const kept = this.#bytes[index];
    if (kept !== undefined && kept.length > 0) kept[0] = (kept[0] as number) ^ this.#opaqueZero;
  }

  /** Fetches what reading the slot needs, if it was used before, except lines that are about to be written: its view and its page. */
  fetch(index: number): void {
    const kept = this.#bytes[index];
    if (kept === undefined) return;
    const whole = this.#wholes[Math.floor(index / this.#windows.slotsPerWindow)] as Uint8Array;
    this.#blackhole ^= kept.length ^ (whole[this.#offsetOf(index) + this.strideBytes / 2] as number);
  }

  /** Fetches the slot's first cache line, if it was used before. */
  fetchFirst(index: number): void {
    const kept = this.#bytes[index];
    if (kept !== undefined && kept.length > 0) this.#blackhole ^= kept[0] as number;
  }

  #bufferOf(index: number): ArrayBuffer {
    return this.#windows.buffers[Math.floor(index / this.#windows.slotsPerWindow)] as ArrayBuffer;
  }

  #offsetOf(index: number): number {
    return (index % this.#windows.slotsPerWindow) * this.strideBytes;
  }
}
