/** What a look at a role showed. */
export interface Look {
  /** Since the look before. */
  readonly elapsedMs: number;
  /** Of those, the time for which the role or one of its peers was ready to run and had no CPU. */
  readonly starvedMs: number;
  /** True when the role, or a peer that it needs, does not run or has just begun to. */
  readonly isDisturbed: boolean;
  readonly hasProgressed: boolean;
}

/** Finds a role that shows no progress for longer than allowed, though it and its peers run. */
export class SilenceWatch {
  readonly #limitMs: number;
  #silentMs = 0;
  #isReported = false;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** True when the limit was passed with this look: once for each silence. */
  look({ elapsedMs, starvedMs, isDisturbed, hasProgressed }: Look): boolean {
    if (isDisturbed || hasProgressed) {
      this.#silentMs = 0;
      this.#isReported = false;
      return false;
    }
    this.#silentMs += Math.max(0, elapsedMs - starvedMs);
    if (this.#isReported || this.#silentMs <= this.#limitMs) return false;
    this.#isReported = true;
    return true;
  }
}
