import { type MappingPlan, type PoolAnnouncement, planMapping } from "./announcement.ts";
import type { AllowedBaseDirs } from "./base-dirs.ts";
import { RegionError } from "./errors.ts";
import { MappedRegion } from "./mapped-region.ts";
import type { MappingAccess, RegionMemory } from "./mapping.ts";

/** A header ring, including its superblock: slots begin at byte 64 (W-02). */
export interface HeaderRingRegion {
  readonly uri: string;
  /** Canonical path of the file. */
  readonly path: string;
  readonly mapping: RegionMemory;
}

/** A payload pool, including its superblock: slots begin at byte 64 (W-02). */
export interface PayloadPoolRegion {
  readonly poolId: number;
  readonly strideBytes: number;
  readonly uri: string;
  /** Canonical path of the file. */
  readonly path: string;
  readonly mapping: RegionMemory;
}

/** All regions of a stream that another process owns: either all or none are mapped (W-31). */
export class MappedStream {
  readonly streamId: number;
  readonly epoch: bigint;
  readonly nslots: number;
  readonly headerRing: HeaderRingRegion;
  /** In ascending order of stride. */
  readonly pools: readonly PayloadPoolRegion[];
  readonly #plan: MappingPlan;
  /** The header ring, then the pools in the order of the plan. */
  readonly #regions: readonly MappedRegion[];
  #holders = 0;
  #isClosing = false;

  private constructor(announce: PoolAnnouncement, plan: MappingPlan, regions: readonly MappedRegion[]) {
    this.streamId = announce.streamId;
    this.epoch = announce.epoch;
    this.nslots = announce.headerNslots;
    this.#plan = plan;
    this.#regions = regions;
    const [ring, ...pools] = regions as [MappedRegion, ...MappedRegion[]];
    this.headerRing = { uri: ring.uri, path: ring.path, mapping: ring.mapping };
    this.pools = plan.pools.map(({ poolId, strideBytes, uri }, index) => {
      const { path, mapping } = pools[index] as MappedRegion;
      return { poolId, strideBytes, uri, path, mapping };
    });
  }

  /**
   * Checks the announce and every region of it, and maps them. One refused region refuses the stream: all regions mapped so far are
   * unmapped again (W-31). Readers map "read-only" (W-29).
   * @throws RegionError, which names the rule and the value; after "region-gone" try again at the next announce
   */
  static map(announce: PoolAnnouncement, baseDirs: AllowedBaseDirs, access: MappingAccess = "read-only"): MappedStream {
    const plan = planMapping(announce);
    const regions: MappedRegion[] = [];
    try {
      for (const { uri, identity } of [plan.headerRing, ...plan.pools]) {
        regions.push(MappedRegion.map(uri, identity, baseDirs, access));
      }
      return new MappedStream(announce, plan, regions);
    } catch (error) {
      for (const region of regions) region.close();
      throw error;
    }
  }

  /**
   * Validates the mapped superblocks again, and that their files still exist and are long enough (W-07, W-08). After an error the stream
   * must be closed.
   * @throws RegionError
   */
  recheck(): void {
    const identities = [this.#plan.headerRing, ...this.#plan.pools];
    for (const [index, region] of this.#regions.entries()) {
      region.recheck((identities[index] as (typeof identities)[number]).identity);
    }
  }

  /**
   * Checks that an announce of the same epoch describes these regions (W-07). One that does not comes from another owner and proves nothing
   * about them.
   * @throws RegionError
   */
  requireSame(announce: PoolAnnouncement): void {
    const plan = planMapping(announce);
    const mapped = [this.#plan.headerRing, ...this.#plan.pools];
    const announced = [plan.headerRing, ...plan.pools];
    if (announced.length !== mapped.length) {
      throw mismatch("number of pools", String(mapped.length - 1), String(announced.length - 1));
    }
    for (const [index, { uri, identity }] of mapped.entries()) {
      const other = announced[index] as (typeof announced)[number];
      if (other.uri !== uri) throw mismatch("region URI under the same epoch", uri, other.uri);
      for (const key of ["epoch", "streamId", "poolId", "nslots", "slotBytes"] as const) {
        if (other.identity[key] !== identity[key])
          throw mismatch(key, String(identity[key]), String(other.identity[key]));
      }
    }
  }

  /** CLOCK_MONOTONIC ns of the owner's last sign of life in any of the regions (W-08). */
  activity(): bigint {
    let latest = 0n;
    for (const region of this.#regions) {
      const activity = region.activity();
      if (activity > latest) latest = activity;
    }
    return latest;
  }

  /** The owner's process id in its superblock: informational. */
  get pid(): bigint {
    return (this.#regions[0] as MappedRegion).pid;
  }

  /** Keeps everything mapped after `close` until `release`, because native code reads from it. */
  hold(): void {
    this.#holders++;
  }

  /** Ends a `hold`. */
  release(): void {
    this.#holders--;
    if (this.#isClosing) this.close();
  }

  /** Unmaps everything once it is not held; idempotent. Remaining views read zeros. */
  close(): void {
    this.#isClosing = true;
    if (this.#holders > 0) return;
    for (const region of this.#regions) region.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function mismatch(what: string, expected: string, found: string): RegionError {
  return new RegionError("superblock-mismatch", { subject: "", what, expected, found, rule: "W-07" });
}
