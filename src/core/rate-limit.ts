/** Lets a burst pass, then one per period, and counts those held back since the last that passed. */
export class RateLimit {
  readonly #periodNs: number;
  readonly #burst: number;
  #tokens: number;
  #lastNs = 0;
  #heldBack = 0;

  constructor(periodNs: number, burst = 1) {
    this.#periodNs = periodNs;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** True when this one may pass. */
  tryPass(nowNs: number): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + Math.max(0, nowNs - this.#lastNs) / this.#periodNs);
    this.#lastNs = nowNs;
    if (this.#tokens < 1) {
      this.#heldBack += 1;
      return false;
    }
    this.#tokens -= 1;
    return true;
  }

  /** Number held back since the last call of this method. */
  takeHeldBack(): number {
    const count = this.#heldBack;
    this.#heldBack = 0;
    return count;
  }
}
