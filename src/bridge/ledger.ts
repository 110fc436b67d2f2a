/** A sender's frames since its start: each frame in `seen` is also in one other column. */
export interface SenderLedger {
  readonly seen: number;
  /** Frames whose end was sent with the verdict OK. */
  readonly sent: number;
  readonly skipped: number;
  readonly backPressured: number;
  readonly notConnected: number;
  readonly overwritten: number;
  readonly gapInSource: number;
  readonly tooLarge: number;
  readonly refused: number;
}

export const SENDER_CAUSES = [
  "skipped",
  "backPressured",
  "notConnected",
  "overwritten",
  "gapInSource",
  "tooLarge",
  "refused",
] as const;

/** Outcome of the frames that a sender has sent. */
export interface ReceiverLedger {
  readonly delivered: number;
  readonly noSlot: number;
  readonly refused: number;
  /** Sent, but not received completely. */
  readonly incomplete: number;
  /** Lost with their slot when a lease or an epoch ended. */
  readonly epochChange: number;
  /** The values differ from those sent. */
  readonly checksum: number;
}

export const RECEIVER_CAUSES = ["noSlot", "refused", "incomplete", "epochChange", "checksum"] as const;

export const NOTHING_RECEIVED: ReceiverLedger = {
  delivered: 0,
  noSlot: 0,
  refused: 0,
  incomplete: 0,
  epochChange: 0,
  checksum: 0,
};

/** All frames of a receiver's ledger: delivered, and lost by each cause. */
export function receivedTotal(ledger: ReceiverLedger): number {
  return RECEIVER_CAUSES.reduce((sum, cause) => sum + ledger[cause], ledger.delivered);
}

const EMPTY: SenderLedger = {
  seen: 0,
  sent: 0,
  skipped: 0,
  backPressured: 0,
  notConnected: 0,
  overwritten: 0,
  gapInSource: 0,
  tooLarge: 0,
  refused: 0,
};

/** A receiver's account with one sender: published = delivered + every cause on either side, exact to the frame at each ledger. */
export class BridgeAccount {
  /** Distinguishes this account from one with another receiver. */
  readonly id = crypto.getRandomValues(new BigUint64Array(1))[0] as bigint;
  #first: SenderLedger | null = null;
  #newest: SenderLedger = EMPTY;
  #receiver = NOTHING_RECEIVED;
  delivered = 0;
  noSlot = 0;
  refused = 0;
  epochChange = 0;
  checksum = 0;

  /** True once the sender's first ledger has arrived: earlier frames are in no account. */
  get hasBegun(): boolean {
    return this.#first !== null;
  }

  /** Handles a sender's ledger, which follows every frame that it counts as sent. */
  onLedger(ledger: SenderLedger): void {
    this.#first ??= ledger;
    this.#newest = ledger;
    const { delivered, noSlot, refused, epochChange, checksum } = this;
    const known = delivered + noSlot + refused + epochChange + checksum;
    const incomplete = Math.max(0, ledger.sent - this.#first.sent - known);
    this.#receiver = { delivered, noSlot, refused, incomplete, epochChange, checksum };
  }

  /** Frames that the sender had sent when the account began. */
  get firstSent(): number {
    return this.#first?.sent ?? 0;
  }

  /** The sender's columns since the account began. */
  get sender(): SenderLedger {
    const first = this.#first ?? EMPTY;
    const newest = this.#first === null ? EMPTY : this.#newest;
    const entries = Object.keys(EMPTY) as (keyof SenderLedger)[];
    return Object.fromEntries(entries.map((key) => [key, newest[key] - first[key]])) as unknown as SenderLedger;
  }

  /** This side's columns at the arrival of the newest ledger; later frames belong to the next one. */
  get receiver(): ReceiverLedger {
    return this.#receiver;
  }
}
