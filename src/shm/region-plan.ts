import { isId, MAX_ID } from "../protocol/ids.ts";
import { isPowerOfTwo } from "../protocol/stream-layout.ts";
import { MAX_NSLOTS, MAX_POOLS, MAX_REGION_BYTES } from "./announcement.ts";
import { PAGE_BYTES } from "./backing.ts";
import { RegionCreateError } from "./errors.ts";
import { HEADER_RING_FILE, poolFile } from "./layout.ts";
import type { Sharing } from "./rights.ts";
import { headerRingIdentity, payloadPoolIdentity, type RegionIdentity, regionBytes } from "./superblock.ts";
import type { SystemFiles } from "./system-files.ts";

export interface PoolOptions {
  /** 0 to 65,535, unique in the stream. */
  readonly poolId: number;
  /** A power of two and a multiple of the backing page (W-04). */
  readonly strideBytes: number;
}

/** The regions of one epoch of a stream. */
export interface EpochOptions {
  readonly streamId: number;
  /** A power of two from 1 to 2^22, the same for the header ring and all pools (W-03). */
  readonly nslots: number;
  /** 1 to 256. */
  readonly pools: readonly PoolOptions[];
  /** Refuse a base directory that is not on hugetlbfs (W-28). */
  readonly requireHugepages?: boolean;
  /** Fault in all pages during creation. */
  readonly prefault?: boolean;
  /** Default: this process. */
  readonly pid?: number;
  /** CLOCK_MONOTONIC ns; also the first activity timestamp. */
  readonly startTimestampNs: bigint;
  /** Ended epochs that are kept while there is room, although no process uses them; omitted: none. */
  readonly retains?: (epoch: bigint) => boolean;
  /** The kernel's files about memory; for tests. */
  readonly systemFiles?: SystemFiles;
}

export interface RegionSetOptions extends EpochOptions {
  /** Absolute; created if it is missing. */
  readonly baseDir: string;
  readonly namespace: string;
  /** Contains the stream id (W-30). */
  readonly instanceId: string;
  readonly mode: Sharing;
  /** The group that owns the files; default: the system's choice. */
  readonly gid?: number;
}

/** A file to be created; its identity lacks the epoch. */
export interface PlannedFile {
  readonly name: string;
  readonly identity: RegionIdentity;
}

/** The options that determine the layout of a stream's regions. */
export type LayoutOptions = Pick<EpochOptions, "streamId" | "nslots" | "pools">;

/** The files of an epoch, header ring first, pools in ascending order of stride. @throws RegionCreateError "invalid-options" */
export function planFiles(options: LayoutOptions): PlannedFile[] {
  const { streamId, nslots } = options;
  if (!isId(streamId)) throw invalid(`stream id: expected 1 to ${MAX_ID}, found ${streamId}`, "W-07");
  if (!isPowerOfTwo(nslots) || nslots > MAX_NSLOTS) {
    throw invalid(`nslots: expected a power of two from 1 to ${MAX_NSLOTS}, found ${nslots}`, "W-03");
  }
  if (options.pools.length === 0 || options.pools.length > MAX_POOLS) {
    throw invalid(`pools: expected 1 to ${MAX_POOLS}, found ${options.pools.length}`, "W-05");
  }
  const files: PlannedFile[] = [{ name: HEADER_RING_FILE, identity: headerRingIdentity(streamId, 0n, nslots) }];
  const poolIds = new Set<number>();
  for (const { poolId, strideBytes } of sortedPools(options)) {
    requireUint("pool id", poolId, 0xffff, "W-07");
    if (poolIds.has(poolId)) throw invalid(`pool id ${poolId}: expected each id once`, "W-05");
    poolIds.add(poolId);
    if (!isPowerOfTwo(strideBytes) || strideBytes % PAGE_BYTES !== 0 || strideBytes > 0xffff_ffff) {
      const expected = `a power of two from ${PAGE_BYTES} (a page) to 2147483648`;
      throw invalid(`pool ${poolId}: strideBytes: expected ${expected}, found ${strideBytes}`, "W-04");
    }
    const identity = payloadPoolIdentity(streamId, 0n, nslots, poolId, strideBytes);
    if (regionBytes(identity) > MAX_REGION_BYTES) {
      throw invalid(
        `pool ${poolId}: expected at most ${MAX_REGION_BYTES} bytes, found ${regionBytes(identity)}`,
        "W-02",
      );
    }
    files.push({ name: poolFile(poolId), identity });
  }
  return files;
}

/** In ascending order of stride. */
export function sortedPools(options: Pick<EpochOptions, "pools">): PoolOptions[] {
  return [...options.pools].sort((a, b) => a.strideBytes - b.strideBytes || a.poolId - b.poolId);
}

function requireUint(what: string, value: number, max: number, rule: string): void {
  if (Number.isInteger(value) && value >= 0 && value <= max) return;
  throw invalid(`${what}: expected 0 to ${max}, found ${value}`, rule);
}

function invalid(message: string, rule: string): RegionCreateError {
  return new RegionCreateError("invalid-options", message, { rule });
}
