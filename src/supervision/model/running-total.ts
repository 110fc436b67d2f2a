import { RateWindow } from "./rate-window.ts";

/**
 * A count that another process reports: its total across restarts, and its rate. A report that is lower than the one before is the count of
 * a restarted process, and is added to the total so far.
 */
export class RunningTotal {
  readonly #window = new RateWindow();
  #total = 0;
  #reported = 0;

  get total(): number {
    return this.#total;
  }

  /** Adds a report. The first one counts in full: it covers the time before this process watched. */
  report(nowNs: number, count: number): void {
    if (count < this.#reported) this.#window.restart();
    this.#total += count >= this.#reported ? count - this.#reported : count;
    this.#reported = count;
    this.#window.add(nowNs, this.#total);
  }

  /** Continues from another total's reports: only the growth after them is counted here. */
  continueFrom(earlier: RunningTotal): void {
    this.#reported = earlier.#reported;
    const { newestNs } = earlier.#window;
    if (Number.isFinite(newestNs)) this.#window.add(newestNs, this.#total);
  }

  /** Restarts the count at 0, as frames do with an epoch. */
  beginAnew(): void {
    this.#reported = 0;
    this.#window.restart();
  }

  /** A new epoch begins: the rate restarts, the total continues. */
  restartRate(): void {
    this.#window.restart();
  }

  /** Per second; null while unknown. */
  perSecond(nowNs: number): number | null {
    return this.#window.perSecond(nowNs);
  }

  /** Growth within the window of the rate. */
  get growth(): number {
    return this.#window.growth;
  }
}

/** Adds a report to a total, which is created by its first report. */
export function reported(total: RunningTotal | null, nowNs: number, count: number): RunningTotal {
  const kept = total ?? new RunningTotal();
  kept.report(nowNs, count);
  return kept;
}
