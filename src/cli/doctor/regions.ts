import { accessSync, constants, statSync } from "node:fs";
import { dirname } from "node:path";
import { monotonic } from "../../aeron/monotonic.ts";
import { processNs } from "../../core/clock.ts";
import { NotFoundError } from "../../core/errors.ts";
import { formatBytes, formatCount } from "../../core/units.ts";
import { type RegionReport, reportOf } from "../../observe/region-report.ts";
import { InspectionError } from "../../shm/inspection.ts";
import { exclusiveLockHolder } from "../../shm/lock-holder.ts";
import { listed, locate } from "../inspect/locate.ts";
import { bad, type Finding, ok, warn } from "./finding.ts";
import type { Host } from "./host.ts";

/** Checks the folder of the regions: whether it can be used, and whether dead processes left regions in it. */
export function regionFindings(host: Host, shmDir: string): Finding[] {
  if (!host.isDirectory(shmDir)) return [ok("regions", `${shmDir} is not there yet: producers make it`)];
  const rights = rightsFinding(shmDir);
  const reports = reportsBelow(shmDir);
  const [idle, used] = parted(reports, isIdle);
  const [retained, dead] = parted(idle, ({ path }) => livesOwnerOf(path));
  const sum = (of: readonly RegionReport[]): string =>
    formatBytes(of.reduce((bytes, each) => bytes + each.allocatedBytes, 0));
  const kept = retained.length === 0 ? "" : `, ${retained.length} kept by owners that live (${sum(retained)})`;
  const found = `${formatCount(used.length)} in use (${sum(used)})${kept}`;
  if (dead.length === 0) return [rights, ok("regions", `${found}, nothing left over`)];
  const folders = [...new Set(dead.map(({ path }) => dirname(path)))];
  return [
    rights,
    warn(
      "regions",
      `${found}, ${dead.length} left over (${sum(dead)}) in ${listed(folders)}`,
      "`tensorpool gc` removes what is provably dead",
    ),
  ];
}

/** Splits a list into the items that meet a condition and the others. */
function parted<T>(all: readonly T[], condition: (each: T) => boolean): [readonly T[], readonly T[]] {
  return [all.filter(condition), all.filter((each) => !condition(each))];
}

/** True if no process has the region mapped, and nothing shows that it may be needed again. */
function isIdle({ owner }: RegionReport): boolean {
  return owner !== null && owner.state !== "alive" && owner.holdsLock === false && owner.mappers.length === 0;
}

/**
 * True for the ended epochs that a live owner retains (D-19): its lock is on the instance, and gc removes none of them. Checked only if
 * the kernel lists locks: trying the lock, as gc does, could make an owner fail that starts at that moment.
 */
function livesOwnerOf(regionPath: string): boolean {
  const instance = statSync(dirname(dirname(regionPath)), { bigint: true, throwIfNoEntry: false });
  return instance !== undefined && exclusiveLockHolder(instance) !== null;
}

function reportsBelow(shmDir: string): RegionReport[] {
  try {
    return locate(`${shmDir}/.`, shmDir).paths.flatMap((path) => {
      try {
        return [reportOf(path, 0, () => monotonic.toBigint(processNs()))];
      } catch (error) {
        // The file was removed meanwhile or belongs to another user: its state is unknown.
        if (error instanceof InspectionError) return [];
        throw error;
      }
    });
  } catch (error) {
    if (error instanceof NotFoundError) return [];
    throw error;
  }
}

function rightsFinding(shmDir: string): Finding {
  try {
    accessSync(shmDir, constants.R_OK | constants.W_OK | constants.X_OK);
    return ok("rights", `${shmDir} can be read and written`);
  } catch (error) {
    const found = `${shmDir}: ${(error as NodeJS.ErrnoException).code}`;
    return bad("rights", found, "join the group that owns it (--share group), or name another folder with --shm-dir");
  }
}
