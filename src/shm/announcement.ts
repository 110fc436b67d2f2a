import { isPowerOfTwo } from "../protocol/stream-layout.ts";
import { RegionError } from "./errors.ts";
import {
  HEADER_SLOT_BYTES,
  headerRingIdentity,
  LAYOUT_VERSION,
  payloadPoolIdentity,
  type RegionIdentity,
  regionBytes,
} from "./superblock.ts";
import { parseRegionUri } from "./uri.ts";

/** One pool of a `PoolAnnouncement`. */
export interface AnnouncedPool {
  readonly poolId: number;
  readonly poolNslots: number;
  readonly strideBytes: number;
  readonly regionUri: string;
}

/** A stream's regions as announced (ShmPoolAnnounce) or granted with a lease. */
export interface PoolAnnouncement {
  readonly streamId: number;
  readonly producerId: number;
  readonly epoch: bigint;
  readonly layoutVersion: number;
  readonly headerNslots: number;
  readonly headerSlotBytes: number;
  readonly maxDims: number;
  readonly pools: readonly AnnouncedPool[];
  readonly headerRegionUri: string;
}

/**
 * (ours) Most slots of a ring, 1 GiB of headers: readers keep a word per slot, and a foreign announce must not determine how much memory
 * that takes.
 */
export const MAX_NSLOTS = 2 ** 22;
/** (ours) Most pools of a stream: each needs a descriptor and a mapping in every reader. */
export const MAX_POOLS = 256;
/** (ours) Largest region in bytes: well within exact numbers and the address space of a process. */
export const MAX_REGION_BYTES = 2 ** 44;
/** The only value of `maxDims` (W-24). */
const ANNOUNCED_MAX_DIMS = 8;

/** One region to be mapped, and the expected contents of its superblock. */
export interface PlannedRegion {
  readonly uri: string;
  readonly identity: RegionIdentity;
}

/** The regions of an announce that passed all checks; pools in ascending order of stride. */
export interface MappingPlan {
  readonly headerRing: PlannedRegion;
  readonly pools: readonly (PlannedRegion & { readonly poolId: number; readonly strideBytes: number })[];
}

/**
 * Runs all checks of an announce that need no file access: W-24, W-03, W-04, W-25 and bounds.
 * @throws RegionError
 */
export function planMapping(announce: PoolAnnouncement): MappingPlan {
  const { streamId, epoch, headerNslots } = announce;
  requireEqual("layout-unsupported", "layoutVersion", LAYOUT_VERSION, announce.layoutVersion);
  requireEqual("layout-unsupported", "headerSlotBytes", HEADER_SLOT_BYTES, announce.headerSlotBytes);
  requireEqual("layout-unsupported", "maxDims", ANNOUNCED_MAX_DIMS, announce.maxDims);
  if (!isPowerOfTwo(headerNslots) || headerNslots > MAX_NSLOTS) {
    throw invalid("headerNslots", `a power of two up to ${MAX_NSLOTS}`, headerNslots, "W-15");
  }
  if (announce.pools.length === 0 || announce.pools.length > MAX_POOLS) {
    throw invalid("pools", `1 to ${MAX_POOLS}`, announce.pools.length, "W-05");
  }
  parseRegionUri(announce.headerRegionUri);
  const poolIds = new Set<number>();
  const pools = announce.pools.map((pool) => {
    const name = `pool ${pool.poolId}`;
    if (poolIds.has(pool.poolId)) throw invalid("poolId", "each id once", `${pool.poolId} again`, "W-05");
    poolIds.add(pool.poolId);
    if (pool.poolNslots !== headerNslots) {
      throw invalid(`${name}: poolNslots`, `the header ring's ${headerNslots}`, pool.poolNslots, "W-03");
    }
    if (!isPowerOfTwo(pool.strideBytes))
      throw invalid(`${name}: strideBytes`, "a power of two", pool.strideBytes, "W-04");
    const identity = payloadPoolIdentity(streamId, epoch, headerNslots, pool.poolId, pool.strideBytes);
    const bytes = regionBytes(identity);
    if (bytes > MAX_REGION_BYTES) throw invalid(`${name}: size`, `at most ${MAX_REGION_BYTES} bytes`, bytes, "W-02");
    parseRegionUri(pool.regionUri);
    return { uri: pool.regionUri, identity, poolId: pool.poolId, strideBytes: pool.strideBytes };
  });
  pools.sort((a, b) => a.strideBytes - b.strideBytes || a.poolId - b.poolId);
  return {
    headerRing: { uri: announce.headerRegionUri, identity: headerRingIdentity(streamId, epoch, headerNslots) },
    pools,
  };
}

function requireEqual(code: "layout-unsupported", what: string, expected: number, found: number): void {
  if (found === expected) return;
  throw new RegionError(code, { subject: "", what, expected: String(expected), found: String(found) });
}

function invalid(what: string, expected: string, found: number | string, rule: string): RegionError {
  return new RegionError("layout-invalid", { subject: "", what, expected, found: String(found), rule });
}
