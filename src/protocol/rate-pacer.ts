/** Largest delay after which the pacer still catches up; beyond it, the schedule starts again, which avoids a burst. */
const MAX_BACKLOG_NS = 100e6;

/** Determines when the next frame of a fixed rate is due; keeps the average rate across short delays. */
export class RatePacer {
  readonly #periodNs: number;
  #nextNs = Number.NEGATIVE_INFINITY;

  /** @throws RangeError for a rate that is not above 0 */
  constructor(rateHz: number) {
    if (!(rateHz > 0)) throw new RangeError(`a rate is above 0 per second, found ${rateHz}`);
    this.#periodNs = 1e9 / rateHz;
  }

  isDue(nowNs: number): boolean {
    return nowNs >= this.#nextNs;
  }

  /** Removes one frame from the schedule. */
  advance(nowNs: number): void {
    this.#nextNs = nowNs - this.#nextNs > MAX_BACKLOG_NS ? nowNs + this.#periodNs : this.#nextNs + this.#periodNs;
  }
}
