/** Lower bounds of the next epoch. */
export interface EpochsSoFar {
  /** The highest epoch that has a directory; null if there is none. */
  readonly highestOnDisk: bigint | null;
  /** The highest epoch that this process has assigned to the stream; 0 if none. */
  readonly current: number;
  /** Wall clock, in milliseconds. */
  readonly wallClockMs: number;
}

/**
 * The next epoch (D-13): above every epoch on disk, above the current one, and not below the wall clock in milliseconds, so that epochs
 * grow even after the directories were removed. Always a safe integer; null if no safe integer is left above the existing epochs.
 */
export function nextEpochAfter({ highestOnDisk, current, wallClockMs }: EpochsSoFar): number | null {
  const highest = highestOnDisk ?? 0n;
  if (highest >= BigInt(Number.MAX_SAFE_INTEGER) || current >= Number.MAX_SAFE_INTEGER) return null;
  return Math.max(Number(highest) + 1, current + 1, Math.floor(wallClockMs));
}

/** An epoch whose directory still exists. */
export interface RetainedEpoch {
  readonly epoch: number | bigint;
  /** When it was superseded; null for the current one. */
  readonly endedNs: number | null;
  /** True if a frame was, or may have been, written in it. */
  readonly hadFrames: boolean;
}

/** How long ended epochs stay readable (D-18, D-19). */
export interface RetentionPolicy {
  /** Number of newest ended epochs with frames that are kept, whatever their age. */
  readonly keep: number;
  /** Ended epochs are kept at least this long, unless they never carried a frame. */
  readonly minAgeNs: number;
}

/**
 * The retained epochs that the rules allow to remove, oldest first (D-19): those that never carried a frame as soon as they are superseded,
 * and all others except the newest `keep` once they ended `minAgeNs` ago. Their locks show whether a process still uses one.
 */
export function epochsToSweep<T extends RetainedEpoch>(
  retained: readonly T[],
  nowNs: number,
  { keep, minAgeNs }: RetentionPolicy,
): T[] {
  const ended = retained.filter(({ endedNs }) => endedNs !== null).toSorted((a, b) => (a.epoch < b.epoch ? -1 : 1));
  const withFrames = ended.filter(({ hadFrames }) => hadFrames);
  const kept = new Set(withFrames.slice(Math.max(0, withFrames.length - keep)));
  return ended.filter((each) => {
    if (!each.hadFrames) return true;
    return !kept.has(each) && nowNs - (each.endedNs ?? nowNs) >= minAgeNs;
  });
}
