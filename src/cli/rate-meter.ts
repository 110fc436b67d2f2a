/** Turns counters that only grow into rates per second, from one reading to the next. */
export class RateMeter {
  #lastNs = Number.NaN;
  readonly #last = new Map<string, number>();

  /** Begins a reading at this time; returns the seconds since the one before, 0 for the first. */
  begin(nowNs: number): number {
    const seconds = Number.isNaN(this.#lastNs) ? 0 : (nowNs - this.#lastNs) / 1e9;
    this.#lastNs = nowNs;
    return seconds;
  }

  /** Growth of `name` per second since the last reading. */
  rate(name: string, value: number, seconds: number): number {
    const before = this.#last.get(name) ?? 0;
    this.#last.set(name, value);
    return seconds > 0 ? (value - before) / seconds : 0;
  }
}
