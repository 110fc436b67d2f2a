import { aeron } from "../../ffi/aeron.ts";

/**
 * The only memory ordering of this project. `Atomics` cannot be used: on a read-only mapping its loads fault, and its 64-bit
 * operations allocate (bun-ffi.md, 2). libaeron exports 8-byte acquire loads, release stores and fences; a call into it is
 * also something that the JIT never moves plain loads and stores across.
 */

/**
 * Loads an aligned u64 with acquire. A number up to 2^53, so that `===` with an expected number is exact; values beyond come
 * as something that equals no number.
 */
export const loadAcquire: (address: number) => number = aeron.aeron_counter_get_acquire;

/** Stores an aligned u64 with release. The value must be a safe integer. */
export const storeRelease: (address: number, value: number) => void = aeron.aeron_counter_set_release;

/** Orders loads before it with all loads and stores after it. */
export const acquireFence: () => void = aeron.aeron_acquire;

/** Orders all loads and stores before it with stores after it. */
export const releaseFence: () => void = aeron.aeron_release;

const TWO_32 = 0x1_0000_0000;
/** One word as a double and as two halves of 32 bits, low one first (the host is little-endian). */
const wordAsDouble = new Float64Array(1);
const wordAsHalves = new Uint32Array(wordAsDouble.buffer);

/**
 * Aligned u64s of shared memory, each stored and loaded by one 8-byte move: what the engine makes of an element of a
 * Float64Array, whatever tier it runs in. Half of what a call into libaeron costs. A move orders nothing by itself: the
 * fences do, in the CPU (on x86-64 stores stay in order, and so do loads; on arm64 a fence before a plain store is a release, a
 * fence after a plain load an acquire) and in the engine, which moves no load or store across a call that it cannot look into.
 * So every store has a fence between it and what must be seen before it, and every load one between it and what must not be.
 */
export class SharedWords {
  readonly #doubles: Float64Array;

  /** @throws RangeError when the buffer is not of whole words */
  constructor(buffer: ArrayBuffer) {
    this.#doubles = new Float64Array(buffer);
  }

  /** Stores a safe integer from 0 on. Its bits are those of a tiny double, and never of a NaN, which would not survive. */
  store(index: number, value: number): void {
    const high = Math.floor(value / TWO_32);
    wordAsHalves[0] = value - high * TWO_32;
    wordAsHalves[1] = high;
    this.#doubles[index] = wordAsDouble[0] as number;
  }

  /** The word; exact up to 2^53, and beyond that equal to no number up to there. */
  load(index: number): number {
    wordAsDouble[0] = this.#doubles[index] as number;
    return (wordAsHalves[0] as number) + (wordAsHalves[1] as number) * TWO_32;
  }
}
