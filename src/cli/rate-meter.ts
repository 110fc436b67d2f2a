/** Turns counters that only grow into rates per second, from one reading to the next. */
export class RateMeter {
  #lastNs: number;
  readonly #last = new Map<string, number>();

  /** `startNs`: when the counters were 0. */
  constructor(startNs: number) {
    this.#lastNs = startNs;
  }

  /** Begins a reading at this time; returns the seconds since the one before, or since the start. */
  begin(nowNs: number): number {
    const seconds = (nowNs - this.#lastNs) / 1e9;
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
