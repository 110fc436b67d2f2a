import type { PoolOptions } from "../../shm/region-plan.ts";

const PAGE_BYTES = 4096;
const MAX_STRIDE_BYTES = 2 ** 31;
/** Memory that a stream uses unless more is requested. */
const DEFAULT_RING_BYTES = 64 * 1024 * 1024;
const DEFAULT_SLOTS = 64;
const MIN_SLOTS = 8;

/** One pool whose slots hold frames of `byteLength`: the stride is the next power of two, and at least a page (W-04). */
export function poolsFor(byteLength: number): readonly PoolOptions[] {
  let strideBytes = PAGE_BYTES;
  while (strideBytes < byteLength && strideBytes < MAX_STRIDE_BYTES) strideBytes *= 2;
  return [{ poolId: 1, strideBytes }];
}

/** Slots of a ring that stays at a moderate size; large frames get fewer slots, but never less than eight. */
export function slotsFor(pools: readonly PoolOptions[]): number {
  const bytesPerSlot = pools.reduce((sum, pool) => sum + pool.strideBytes, 0);
  let slots = DEFAULT_SLOTS;
  while (slots > MIN_SLOTS && slots * bytesPerSlot > DEFAULT_RING_BYTES) slots /= 2;
  return slots;
}
