import type { Clock } from "../core/clock.ts";
import type { Counter } from "../core/counters.ts";

/** Epochs whose accounts are kept; no real stream has more at once. */
const MAX_ACCOUNTS = 6;
/** How many of these may be settled accounts: of epochs before the mapped one. */
const MAX_SETTLED = 2;
/** Frames that no ring confirms are accepted up to the rate of the fastest producer, plus this many. */
const MAX_FRAMES_PER_NS = 3e6 / 1e9;
const UNPROVEN_SLACK_FRAMES = 2 ** 16;

/** A reader's account of an epoch that it does not map. */
export interface EpochAccount {
  readonly epoch: bigint;
  /** Every frame of the account up to this one has an outcome. */
  newestSeq: number;
  /** Newest frame known to exist: from the ring when it was unmapped, or from later messages. */
  heardSeq: number;
  /** Frames beyond `newestSeq` that were counted as they passed. */
  counted: number;
  /** True when the epoch has ended and its last frame is known. */
  isOver: boolean;
  /** The counter for frames that pass. */
  readonly cause: Counter;
}

interface OpenAccount extends EpochAccount {
  /** When the epoch was unmapped or discovered, and the newest frame known to exist then. */
  readonly sinceNs: number;
  readonly provenSeq: number;
}

/**
 * The accounts of epochs that are not mapped: passing frames are counted, so that an account continues if its epoch is mapped again and is
 * closed if not. No ring is available to verify messages: each descriptor counts once, and a gap between them counts only as far as a
 * producer can have written it in the elapsed time. A longer gap counts as an epoch whose last frame is unknown.
 */
export class EpochAccounts {
  readonly #accounts: OpenAccount[] = [];
  readonly #missed: Counter;
  readonly #tailsUnknown: Counter;
  readonly #clock: Clock;
  /** Newest epoch ever mapped; null before the first. */
  #newestEpoch: bigint | null = null;

  /** `missed` counts frames that pass while nothing is mapped, `tailsUnknown` epochs whose last frame is unknown. */
  constructor(missed: Counter, tailsUnknown: Counter, clock: Clock) {
    this.#missed = missed;
    this.#tailsUnknown = tailsUnknown;
    this.#clock = clock;
  }

  /** The epoch is unmapped, and its account stays open. */
  keep(account: EpochAccount): void {
    this.#accounts.push({ ...account, provenSeq: account.heardSeq, sinceNs: this.#clock.nanoTime() });
  }

  /** The epoch is mapped (again): returns its account, or null if there is none, and settles all others. */
  resume(epoch: bigint): EpochAccount | null {
    const account = this.#find(epoch);
    if (account !== null) this.#accounts.splice(this.#accounts.indexOf(account), 1);
    for (const other of this.#accounts) this.#settle(other, true);
    // An earlier epoch may be mapped again after a rival's: its frames count from where they were settled.
    while (this.#accounts.length > MAX_SETTLED) this.#accounts.shift();
    if (this.#newestEpoch === null || epoch > this.#newestEpoch) this.#newestEpoch = epoch;
    return account;
  }

  /** The reader leaves: frames it is known to have missed are counted. */
  settle(): void {
    for (const account of this.#accounts) this.#settle(account, false);
    this.#accounts.length = 0;
  }

  /** A descriptor while nothing is mapped; false if its frame is in no account. */
  onDescriptor(epoch: bigint, seq: number): boolean {
    if (this.#newestEpoch === null) return false;
    let account = this.#find(epoch);
    if (account === null) {
      if (epoch < this.#newestEpoch || this.#accounts.length === MAX_ACCOUNTS) return false;
      const before = seq - 1;
      const sinceNs = this.#clock.nanoTime();
      const known = { newestSeq: before, heardSeq: before, provenSeq: before, sinceNs };
      account = { epoch, ...known, counted: 0, isOver: false, cause: this.#missed };
      this.#accounts.push(account);
    }
    if (account.isOver || seq <= account.newestSeq) return false;
    account.heardSeq = Math.max(account.heardSeq, seq);
    account.counted++;
    account.cause.increment();
    return true;
  }

  /** Records a producer's report of its newest frame, for epochs that are not mapped. */
  onProducerSeq(epoch: bigint, seq: number): void {
    const account = this.#find(epoch);
    // A producer reports the same seq before its first frame as after it.
    if (account === null || account.isOver || seq === 0) return;
    account.heardSeq = Math.max(account.heardSeq, seq);
  }

  #find(epoch: bigint): OpenAccount | null {
    for (const account of this.#accounts) if (account.epoch === epoch) return account;
    return null;
  }

  #settle(account: OpenAccount, isFollowed: boolean): void {
    const { newestSeq, heardSeq, provenSeq, counted, isOver, cause, sinceNs } = account;
    const believed = (this.#clock.nanoTime() - sinceNs) * MAX_FRAMES_PER_NS + UNPROVEN_SLACK_FRAMES;
    const isPlausible = heardSeq - provenSeq <= believed;
    const missed = (isPlausible ? heardSeq : provenSeq) - newestSeq;
    if (missed > counted) cause.add(missed - counted);
    if ((isFollowed && !isOver) || !isPlausible) this.#tailsUnknown.increment();
    account.newestSeq = isPlausible ? heardSeq : provenSeq;
    account.heardSeq = account.newestSeq;
    account.counted = 0;
    account.isOver = true;
  }
}
