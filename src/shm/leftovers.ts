import { join } from "node:path";
import { tryLock } from "../../ffi/libc.ts";
import { errnoOf } from "../core/system-errors.ts";
import { Directory } from "./directory.ts";
import { InspectionError, RegionInspection, type SuperblockFields } from "./inspection.ts";
import { lockHoldersOf } from "./inspection-locks.ts";
import { epochOfDirectoryName, HEADER_RING_FILE, isRegionFileName } from "./layout.ts";
import { exclusiveLockHolder, type LockHolder } from "./lock-holder.ts";
import { NOT_OURS, removeEpoch } from "./sweep.ts";

/** A folder of regions, and whether it is provably unused (D-19). */
export interface Leftover {
  /** An epoch; or a whole instance, if that has an owner or is empty. */
  readonly kind: "epoch" | "instance";
  readonly path: string;
  readonly streamId: number | null;
  readonly epoch: string | null;
  readonly uid: number;
  /** Pid of the process that created it, in its own pid namespace, according to the superblock. */
  readonly pid: number | null;
  /** Processes that hold locks on it, as far as they are visible here. */
  readonly holders: readonly LockHolder[];
  readonly bytes: number;
  /** Since its owner's last sign of life or, if that is unknown, since the folder was changed. */
  readonly ageMs: number;
  readonly state: "removed" | "removable" | "kept";
  /** Why it is kept or may be removed. */
  readonly why: string;
}

export interface LeftoverOptions {
  /** Report without removing anything. */
  readonly isDryRun: boolean;
  /** CLOCK_MONOTONIC ns. */
  readonly nowNs: bigint;
}

const UNUSED = "its owner is gone, and no process has it mapped";

/**
 * Lists `<base>/<namespace>/<instance>/epoch-<E>` (W-30) and removes what is provably dead: an instance whose lock is free, and in it
 * epochs whose regions can all be locked exclusively (D-19). Another user's folders always stay.
 * @throws SystemError for failures other than missing rights or missing folders
 */
export function findLeftovers(baseDir: string, options: LeftoverOptions): Leftover[] {
  const found = withDirectory(
    () => Directory.open(baseDir),
    (base) =>
      childrenOf(base).flatMap(
        (name) =>
          withDirectory(
            () => base.child(name),
            (namespace) => ofNamespace(base, name, namespace, options),
          ) ?? [],
      ),
  );
  return found ?? [];
}

function ofNamespace(base: Directory, name: string, namespace: Directory, options: LeftoverOptions): Leftover[] {
  const found = childrenOf(namespace).flatMap(
    (child) =>
      withDirectory(
        () => namespace.child(child),
        (instance) => ofInstance(namespace, child, instance, options),
      ) ?? [],
  );
  if (found.some(({ state }) => state === "removed")) base.removeChild(name);
  return found;
}

function ofInstance(namespace: Directory, name: string, instance: Directory, options: LeftoverOptions): Leftover[] {
  const epochs = instance.names().filter((child) => epochOfDirectoryName(child) !== null);
  const uid = Number(instance.stat().uid);
  const whole = (state: Leftover["state"], why: string, holders: readonly LockHolder[] = []): Leftover[] => {
    const looks = epochs.flatMap(
      (epoch) =>
        withDirectory(
          () => instance.child(epoch),
          (each) => look(each, options),
        ) ?? [],
    );
    const bytes = looks.reduce((sum, each) => sum + each.bytes, 0);
    const { streamId = null, pid = null } = looks.at(-1) ?? {};
    const ageMs = Math.min(...looks.map((each) => each.ageMs), ageOf(instance));
    return [
      { kind: "instance", path: instance.path, epoch: null, streamId, pid, uid, holders, bytes, ageMs, state, why },
    ];
  };
  if (!isMine(uid)) return whole("kept", `it belongs to user ${uid}`);
  if (!tryLock(instance.fd, "exclusive")) {
    const holder = exclusiveLockHolder(instance.stat());
    return whole(
      "kept",
      `its owner lives: ${holder === null ? "it holds its lock" : describe([holder])}`,
      holder === null ? [] : [holder],
    );
  }
  if (epochs.length === 0) {
    // Only folders named like ours: any other empty folder is not ours to remove.
    if (instance.names().length > 0 || !/-\d+$/.test(name)) return [];
    const rows = whole(options.isDryRun ? "removable" : "removed", "it is empty, and its owner is gone");
    return options.isDryRun || namespace.removeChild(name) ? rows : [];
  }
  const found = epochs.flatMap((epoch) => ofEpoch(instance, epoch, options) ?? []);
  if (found.some(({ state }) => state === "removed")) namespace.removeChild(name);
  return found;
}

/** Null if it has disappeared meanwhile. */
function ofEpoch(instance: Directory, name: string, options: LeftoverOptions): Leftover | null {
  const seen = withDirectory(
    () => instance.child(name),
    (epoch) => ({ ...look(epoch, options), uid: Number(epoch.stat().uid) }),
  );
  if (seen === null) return null;
  const { uid } = seen;
  const row = { kind: "epoch", path: instance.pathOf(name), epoch: name.slice("epoch-".length), ...seen } as const;
  if (!isMine(uid)) return { ...row, state: "kept", why: `it belongs to user ${uid}` };
  let freedBytes: number | null;
  try {
    freedBytes = removeEpoch(instance, name, options.isDryRun);
  } catch (error) {
    const errno = errnoOf(error);
    if (!NOT_OURS.has(errno)) throw error;
    return errno === "ENOENT" ? null : { ...row, state: "kept", why: `it cannot be looked at: ${errno}` };
  }
  if (freedBytes === null) {
    const { holders } = seen;
    return {
      ...row,
      state: "kept",
      why: `in use by ${holders.length === 0 ? "a process that is not seen from here" : describe(holders)}`,
    };
  }
  return { ...row, bytes: freedBytes, state: options.isDryRun ? "removable" : "removed", why: UNUSED };
}

interface EpochLook {
  readonly streamId: number | null;
  readonly pid: number | null;
  readonly holders: readonly LockHolder[];
  readonly bytes: number;
  readonly ageMs: number;
}

/** Only reads: nothing is locked. */
function look(epoch: Directory, { nowNs }: LeftoverOptions): EpochLook {
  let bytes = 0;
  let superblock: SuperblockFields | null = null;
  const holders = new Map<number, LockHolder>();
  for (const name of epoch.names().filter(isRegionFileName)) {
    try {
      using region = RegionInspection.open(join(epoch.path, name));
      bytes += Number(region.stat.blocks) * 512;
      if (name === HEADER_RING_FILE || superblock === null) superblock = region.superblock;
      for (const holder of lockHoldersOf(region.stat) ?? []) holders.set(holder.pid, holder);
    } catch (error) {
      // It has disappeared, or belongs to another user.
      if (!(error instanceof InspectionError)) throw error;
    }
  }
  const activityNs = superblock?.activityTimestampNs ?? 0n;
  const isKnown = activityNs > 0n && activityNs <= nowNs;
  return {
    streamId: superblock?.streamId ?? null,
    pid: superblock === null ? null : Number(superblock.pid),
    holders: [...holders.values()],
    bytes,
    ageMs: isKnown ? Number((nowNs - activityNs) / 1_000_000n) : ageOf(epoch),
  };
}

function isMine(uid: number): boolean {
  return uid === process.geteuid?.();
}

function ageOf(directory: Directory): number {
  return Math.max(0, Date.now() - Number(directory.stat().mtimeMs));
}

function describe(holders: readonly LockHolder[]): string {
  return holders.map(({ pid, command }) => `process ${pid}${command === "" ? "" : ` (${command})`}`).join(", ");
}

function childrenOf(directory: Directory): string[] {
  try {
    return directory.names().sort();
  } catch (error) {
    if (NOT_OURS.has(errnoOf(error))) return [];
    throw error;
  }
}

/** Null if the folder is gone, is not a folder, or may not be opened. */
function withDirectory<T>(open: () => Directory, action: (directory: Directory) => T): T | null {
  let directory: Directory;
  try {
    directory = open();
  } catch (error) {
    if (NOT_OURS.has(errnoOf(error))) return null;
    throw error;
  }
  try {
    return action(directory);
  } finally {
    directory.close();
  }
}
