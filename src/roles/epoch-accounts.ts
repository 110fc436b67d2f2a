import type { Clock } from "../core/clock.ts";
import type { Counter } from "../core/counters.ts";

/** Epochs whose accounts are kept: more at once belong to no real stream. */
const MAX_ACCOUNTS = 6;
/** Of these, accounts that are settled: of epochs that were followed by the one that is mapped. */
const MAX_SETTLED = 2;
/** Frames that no ring proves are believed up to the rate of the fastest producer, and this many more. */
const MAX_FRAMES_PER_NS = 3e6 / 1e9;
const UNPROVEN_SLACK_FRAMES = 2 ** 16;

/** What a reader knows of an epoch that it has no mapping of. */
export interface EpochAccount {
  readonly epoch: bigint;
  /** Every frame of the account up to this one has an outcome. */
  newestSeq: number;
  /** Newest frame that is known to exist: from the ring when it was unmapped, or from messages since. */
  heardSeq: number;
  /** Frames beyond `newestSeq` that were counted as they passed. */
  counted: number;
  /** True when the epoch has ended and its last frame is known. */
  isOver: boolean;
  /** What frames that pass count under. */
  readonly cause: Counter;
}

interface OpenAccount extends EpochAccount {
  /** When it was unmapped, or became known, and the newest frame that was known to exist then. */
  readonly sinceNs: number;
  readonly provenSeq: number;
}

/**
 * The accounts of epochs that are not mapped: frames that pass meanwhile are counted, so that the account continues when the
 * same epoch is mapped again, and is closed when it is not. No ring is at hand to check what messages say: each descriptor
 * counts once, and what lies between them only as far as a producer can have written it in the time that has passed. A longer stretch
 * counts as an epoch whose last frame is not known.
 */
export class EpochAccounts {
  readonly #accounts: OpenAccount[] = [];
  readonly #missed: Counter;
  readonly #tailsUnknown: Counter;
  readonly #clock: Clock;
  /** Newest epoch that was ever mapped; null before the first. */
  #newestEpoch: bigint | null = null;

  /** `missed` counts frames that pass while nothing is mapped, `tailsUnknown` epochs whose last frame is not known. */
  constructor(missed: Counter, tailsUnknown: Counter, clock: Clock) {
    this.#missed = missed;
    this.#tailsUnknown = tailsUnknown;
    this.#clock = clock;
  }

  /** The epoch is unmapped, and its account stays open. */
  keep(account: EpochAccount): void {
    this.#accounts.push({ ...account, provenSeq: account.heardSeq, sinceNs: this.#clock.nanoTime() });
  }

  /** The epoch is mapped (again): returns its account, or null when there is none, and settles all others. */
  resume(epoch: bigint): EpochAccount | null {
    const account = this.#find(epoch);
    if (account !== null) this.#accounts.splice(this.#accounts.indexOf(account), 1);
    for (const other of this.#accounts) this.#settle(other, true);
    // An epoch that was followed may be mapped again, after a rival's: its frames count from where they were settled.
    while (this.#accounts.length > MAX_SETTLED) this.#accounts.shift();
    if (this.#newestEpoch === null || epoch > this.#newestEpoch) this.#newestEpoch = epoch;
    return account;
  }

  /** The reader leaves: what it is known to have missed is counted. */
  settle(): void {
    for (const account of this.#accounts) this.#settle(account, false);
    this.#accounts.length = 0;
  }

  /** A descriptor while nothing is mapped; false when its frame is in no account. */
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

  /** What a producer says of its newest frame, for epochs that are not mapped. */
  onProducerSeq(epoch: bigint, seq: number): void {
    const account = this.#find(epoch);
    // Before its first frame a producer says the same seq as after it.
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
