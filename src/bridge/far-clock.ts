/** Clocks of two machines drift apart by no more than this share of the time: 100 parts in a million. */
const DRIFT = 100e-6;

/**
 * What the CLOCK_MONOTONIC of another host shows, by its answers: each was given at some time within its round trip, so that half of
 * that is the error. The best answer counts until drift has made it worse than a newer one.
 */
export class FarClock {
  #offsetNs = 0;
  #errorNs = Number.POSITIVE_INFINITY;
  #heardNs = 0;

  /** Of this host's process time, by how much the other clock may be off. Infinity while nothing is known. */
  errorAt(nowNs: number): number {
    return this.#errorNs + Math.max(0, nowNs - this.#heardNs) * DRIFT;
  }

  /** What is to be added to this host's clock. */
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

  /** Another host, or the same after its start, answers from now on. */
  clear(): void {
    this.#errorNs = Number.POSITIVE_INFINITY;
  }
}
