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
