/** Computes rates per second of counters that only grow, from one reading to the next. */
export class RateMeter {
  readonly #leastNs: number;
  #lastNs: number;
  #last = new Map<string, number>();
  /** The reading before the last one, from which rates are now measured. */
  #beforeNs: number | null = null;
  #before = new Map<string, number>();
  #from: ReadonlyMap<string, number> = this.#last;

  /**
   * `startNs`: when the counters were 0. `periodNs`: the usual interval of readings. A reading less than half a period after the last one,
   * such as the final one, would give a meaningless rate: it is measured from the reading before.
   */
  constructor(startNs: number, periodNs = 0) {
    this.#lastNs = startNs;
    this.#leastNs = periodNs / 2;
  }

  /** Begins a reading at this time; returns the seconds over which its rates are measured. */
  begin(nowNs: number): number {
    const isShort = this.#beforeNs !== null && nowNs - this.#lastNs < this.#leastNs;
    if (!isShort) {
      this.#beforeNs = this.#lastNs;
      this.#before = this.#last;
    }
    this.#from = this.#before;
    this.#lastNs = nowNs;
    this.#last = new Map();
    return (nowNs - (this.#beforeNs ?? nowNs)) / 1e9;
  }

  /** Increase of `name` per second in this reading. */
  rate(name: string, value: number, seconds: number): number {
    this.#last.set(name, value);
    return seconds > 0 ? (value - (this.#from.get(name) ?? 0)) / seconds : 0;
  }
}
