import type { LedgerRow } from "../../recording/ledger-reader.ts";
import type { FrameTimes } from "./frame-times.ts";

/** Frames missing between an epoch's recorded ones, see `lackOf`. */
export interface EpochLack {
  /** Frames that are lost between two frames of these numbers. */
  lostBetween(previous: number, seq: number): number;
  /** Frames that the recorder's account has as lost; infinite without an account. */
  readonly lost: number;
  /** From one recorded frame to the next, as it usually is: 3 where 1 frame in 3 was recorded. */
  readonly step: number;
}

/** Frames of one epoch: from `first` on, up to but not including `end`. */
interface Range {
  readonly first: number;
  readonly end: number;
}

/**
 * Numbers absent from a recording belong to frames that were lost or never wanted: of a decimated stream, or left out by a recorder that
 * reads every third frame, the newest, or a limited rate. The recorder's account has the number of lost frames; the usual distance of the
 * numbers shows which ones, or, without one, the longest gaps are taken for them.
 */
export function lackOf(times: FrameTimes, range: Range, row: LedgerRow | undefined): EpochLack {
  const distances = new Map<number, number>();
  let absent = 0;
  for (let i = range.first + 1; i < range.end; i++) {
    const distance = (times.seq[i] as number) - (times.seq[i - 1] as number);
    if (distance < 1) continue;
    absent += distance - 1;
    distances.set(distance, (distances.get(distance) ?? 0) + 1);
  }
  const lost = row === undefined ? null : Object.values(row.missing).reduce((sum, count) => sum + count, 0);
  const step = usualOf(distances);
  if (lost === 0) return { step, lost, lostBetween: () => 0 };
  if (lost === null ? step === 1 : absent <= lost) {
    return {
      step: 1,
      lost: lost ?? Number.POSITIVE_INFINITY,
      lostBetween: (previous, seq) => Math.max(0, seq - previous - 1),
    };
  }
  const every: EpochLack = {
    step,
    lost: lost ?? Number.POSITIVE_INFINITY,
    lostBetween: (previous, seq) => Math.ceil((seq - previous) / step) - 1,
  };
  if (lost === null) return every;
  const shortest = step > 1 ? step + 1 : shortestLost(distances, lost);
  const whole: EpochLack = {
    step,
    lost,
    lostBetween: (previous, seq) => (seq - previous >= shortest ? seq - previous - 1 : 0),
  };
  if (step === 1) return whole;
  // A recorder may not know whether a frame that it never received was wanted.
  const errorOf = ({ lostBetween }: EpochLack): number =>
    Math.abs([...distances].reduce((sum, [distance, count]) => sum + lostBetween(0, distance) * count, 0) - lost);
  return errorOf(every) <= errorOf(whole) ? every : whole;
}

/** The distance of at least half of the frames; 1 if there is none. */
function usualOf(distances: ReadonlyMap<number, number>): number {
  const total = [...distances.values()].reduce((sum, count) => sum + count, 0);
  const usual = [...distances].find(([, count]) => count >= 3 && count * 2 >= total);
  return usual?.[0] ?? 1;
}

/** The distance from which on gaps contain at least this many frames together. */
function shortestLost(distances: ReadonlyMap<number, number>, lost: number): number {
  let sum = 0;
  for (const [distance, count] of [...distances].sort(([a], [b]) => b - a)) {
    sum += (distance - 1) * count;
    if (sum >= lost) return Math.max(2, distance);
  }
  return 2;
}
