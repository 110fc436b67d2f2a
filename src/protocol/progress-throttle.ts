/** How often readers want progress of a frame that is being written. */
export interface ProgressDemand {
  readonly intervalNs: number;
  readonly bytesDelta: number;
}

/** Where no reader says otherwise (W-42). */
export const DEFAULT_PROGRESS: ProgressDemand = { intervalNs: 250e3, bytesDelta: 65_536 };
/** What a producer does not go below, whatever readers ask for. */
export const PROGRESS_FLOOR: ProgressDemand = { intervalNs: 50e3, bytesDelta: 4_096 };

/** The smallest interval and delta that were asked for, but not below the floor. */
export function strictestDemand(
  asked: readonly ProgressDemand[],
  floor: ProgressDemand = PROGRESS_FLOOR,
): ProgressDemand {
  let { intervalNs, bytesDelta } = asked[0] ?? DEFAULT_PROGRESS;
  for (const demand of asked) {
    intervalNs = Math.min(intervalNs, demand.intervalNs);
    bytesDelta = Math.min(bytesDelta, demand.bytesDelta);
  }
  return { intervalNs: Math.max(intervalNs, floor.intervalNs), bytesDelta: Math.max(bytesDelta, floor.bytesDelta) };
}

/**
 * Decides which updates of one frame are sent (W-42): those that came an interval after the last one that was sent, and those
 * that are a delta further, but at least the floor's interval apart. What is held back is due when the interval is over.
 */
export class ProgressThrottle {
  readonly #floorNs: number;
  #sentNs = Number.NEGATIVE_INFINITY;
  #sentBytes = 0;

  constructor(floor: ProgressDemand = PROGRESS_FLOOR) {
    this.#floorNs = floor.intervalNs;
  }

  /** Begins a frame, whose start was just sent. */
  begin(nowNs: number): void {
    this.#sentNs = nowNs;
    this.#sentBytes = 0;
  }

  isDue(nowNs: number, bytesFilled: number, demand: ProgressDemand): boolean {
    if (bytesFilled === this.#sentBytes) return false;
    const elapsedNs = nowNs - this.#sentNs;
    if (elapsedNs >= demand.intervalNs) return true;
    return elapsedNs >= this.#floorNs && bytesFilled - this.#sentBytes >= demand.bytesDelta;
  }

  sent(nowNs: number, bytesFilled: number): void {
    this.#sentNs = nowNs;
    this.#sentBytes = bytesFilled;
  }
}
