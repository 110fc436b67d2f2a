import { asInteger } from "../core/integer.ts";
import type { Dtype } from "../protocol/dtype.ts";
import { type Values, valuesOf } from "../protocol/values.ts";
import type { Mapping, SlotWindows } from "./mapping.ts";
import { SUPERBLOCK_BYTES } from "./superblock.ts";

/**
 * The payload slots of one pool (W-02: slot i begins at `64 + i * stride_bytes`). Views are made once per slot and kept while
 * frames keep their size and dtype, so that a steady stream allocates nothing.
 */
export class PayloadPool {
  readonly poolId: number;
  readonly strideBytes: number;
  readonly nslots: number;
  /** Address of slot 0, for devices and for copies by native code. */
  readonly slotsAddress: number;
  readonly #windows: SlotWindows;
  readonly #bytes: (Uint8Array | undefined)[];
  readonly #values: (Values | undefined)[];
  readonly #dtypes: (Dtype | undefined)[];

  constructor(mapping: Mapping, poolId: number, strideBytes: number, nslots: number) {
    this.poolId = poolId;
    this.strideBytes = asInteger(strideBytes);
    this.nslots = nslots;
    this.slotsAddress = mapping.address + SUPERBLOCK_BYTES;
    this.#windows = mapping.sliceWindows(SUPERBLOCK_BYTES, strideBytes, nslots);
    this.#bytes = new Array(nslots).fill(undefined);
    this.#values = new Array(nslots).fill(undefined);
    this.#dtypes = new Array(nslots).fill(undefined);
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

  #bufferOf(index: number): ArrayBuffer {
    return this.#windows.buffers[Math.floor(index / this.#windows.slotsPerWindow)] as ArrayBuffer;
  }

  #offsetOf(index: number): number {
    return (index % this.#windows.slotsPerWindow) * this.strideBytes;
  }
}
