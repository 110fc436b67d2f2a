import { type PoolAnnouncement, planMapping } from "./announcement.ts";
import type { AllowedBaseDirs } from "./base-dirs.ts";
import { RegionError } from "./errors.ts";
import { MappedRegion } from "./mapped-region.ts";

/**
 * The sign of life that is in announced regions now: CLOCK_MONOTONIC ns, 0 once their owner has ended the stream. "gone": the files
 * are not there any more. "unknown": they may not be looked at, or are not what was announced.
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
