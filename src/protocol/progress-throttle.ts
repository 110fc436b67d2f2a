/** How often readers want progress reports of a frame that is being written. */
export interface ProgressDemand {
  readonly intervalNs: number;
  readonly bytesDelta: number;
}

/** The demand if no reader sets one (W-42). */
export const DEFAULT_PROGRESS: ProgressDemand = { intervalNs: 250e3, bytesDelta: 65_536 };
/** The lower limit of a producer, whatever readers request. */
export const PROGRESS_FLOOR: ProgressDemand = { intervalNs: 50e3, bytesDelta: 4_096 };

/** The smallest requested interval and delta, but not below the floor. */
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
 * Decides which updates of a frame are sent (W-42): those that come an interval after the last one sent, and those that are a delta of
 * bytes further, but at least the floor's interval apart. An update that is held back is due when the interval is over.
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
