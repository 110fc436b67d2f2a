/** Detects a condition that has held for a while without interruption. */
export class Sustained {
  #sinceNs = Number.POSITIVE_INFINITY;

  /** Updates the condition; true once it has held for `durationNs`. */
  holdsFor(nowNs: number, isSo: boolean, durationNs: number): boolean {
    if (!isSo) this.#sinceNs = Number.POSITIVE_INFINITY;
    else if (nowNs < this.#sinceNs) this.#sinceNs = nowNs;
    return nowNs - this.#sinceNs >= durationNs;
  }

  reset(): void {
    this.#sinceNs = Number.POSITIVE_INFINITY;
  }
}
