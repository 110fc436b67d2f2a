/** Clocks of two machines drift apart by at most this fraction: 100 parts per million. */
const DRIFT = 100e-6;

/**
 * The CLOCK_MONOTONIC of another host, estimated from its answers: each was given at some time within its round trip, so that half of the
 * round trip is the error. The best answer is used until drift makes it worse than a newer one.
 */
export class FarClock {
  #offsetNs = 0;
  #errorNs = Number.POSITIVE_INFINITY;
  #heardNs = 0;

  /** The possible error of the other clock at this process time. Infinity while nothing is known. */
  errorAt(nowNs: number): number {
    return this.#errorNs + Math.max(0, nowNs - this.#heardNs) * DRIFT;
  }

  /** Offset to add to this host's clock. */
  get offsetNs(): number {
    return this.#offsetNs;
  }

  /**
   * An answer had come by now, `offsetNs` of its clock before this one, `roundTripNs` after its question. Both sides date what they
   * receive with the beginning of their next cycle: it was there by then, so that the round trip includes what a cycle takes.
   */
  onAnswer(offsetNs: number, roundTripNs: number, nowNs: number): void {
    const errorNs = roundTripNs / 2;
    if (errorNs > this.errorAt(nowNs)) return;
    this.#offsetNs = offsetNs + errorNs;
    this.#errorNs = errorNs;
    this.#heardNs = nowNs;
  }

  /** From now on another host, or the same host after a restart, answers. */
  clear(): void {
    this.#errorNs = Number.POSITIVE_INFINITY;
  }
}
