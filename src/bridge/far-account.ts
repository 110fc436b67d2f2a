import { NOTHING_RECEIVED, RECEIVER_CAUSES, type ReceiverLedger, receivedTotal } from "./ledger.ts";

/** A reader of the receiver's stream, as its counters show it on the receiver's host. */
export interface FarReader {
  readonly consumerId: number;
  readonly accepted: number;
  readonly gap: number;
  readonly late: number;
  readonly sinkTooSlow: number;
  readonly other: number;
}

/** Lost frames of a reader, by all causes. */
export function lostBy({ gap, late, sinkTooSlow, other }: FarReader): number {
  return gap + late + sinkTooSlow + other;
}

/** What a receiver reports of its account with a sender (BridgeReport). */
export interface FarReport {
  readonly toStreamId: number;
  /** Of the account. */
  readonly receiver: bigint;
  /** Frames that the sender had sent when the account began, and at the ledger that this answers. */
  readonly firstSent: number;
  readonly lastSent: number;
  readonly ledger: ReceiverLedger;
  /** From the timestamps of frames until they were complete there, the mean since the report before; 0: not known. */
  readonly delayNs: number;
  /** By how much that may be off: the clocks, and the receiver's cycles. */
  readonly delayErrorNs: number;
  /** NAKs that the receiver has sent. */
  readonly naks: number;
  /** Of its channel and its socket, in bytes. */
  readonly windowBytes: number;
  readonly socketBufferBytes: number;
  /** Readers of the stream; those that are reported may be fewer. */
  readonly consumers: number;
  readonly readers: readonly FarReader[];
}

/** Receivers of one channel that are kept. */
const MAX_RECEIVERS = 64;

/**
 * What became of the frames of a sender, by the reports of its receivers, one after the other. A report is taken only if it can be:
 * its columns add up to frames that were sent, which no other account has. Frames of a receiver that died before it reported them
 * stay unreported. Where several receivers share a channel, each has an account of all frames since it joined, and the one that lacks
 * most is shown.
 */
export class FarAccount {
  /** Reports that were not taken. */
  refused = 0;
  /** Null before the first. */
  newest: FarReport | null = null;
  #past = NOTHING_RECEIVED;
  readonly #isShared: boolean;
  /** Of those that share a channel. */
  readonly #reports = new Map<bigint, FarReport>();

  constructor(isShared = false) {
    this.#isShared = isShared;
  }

  /** `sent`: what the sender has sent until now. Returns why the report is refused; null when it is taken. */
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

  /** Of all receivers. */
  get ledger(): ReceiverLedger {
    return this.newest === null ? this.#past : sumOf(this.#past, this.newest.ledger);
  }

  /** Frames of `sent` whose fate was not reported: they are under way, or their receiver is gone. */
  unreported(sent: number): number {
    const before = this.#isShared ? (this.newest?.firstSent ?? 0) : 0;
    return sent - before - receivedTotal(this.ledger);
  }

  /** The one that was heard last moves to the end: those that are silent make room. */
  #onShared(report: FarReport): void {
    this.#reports.delete(report.receiver);
    this.#reports.set(report.receiver, report);
    const [oldest] = this.#reports.keys();
    if (this.#reports.size > MAX_RECEIVERS && oldest !== undefined) this.#reports.delete(oldest);
    const lacks = ({ ledger }: FarReport): number => receivedTotal(ledger) - ledger.delivered;
    // A receiver that is gone does not follow: what is far behind the others is not shown.
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
