import { RateWindow } from "./rate-window.ts";

/**
 * A count that another process reports: the total over its restarts, and its rate. A report that is lower than the one before
 * is the count of a process that began again, and is added to what was counted until then.
 */
export class RunningTotal {
  readonly #window = new RateWindow();
  #total = 0;
  #reported = 0;

  get total(): number {
    return this.#total;
  }

  /** Takes a report. The first one counts in full: it is what happened before anybody watched. */
  report(nowNs: number, count: number): void {
    if (count < this.#reported) this.#window.restart();
    this.#total += count >= this.#reported ? count - this.#reported : count;
    this.#reported = count;
    this.#window.add(nowNs, this.#total);
  }

  /** Begins where another total's reports have come to: what grows from there on is this one's. */
  continueFrom(earlier: RunningTotal): void {
    this.#reported = earlier.#reported;
    const { newestNs } = earlier.#window;
    if (Number.isFinite(newestNs)) this.#window.add(newestNs, this.#total);
  }

  /** Counting begins at 0 again, as frames do with an epoch. */
  beginAnew(): void {
    this.#reported = 0;
    this.#window.restart();
  }

  /** What grows from here on is another epoch's: the rate begins again, the total continues. */
  restartRate(): void {
    this.#window.restart();
  }

  /** Per second; null while it is not known. */
  perSecond(nowNs: number): number | null {
    return this.#window.perSecond(nowNs);
  }

  /** How much it grew within the window of the rate. */
  get growth(): number {
    return this.#window.growth;
  }
}

/** Reports to a total that begins with its first report. */
export function reported(total: RunningTotal | null, nowNs: number, count: number): RunningTotal {
  const kept = total ?? new RunningTotal();
  kept.report(nowNs, count);
  return kept;
}
