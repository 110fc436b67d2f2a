/** The layout of regions that this version writes and reads (W-24). */
export const LAYOUT_VERSION = 1;

/** Bytes of a slot of the header ring (W-02); the `headerSlotBytes` of announces and leases. */
export const HEADER_SLOT_BYTES = 256;

/** One payload pool of a stream: the fields that attaching needs. */
export interface PoolLayout {
  readonly poolId: number;
  readonly nslots: number;
  readonly strideBytes: number;
}

/** Layout of a stream's regions, whether they exist or are still to be created. */
export interface StreamLayout {
  readonly layoutVersion: number;
  /** The configured limit, which every answer carries. */
  readonly maxDims: number;
  /** Slots of the header ring. */
  readonly nslots: number;
  readonly pools: readonly PoolLayout[];
  /** True if the regions are, or would be, on hugetlbfs. */
  readonly isOnHugepages: boolean;
}

/** True for 1, 2, 4, ... */
export function isPowerOfTwo(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1 && Number.isInteger(Math.log2(value));
}
