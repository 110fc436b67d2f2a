import type { HeaderRingRegion, PayloadPoolRegion } from "./mapped-stream.ts";

/** All regions of one epoch of a stream as its producer writes them: its own (`RegionSet`) or a driver's (`LeasedRegions`). */
export interface WritableRegions {
  readonly streamId: number;
  /** Exact as a number; on the wire a u64. */
  readonly epoch: number;
  readonly nslots: number;
  readonly headerRing: HeaderRingRegion;
  /** In ascending order of stride. */
  readonly pools: readonly PayloadPoolRegion[];
  /** Refreshes the activity timestamp (W-08): CLOCK_MONOTONIC ns as two unsigned words; 0 and 0: the stream has ended. */
  refreshActivity(high: number, low: number): void;
  /** Ends all mappings. Idempotent. */
  close(): void;
}
