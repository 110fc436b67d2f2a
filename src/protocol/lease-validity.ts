import { CADENCE_NS } from "./stream-ids.ts";

/** Announce periods without an announce after which a driver counts as silent. */
const SILENT_PERIODS = 3;
/** Announce periods without an announce after which another driver's announces count: it has taken the place of the first. */
const OVERDUE_PERIODS = 1.5;
/** What an announce may be late by. */
const SILENCE_SLACK_NS = 0.5e9;
/** A driver that announces less often than this is not waited for: it would hide the death of another. */
const MAX_PERIOD_NS = 60e9;
/** A keepalive is sent at least this often within the duration of a lease, so that one that is late does no harm. */
const KEEPALIVES_PER_DURATION = 3;

export type LeaseFault = "expired" | "driver-silent";

/**
 * A client's own view of its lease. Keepalives are not answered, so it infers (D-11), and it counts so that it gives up before
 * the driver does: from the start of the cycle in which a keepalive was sent, which is before the driver can have read it, and
 * with the duration that was left when the driver's answer had come, which is one flight less than the driver grants.
 *
 * How often a driver announces is its own setting, which no message carries. It is learned, over all leases: at first the period
 * is taken to be the default; a longer gap between announces shows another one; when a lease ended for silence, but there was
 * an answer to the next request, twice as much is allowed; and what three periods of hearing did not need is taken back.
 */
export class LeaseValidity {
  #durationNs = 0;
  #intervalNs = 0;
  #expiresNs = Number.NEGATIVE_INFINITY;
  #keepaliveDueNs = Number.POSITIVE_INFINITY;
  #defaultPeriodNs = 0;
  #periodNs = 0;
  #heardNs = 0;
  /** When the announce came from which on gaps are looked at; null until the first of this lease. */
  #firstHeardNs: number | null = null;
  #longestGapNs = 0;
  #wasSilent = false;

  /**
   * A lease was granted.
   * @param durationNs what is left of it without a keepalive; each keepalive is counted to extend it by as much
   * @param keepaliveIntervalNs the longest time between keepalives; a shorter lease is kept alive more often
   * @param announcePeriodNs how often a driver announces unless it shows to be slower
   */
  begin(nowNs: number, durationNs: number, keepaliveIntervalNs: number, announcePeriodNs: number = CADENCE_NS): void {
    this.#durationNs = durationNs;
    this.#intervalNs = Math.min(keepaliveIntervalNs, durationNs / KEEPALIVES_PER_DURATION);
    this.#expiresNs = nowNs + durationNs;
    // At once: the answer may have been long under way, and mapping may take its time.
    this.#keepaliveDueNs = nowNs;
    this.#defaultPeriodNs = announcePeriodNs;
    this.#setPeriod(this.#wasSilent ? this.#periodNs * 2 : this.#periodNs);
    this.#heardNs = nowNs;
    this.#firstHeardNs = null;
    this.#longestGapNs = 0;
    this.#wasSilent = false;
  }

  /** When the lease ends unless a keepalive goes out. */
  get expiresNs(): number {
    return this.#expiresNs;
  }

  /** True when a keepalive should be sent. */
  keepaliveDue(nowNs: number): boolean {
    return nowNs >= this.#keepaliveDueNs;
  }

  /** A keepalive went out in the cycle that began at this time; one that could not be sent extends nothing. */
  keepaliveSent(nowNs: number): void {
    this.#expiresNs = nowNs + this.#durationNs;
    this.#keepaliveDueNs = nowNs + this.#intervalNs;
  }

  /** The driver announced the stream, or its silence so far means nothing. */
  announceHeard(nowNs: number): void {
    const gapNs = nowNs - this.#heardNs;
    // A longer gap than is allowed was this process's own pause, and says nothing about the driver.
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
   * Why nothing may be touched any more; null while the lease holds. "expired": the driver may have ended it without
   * keepalives. "driver-silent": about three announce periods passed without a sign of it (D-17).
   */
  fault(nowNs: number): LeaseFault | null {
    if (nowNs >= this.#expiresNs) return "expired";
    if (nowNs - this.#heardNs <= this.allowedSilenceNs) return null;
    this.#wasSilent = true;
    return "driver-silent";
  }

  /** True when the driver's next announce should have come by now. */
  isAnnounceOverdue(nowNs: number): boolean {
    return nowNs - this.#heardNs > this.#periodNs * OVERDUE_PERIODS;
  }

  /** The longest allowed silence of the driver, by the cadence of its announces. */
  get allowedSilenceNs(): number {
    return this.#periodNs * SILENT_PERIODS + SILENCE_SLACK_NS;
  }

  #setPeriod(periodNs: number): void {
    this.#periodNs = Math.max(this.#defaultPeriodNs, Math.min(periodNs, MAX_PERIOD_NS));
  }
}
