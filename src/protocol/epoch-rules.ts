/** What the next epoch has to be above. */
export interface EpochsSoFar {
  /** The highest that has a directory; null when none has. */
  readonly highestOnDisk: bigint | null;
  /** The highest that this process has given out for the stream; 0 when none. */
  readonly current: number;
  /** Wall clock, in milliseconds. */
  readonly wallClockMs: number;
}

/**
 * The next epoch (D-13): above every epoch on disk, above the current one, and not below the wall clock in milliseconds, so
 * that epochs grow even when the directories were emptied. Always exact as a number; null when an epoch on disk leaves no
 * exact number above it.
 */
export function nextEpochAfter({ highestOnDisk, current, wallClockMs }: EpochsSoFar): number | null {
  const highest = highestOnDisk ?? 0n;
  if (highest >= BigInt(Number.MAX_SAFE_INTEGER) || current >= Number.MAX_SAFE_INTEGER) return null;
  return Math.max(Number(highest) + 1, current + 1, Math.floor(wallClockMs));
}

/** An epoch of which the directory is still there. */
export interface RetainedEpoch {
  readonly epoch: number | bigint;
  /** When it was superseded; null for the one that is current. */
  readonly endedNs: number | null;
  /** True when a frame was, or may have been, written in it. */
  readonly hadFrames: boolean;
}

/** How long ended epochs stay readable (D-18, D-19). */
export interface RetentionPolicy {
  /** The newest ended epochs that stay, whatever their age. */
  readonly keep: number;
  /** No ended epoch goes earlier, unless it never carried a frame. */
  readonly minAgeNs: number;
}

/**
 * The retained epochs that may go by rule, oldest first (D-19): those that never carried a frame as soon as they are
 * superseded, and of the others all but the newest `keep`, once they are `minAgeNs` old. Whether a process still uses one is
 * for its locks to say.
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
