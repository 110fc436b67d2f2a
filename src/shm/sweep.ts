import { fstatSync } from "node:fs";
import { closeFile, O, openAt, tryLock } from "../../ffi/libc.ts";
import { errnoOf } from "../core/system-errors.ts";
import type { Directory } from "./directory.ts";
import { epochOfDirectoryName, isRegionFileName } from "./layout.ts";

/** Result of a sweep. */
export interface SweepReport {
  /** Paths of the epoch directories whose regions were removed. */
  readonly removed: readonly string[];
  /** Paths of those that are in use, or that we may not remove. */
  readonly kept: readonly string[];
  readonly freedBytes: number;
}

/** Failures that mean: not ours, changed by another process, or not accessible for now. Such a directory is left alone. */
export const NOT_OURS: ReadonlySet<string> = new Set([
  "ENOENT",
  "ELOOP",
  "ENOTDIR",
  "EACCES",
  "EPERM",
  "ENXIO",
  "EROFS",
  "EMFILE",
  "ENFILE",
  "ENOMEM",
  "EIO",
]);

/**
 * Removes the epochs in an instance directory whose regions no process uses (D-19). Owners and mappers hold a shared lock on every region,
 * so one that can be locked exclusively is provably unused, even if its users lived in another container. Touches only regular files with
 * the names of regions, and follows no links.
 * @param spare epochs that stay, regardless of their locks
 */
export function sweepEpochs(instance: Directory, spare: (epoch: bigint) => boolean = () => false): SweepReport {
  const removed: string[] = [];
  const kept: string[] = [];
  let freedBytes = 0;
  for (const name of instance.names()) {
    const epoch = epochOfDirectoryName(name);
    if (epoch === null) continue;
    const freed = spare(epoch) ? null : unlessNotOurs(() => removeEpoch(instance, name));
    (freed === null ? kept : removed).push(instance.pathOf(name));
    freedBytes += freed ?? 0;
  }
  return { removed, kept, freedBytes };
}

/**
 * Sweeps every instance of a namespace whose owner is gone: an owner holds an exclusive lock on its instance directory.
 * @throws SystemError for failures other than missing rights or missing directories
 */
export function sweepNamespace(namespace: Directory): SweepReport {
  const total = { removed: [] as string[], kept: [] as string[], freedBytes: 0 };
  for (const name of namespace.names()) {
    const report = unlessNotOurs(() => sweepInstance(namespace, name));
    if (report === null) continue;
    total.removed.push(...report.removed);
    total.kept.push(...report.kept);
    total.freedBytes += report.freedBytes;
  }
  return total;
}

function sweepInstance(namespace: Directory, name: string): SweepReport | null {
  const instance = namespace.child(name);
  try {
    if (!tryLock(instance.fd, "exclusive")) return null;
    const report = sweepEpochs(instance);
    // Only if something of ours was in it: an empty directory of unknown use is not ours to remove.
    if (report.removed.length > 0) namespace.removeChild(name);
    return report;
  } finally {
    instance.close();
  }
}

/**
 * Removes the regions of an epoch that no process uses, or with `isDryRun` only checks whether they could be removed.
 * @returns bytes freed, or null if a region of the epoch is in use
 * @throws SystemError
 */
export function removeEpoch(instance: Directory, name: string, isDryRun = false): number | null {
  const epoch = instance.child(name);
  const locked: number[] = [];
  try {
    const files = epoch.names().filter(isRegionFileName);
    let freedBytes = 0;
    for (const file of files) {
      const fd = openAt(epoch.fd, file, O.RDONLY | O.NOFOLLOW | O.NONBLOCK);
      locked.push(fd);
      const stat = fstatSync(fd);
      if (!stat.isFile() || !tryLock(fd, "exclusive")) return null;
      freedBytes += stat.blocks * 512;
    }
    if (isDryRun) return freedBytes;
    // All locks are held until all names are removed: no process that arrives now can map half an epoch.
    for (const file of files) epoch.removeFile(file);
    instance.removeChild(name);
    return freedBytes;
  } finally {
    for (const fd of locked) closeFile(fd);
    epoch.close();
  }
}

function unlessNotOurs<T>(action: () => T): T | null {
  try {
    return action();
  } catch (error) {
    if (NOT_OURS.has(errnoOf(error))) return null;
    throw error;
  }
}
