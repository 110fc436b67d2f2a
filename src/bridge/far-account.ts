import { NOTHING_RECEIVED, RECEIVER_CAUSES, type ReceiverLedger, receivedTotal } from "./ledger.ts";

/** A reader of the receiver's stream, from its counters on the receiver's host. */
export interface FarReader {
  readonly consumerId: number;
  readonly accepted: number;
  readonly gap: number;
  readonly late: number;
  readonly sinkTooSlow: number;
  readonly other: number;
}

/** Lost frames of a reader, over all causes. */
export function lostBy({ gap, late, sinkTooSlow, other }: FarReader): number {
  return gap + late + sinkTooSlow + other;
}

/** A receiver's report of its account with a sender (BridgeReport). */
export interface FarReport {
  readonly toStreamId: number;
  /** Id of the account. */
  readonly receiver: bigint;
  /** Frames that the sender had sent when the account began, and at the ledger that this report answers. */
  readonly firstSent: number;
  readonly lastSent: number;
  readonly ledger: ReceiverLedger;
  /** Mean time from a frame's timestamp to its completion there, since the previous report; 0: unknown. */
  readonly delayNs: number;
  /** By how much that may be off: the clocks, and the receiver's cycles. */
  readonly delayErrorNs: number;
  /** NAKs that the receiver has sent. */
  readonly naks: number;
  /** Window and socket buffer of its channel, in bytes. */
  readonly windowBytes: number;
  readonly socketBufferBytes: number;
  /** Number of readers of the stream; the report may list fewer. */
  readonly consumers: number;
  readonly readers: readonly FarReader[];
}

/** Most remembered receivers of one channel. */
const MAX_RECEIVERS = 64;

/**
 * The outcomes of a sender's frames, from successive reports of its receivers. A report is accepted only if it is possible: its columns
 * must add up to frames that were sent and that no other account has. Frames of a receiver that died before reporting them stay unreported.
 * If several receivers share a channel, each has an account of all frames since it joined, and the one with the most losses is shown.
 */
export class FarAccount {
  /** Rejected reports. */
  refused = 0;
  /** Null before the first. */
  newest: FarReport | null = null;
  #past = NOTHING_RECEIVED;
  readonly #isShared: boolean;
  /** Reports of receivers that share a channel. */
  readonly #reports = new Map<bigint, FarReport>();

  constructor(isShared = false) {
    this.#isShared = isShared;
  }

  /** `sent`: frames sent so far. Returns why the report is rejected; null if it is accepted. */
  onReport(report: FarReport, sent: number): string | null {
    const before = this.#isShared ? (this.#reports.get(report.receiver) ?? null) : this.newest;
    const fault = explainFault(report, sent, before);
    if (fault !== null) {
      this.refused++;
      return fault;
    }
    if (this.#isShared) this.#onShared(report);
    else {
      if (before !== null && before.receiver !== report.receiver) this.#past = sumOf(this.#past, before.ledger);
      this.newest = report;
    }
    return null;
  }

  /** Sum over all receivers. */
  get ledger(): ReceiverLedger {
    return this.newest === null ? this.#past : sumOf(this.#past, this.newest.ledger);
  }

  /** Frames of `sent` without a reported outcome: in transit, or their receiver is gone. */
  unreported(sent: number): number {
    const before = this.#isShared ? (this.newest?.firstSent ?? 0) : 0;
    return sent - before - receivedTotal(this.ledger);
  }

  /** The latest reporter moves to the end: silent receivers are evicted first. */
  #onShared(report: FarReport): void {
    this.#reports.delete(report.receiver);
    this.#reports.set(report.receiver, report);
    const [oldest] = this.#reports.keys();
    if (this.#reports.size > MAX_RECEIVERS && oldest !== undefined) this.#reports.delete(oldest);
    const lacks = ({ ledger }: FarReport): number => receivedTotal(ledger) - ledger.delivered;
    // A receiver that is gone makes no progress: one far behind the others is not shown.
    const present = [...this.#reports.values()].filter(({ lastSent }) => lastSent === report.lastSent);
    this.newest = present.reduce((worst, one) => (lacks(one) > lacks(worst) ? one : worst), report);
  }
}

function explainFault(
  { receiver, firstSent, lastSent, ledger }: FarReport,
  sent: number,
  before: FarReport | null,
): string | null {
  const counts = [firstSent, lastSent, ledger.delivered, ...RECEIVER_CAUSES.map((cause) => ledger[cause])];
  if (!counts.every((count) => Number.isSafeInteger(count) && count >= 0)) return "a count is beyond 2^53";
  if (lastSent > sent) return `it is of ${lastSent} frames, and ${sent} were sent`;
  if (receivedTotal(ledger) !== lastSent - firstSent) return "its columns do not add up to the frames that were sent";
  if (before === null) return null;
  const isSame = receiver === before.receiver;
  if (isSame && firstSent !== before.firstSent) return "its account has begun earlier or later than before";
  return (isSame ? lastSent : firstSent) < before.lastSent ? "it counts frames that were reported already" : null;
}

function sumOf(a: ReceiverLedger, b: ReceiverLedger): ReceiverLedger {
  return {
    delivered: a.delivered + b.delivered,
    noSlot: a.noSlot + b.noSlot,
    refused: a.refused + b.refused,
    incomplete: a.incomplete + b.incomplete,
    epochChange: a.epochChange + b.epochChange,
    checksum: a.checksum + b.checksum,
  };
}
