import { monotonic } from "../aeron/monotonic.ts";
import type { FrameHeader } from "../protocol/frame-header.ts";

/** Older frames use another clock, whatever their stream claims. */
const MAX_DELAY_NS = 600e9;

/** A mean delay and its possible error. */
export interface Delay {
  readonly delayNs: number;
  readonly errorNs: number;
}

/** Age of another host's frames when they are complete here, computed from the clock offset that their sender reports. */
export class FrameDelay {
  /** Offset to add to the sender's CLOCK_MONOTONIC to get this host's. */
  #offsetNs = 0;
  #clockErrorNs = Number.POSITIVE_INFINITY;
  /** When this cycle began; NaN before the first. */
  #cycleNs = Number.NaN;
  /** Of the frames of this cycle, when it began: negative for those that were stamped since. */
  #agesNs = 0;
  #youngestNs = Number.POSITIVE_INFINITY;
  #cycleCount = 0;
  /** Since the last `take`. */
  #sumNs = 0;
  #count = 0;
  #longestCycleNs = 0;
  #largestClockErrorNs = 0;
  #newest: Delay | null = null;

  /** Delay of the frames before the last `take`; null while the clock is unknown. */
  get newest(): Delay | null {
    return this.#newest;
  }

  /** This host's clock is `offsetNs` ahead of the sender's, within `errorNs`; Infinity: unknown. */
  setClock(offsetNs: number, errorNs: number): void {
    this.#offsetNs = offsetNs;
    this.#clockErrorNs = errorNs;
  }

  /** A frame is complete. The next cycle gives the time of that, within the length of this cycle. */
  onFrame({ timestampHigh, timestampLow }: FrameHeader): void {
    // A frame without a timestamp has 0 there.
    if (timestampHigh === 0 && timestampLow === 0) return;
    const ageNs = this.#cycleNs - monotonic.toProcessNs(timestampHigh, timestampLow) - this.#offsetNs;
    if (!(ageNs <= MAX_DELAY_NS) || !Number.isFinite(this.#clockErrorNs)) return;
    this.#agesNs += ageNs;
    this.#youngestNs = Math.min(this.#youngestNs, ageNs);
    this.#cycleCount++;
    this.#largestClockErrorNs = Math.max(this.#largestClockErrorNs, this.#clockErrorNs);
  }

  /** A cycle begins: frames of the previous one are complete by now. */
  onCycle(nowNs: number): void {
    const cycleNs = nowNs - this.#cycleNs;
    this.#cycleNs = nowNs;
    const count = this.#cycleCount;
    if (count === 0) return;
    // A frame from the future is of another clock, and so are those that came with it.
    if (this.#youngestNs + cycleNs >= -this.#largestClockErrorNs) {
      this.#sumNs += this.#agesNs + count * cycleNs;
      this.#count += count;
      this.#longestCycleNs = Math.max(this.#longestCycleNs, cycleNs);
    }
    this.#agesNs = 0;
    this.#youngestNs = Number.POSITIVE_INFINITY;
    this.#cycleCount = 0;
  }

  /** The mean since the last call. */
  take(): void {
    const isKnown = this.#count > 0 && Number.isFinite(this.#clockErrorNs);
    const [delayNs, errorNs] = [this.#sumNs / this.#count, this.#largestClockErrorNs + this.#longestCycleNs];
    this.#newest = isKnown ? { delayNs: Math.max(0, Math.round(delayNs)), errorNs: Math.round(errorNs) } : null;
    this.#sumNs = 0;
    this.#count = 0;
    this.#longestCycleNs = 0;
    this.#largestClockErrorNs = 0;
  }
}
