import { aeron } from "../../ffi/aeron.ts";
import { overlay } from "../../ffi/memory.ts";
import { MAX_INT32 } from "../core/integer.ts";

/**
 * The only memory ordering primitives of this project. `Atomics` cannot be used: on a read-only mapping its loads fault, and its 64-bit
 * operations allocate (docs/MEMORY_ORDERING.md). libaeron exports 8-byte acquire loads, release stores and fences; the JIT also never moves
 * plain loads and stores across a call into it.
 */

/**
 * Loads an aligned u64 with acquire. Values up to 2^53 are exact numbers, so that `===` with an expected number is exact; larger values are
 * returned as a number that equals no number up to there.
 */
export const loadAcquire: (address: number) => number = aeron.aeron_counter_get_acquire;

/** Stores an aligned u64 with release. The value must be a safe integer. */
const storeRelease: (address: number, value: number) => void = aeron.aeron_counter_set_release;

/** Orders loads before it with all loads and stores after it. */
export const acquireFence: () => void = aeron.aeron_acquire;

/** Orders all loads and stores before it with stores after it. */
export const releaseFence: () => void = aeron.aeron_release;

const TWO_32 = 0x1_0000_0000;
/** One word as a double and as two halves of 32 bits, low one first (the host is little-endian). */
const wordAsDouble = new Float64Array(1);
const wordAsHalves = new Uint32Array(wordAsDouble.buffer);
const wordAsSignedHalves = new Int32Array(wordAsDouble.buffer);

/** The double with the bits of a safe integer of at least 0: never a NaN, whose bits might not be preserved. */
function doubleOf(value: number): number {
  const high = Math.floor(value / TWO_32);
  wordAsHalves[0] = value - high * TWO_32;
  wordAsHalves[1] = high;
  return wordAsDouble[0] as number;
}

/** The double with the bits of 2^52: from here on doubles are not denormal, so that a step that is flushed to 0 would go unnoticed. */
const SMALLEST_NORMAL = doubleOf(2 ** 52);
/** Steps from one word to the next up to this size are added. */
const MAX_STEP = 8;
/** The doubles whose bits are the steps -MAX_STEP to MAX_STEP. */
const STEPS = Float64Array.from({ length: 2 * MAX_STEP + 1 }, (_, i) =>
  i < MAX_STEP ? -doubleOf(MAX_STEP - i) : doubleOf(i - MAX_STEP),
);

/**
 * Aligned u64s of shared memory, each stored and loaded by one 8-byte move: the engine compiles access to a Float64Array element to such a
 * move in every tier. This costs half of a call into libaeron. A move alone orders nothing: the fences do, in the CPU (on x86-64 stores
 * stay in order, and so do loads; on arm64 a fence before a plain store is a release, a fence after a plain load an acquire) and in the
 * engine, which moves no load or store across an opaque call. So a fence stands between every store and the accesses that must be visible
 * before it, and between every load and those that must come after it.
 */
export class SharedWords {
  readonly #doubles: Float64Array;
  /** The last stored value, as a number and as the double with its bits. */
  #value = 0;
  #double = 0;

  /** @throws RangeError if the buffer does not consist of whole words */
  constructor(buffer: ArrayBuffer) {
    this.#doubles = new Float64Array(buffer);
  }

  /**
   * Stores a safe integer of at least 0. The double with the bits of an integer up to 2^53 is that integer times 2^-1074, so that the one
   * for the next integer is a sum. (Storing two halves and loading them as one double at once waits until every earlier store has reached
   * the cache, which takes as long as the rest of a small frame. A product takes as long on some CPUs.)
   */
  store(index: number, value: number): void {
    const step = value - this.#value;
    let double = 0;
    if (step >= -MAX_STEP && step <= MAX_STEP) double = this.#double + (STEPS[step + MAX_STEP] as number);
    // The step is too large, the word is 0 or beyond 2^52, or a library set this thread to flush denormals to 0 (-ffast-math does).
    if (!(double > 0 && double < SMALLEST_NORMAL)) double = doubleOf(value);
    this.#value = value;
    this.#double = double;
    this.#doubles[index] = double;
  }

  /** The word; exact up to 2^53, and beyond that unequal to every number up to there. */
  load(index: number): number {
    wordAsDouble[0] = this.#doubles[index] as number;
    return (wordAsHalves[0] as number) + (wordAsHalves[1] as number) * TWO_32;
  }

  /** Loads the word: true if it is `value`, a safe integer of at least 0. */
  holds(index: number, value: number): boolean {
    wordAsDouble[0] = this.#doubles[index] as number;
    if (value <= MAX_INT32) return wordAsSignedHalves[0] === value && wordAsSignedHalves[1] === 0;
    return (wordAsHalves[0] as number) + (wordAsHalves[1] as number) * TWO_32 === value;
  }
}

/**
 * An aligned u64 that other processes read, and that may pass to another owner while this process is paused: a minute may pass between any
 * check and the store after it. A store takes effect only if the word still holds the last stored value. Only the lower half is compared
 * and exchanged (64-bit operations allocate, see above); if the upper half changes, once in 2^32, the store is a plain one.
 */
export class OwnedWord {
  readonly #address: number;
  readonly #halves: Int32Array;
  #value: number;

  /** `value`: the word's current value, a safe integer of at least 0. */
  constructor(address: number, value: number) {
    this.#address = address;
    this.#halves = new Int32Array(overlay(address, 8));
    this.#value = value;
  }

  /** Stores a safe integer with release; false if the word no longer holds the last stored value. */
  store(value: number): boolean {
    const old = this.#value;
    this.#value = value;
    if (Math.floor(old / TWO_32) !== Math.floor(value / TWO_32)) {
      storeRelease(this.#address, value);
      return true;
    }
    return Atomics.compareExchange(this.#halves, 0, old | 0, value | 0) === (old | 0);
  }
}
