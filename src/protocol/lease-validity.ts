import { CADENCE_NS } from "./stream-ids.ts";

/** Announce periods without an announce after which a driver counts as silent. */
const SILENT_PERIODS = 3;
/** Announce periods without an announce after which another driver's announces count: it has replaced the first. */
const OVERDUE_PERIODS = 1.5;
/** How late an announce may be. */
const SILENCE_SLACK_NS = 0.5e9;
/** Longest announce period that is assumed: a longer wait would hide the death of a driver. */
const MAX_PERIOD_NS = 60e9;
/** Keepalives are sent at least this often within the duration of a lease, so that a late one does no harm. */
const KEEPALIVES_PER_DURATION = 3;

export type LeaseFault = "expired" | "driver-silent";

/**
 * A client's own view of its lease. Keepalives are not answered, so the client infers the expiry (D-11), and it counts so that it stops
 * before the driver does: from the start of the cycle that sent a keepalive, which is before the driver can have read it, and with the
 * duration that was left when the driver's answer arrived, which is shorter than the granted one by the time in transit.
 *
 * The announce period is a setting of the driver that no message carries. It is learned, across leases: it starts at the default; a longer
 * gap between announces raises it; if a lease ended for silence but the next request was answered, it is doubled; and after three periods
 * of announces it is reduced to the longest gap among them.
 */
export class LeaseValidity {
  #durationNs = 0;
  #intervalNs = 0;
  #expiresNs = Number.NEGATIVE_INFINITY;
  #keepaliveDueNs = Number.POSITIVE_INFINITY;
  #defaultPeriodNs = 0;
  #periodNs = 0;
  #heardNs = 0;
  /** When the announce arrived from which gaps are measured; null until the first of this lease. */
  #firstHeardNs: number | null = null;
  #longestGapNs = 0;
  #wasSilent = false;

  /**
   * A lease was granted.
   * @param durationNs the remaining time without a keepalive; each keepalive extends the lease by the same time
   * @param keepaliveIntervalNs the longest time between keepalives; a shorter lease needs them more often
   * @param announcePeriodNs the driver's announce period, until a longer one is observed
   */
  begin(nowNs: number, durationNs: number, keepaliveIntervalNs: number, announcePeriodNs: number = CADENCE_NS): void {
    this.#durationNs = durationNs;
    this.#intervalNs = Math.min(keepaliveIntervalNs, durationNs / KEEPALIVES_PER_DURATION);
    this.#expiresNs = nowNs + durationNs;
    // At once: the answer may have been in transit for a long time, and mapping may take time.
    this.#keepaliveDueNs = nowNs;
    this.#defaultPeriodNs = announcePeriodNs;
    this.#setPeriod(this.#wasSilent ? this.#periodNs * 2 : this.#periodNs);
    this.#heardNs = nowNs;
    this.#firstHeardNs = null;
    this.#longestGapNs = 0;
    this.#wasSilent = false;
  }

  /** When the lease ends unless a keepalive is sent. */
  get expiresNs(): number {
    return this.#expiresNs;
  }

  /** True if a keepalive should be sent. */
  keepaliveDue(nowNs: number): boolean {
    return nowNs >= this.#keepaliveDueNs;
  }

  /** A keepalive was sent in the cycle that began at this time; one that could not be sent extends nothing. */
  keepaliveSent(nowNs: number): void {
    this.#expiresNs = nowNs + this.#durationNs;
    this.#keepaliveDueNs = nowNs + this.#intervalNs;
  }

  /** The driver announced the stream, or its silence so far does not count. */
  announceHeard(nowNs: number): void {
    const gapNs = nowNs - this.#heardNs;
    // A gap beyond the allowed silence is a pause of this process, and shows nothing about the driver.
    if (this.#firstHeardNs === null || gapNs > this.allowedSilenceNs) this.#beginHearing(nowNs);
    else this.#learn(nowNs, gapNs, this.#firstHeardNs);
    this.#heardNs = nowNs;
    this.#wasSilent = false;
  }

  #learn(nowNs: number, gapNs: number, firstHeardNs: number): void {
    this.#longestGapNs = Math.max(this.#longestGapNs, gapNs);
    if (gapNs > this.#periodNs) this.#setPeriod(gapNs);
    if (nowNs - firstHeardNs < this.#periodNs * SILENT_PERIODS) return;
    this.#setPeriod(this.#longestGapNs);
    this.#beginHearing(nowNs);
  }

  #beginHearing(nowNs: number): void {
    this.#firstHeardNs = nowNs;
    this.#longestGapNs = 0;
  }

  /**
   * Why shared memory must not be accessed any more; null while the lease holds. "expired": the driver may have ended it for lack of
   * keepalives. "driver-silent": the driver did not announce for about three announce periods (D-17).
   */
  fault(nowNs: number): LeaseFault | null {
    if (nowNs >= this.#expiresNs) return "expired";
    if (nowNs - this.#heardNs <= this.allowedSilenceNs) return null;
    this.#wasSilent = true;
    return "driver-silent";
  }

  /** True if the driver's next announce should have arrived by now. */
  isAnnounceOverdue(nowNs: number): boolean {
    return nowNs - this.#heardNs > this.#periodNs * OVERDUE_PERIODS;
  }

  /** The longest allowed silence of the driver, derived from its announce period. */
  get allowedSilenceNs(): number {
    return this.#periodNs * SILENT_PERIODS + SILENCE_SLACK_NS;
  }

  #setPeriod(periodNs: number): void {
    this.#periodNs = Math.max(this.#defaultPeriodNs, Math.min(periodNs, MAX_PERIOD_NS));
  }
}
