import { monotonic } from "../aeron/monotonic.ts";
import type { FrameHeader } from "../protocol/frame-header.ts";

/** Older frames are of another clock, whatever their stream says. */
const MAX_DELAY_NS = 600e9;

/** A mean of delays, and by how much it may be off. */
export interface Delay {
  readonly delayNs: number;
  readonly errorNs: number;
}

/** How old frames of another host are when they are complete here, by the offset between both clocks that their sender knows. */
export class FrameDelay {
  /** What is to be added to the sender's CLOCK_MONOTONIC for this host's. */
  #offsetNs = 0;
  #clockErrorNs = Number.POSITIVE_INFINITY;
  #cycleNs = 0;
  /** Of the newest frame of this cycle. */
  #timestampNs = Number.NaN;
  #sumNs = 0;
  #count = 0;
  #longestCycleNs = 0;
  #newest: Delay | null = null;

  /** Of the frames before the last `take`; null while the clock is not known. */
  get newest(): Delay | null {
    return this.#newest;
  }

  /** This host's clock is `offsetNs` ahead of the sender's, within `errorNs`; Infinity: that is not known. */
  setClock(offsetNs: number, errorNs: number): void {
    this.#offsetNs = offsetNs;
    this.#clockErrorNs = errorNs;
  }

  /** A frame is complete. The next cycle says when that was, within the length of this one. */
  onFrame({ timestampHigh, timestampLow }: FrameHeader): void {
    // A frame without a timestamp has 0 there.
    if (timestampHigh === 0 && timestampLow === 0) return;
    this.#timestampNs = monotonic.toProcessNs(timestampHigh, timestampLow);
  }

  /** A cycle begins: frames of the one before were complete by now. */
  onCycle(nowNs: number): void {
    const cycleNs = nowNs - this.#cycleNs;
    this.#cycleNs = nowNs;
    // NaN where no frame came.
    const delayNs = nowNs - (this.#timestampNs + this.#offsetNs);
    this.#timestampNs = Number.NaN;
    const isKnown = Number.isFinite(this.#clockErrorNs) && delayNs >= -this.#clockErrorNs && delayNs <= MAX_DELAY_NS;
    if (!isKnown) return;
    this.#sumNs += delayNs;
    this.#count++;
    this.#longestCycleNs = Math.max(this.#longestCycleNs, cycleNs);
  }

  /** The mean since the last call. */
  take(): void {
    const isKnown = this.#count > 0 && Number.isFinite(this.#clockErrorNs);
    const [delayNs, errorNs] = [this.#sumNs / this.#count, this.#clockErrorNs + this.#longestCycleNs];
    this.#newest = isKnown ? { delayNs: Math.max(0, Math.round(delayNs)), errorNs: Math.round(errorNs) } : null;
    this.#sumNs = 0;
    this.#count = 0;
    this.#longestCycleNs = 0;
  }
}
