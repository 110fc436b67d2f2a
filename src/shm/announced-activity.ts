import { type PoolAnnouncement, planMapping } from "./announcement.ts";
import type { AllowedBaseDirs } from "./base-dirs.ts";
import { RegionError } from "./errors.ts";
import { MappedRegion } from "./mapped-region.ts";

/**
 * The activity timestamp of announced regions: CLOCK_MONOTONIC ns, 0 once their owner has ended the stream. "gone": the files no longer
 * exist. "unknown": they cannot be read, or do not match the announce.
 */
export function announcedActivity(
  announcement: PoolAnnouncement,
  baseDirs: AllowedBaseDirs,
): bigint | "gone" | "unknown" {
  let region: MappedRegion | null = null;
  try {
    const { uri, identity } = planMapping(announcement).headerRing;
    region = MappedRegion.map(uri, identity, baseDirs);
    return region.activity();
  } catch (error) {
    if (!(error instanceof RegionError)) throw error;
    return error.code === "region-gone" ? "gone" : "unknown";
  } finally {
    region?.close();
  }
}
