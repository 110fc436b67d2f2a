import { CADENCE_NS, LIVENESS_PERIODS } from "./stream-ids.ts";

// Who owns a stream, for owners, readers and tools alike; docs/DRIVER.md has the argument in words.
//
// A message proves nothing about its sender: a new subscriber of a log reads what a process wrote that died ten seconds ago. Proof
// is a lock (between owners, see `ServiceLocks`), or a sign of life in the announced regions (for readers), or, where neither can
// be had, announces that keep coming at their cadence.

/** An owner that gave no sign of life for longer than this is dead (W-08). */
export const LIVENESS_NS = CADENCE_NS * LIVENESS_PERIODS;

/** "ended": the owner itself has written that no frame will follow. "silent": its sign of life is too old. */
export type OwnerState = "alive" | "ended" | "silent";

/** What the regions say of their owner. `activityNs`: its last sign of life, on the clock of `nowNs`; null once it has ended. */
export function ownerStateOf(activityNs: number | null, nowNs: number, livenessNs: number = LIVENESS_NS): OwnerState {
  if (activityNs === null) return "ended";
  // One that lies ahead was not written by an owner that reads the same clock.
  return Math.abs(nowNs - activityNs) > livenessNs ? "silent" : "alive";
}

/**
 * Which of the announced epochs a reader follows. The highest whose owner lives; a lower one only after the owner of the higher
 * one is known to be gone, and on a sign of life that is newer than that. Two standalone owners that begin within a millisecond may
 * have one number: the epoch of the other is distinguished by its process.
 */
export class EpochChoice {
  readonly #isOrdered: boolean;
  #current: bigint | null = null;
  /** The epoch that was left because its owner is gone, or cannot be believed: it is not followed again. */
  #left: bigint | null = null;
  /** The process of its owner; null: no owner of that number is believed. */
  #leftPid: bigint | null = null;
  #leftNs = Number.NEGATIVE_INFINITY;

  /** `isOrdered`: with a lease, whose driver's epochs only grow (D-13): a lower one needs another lease. */
  constructor(isOrdered: boolean) {
    this.#isOrdered = isOrdered;
  }

  /** True when the regions of an announced epoch are worth a look; the current epoch is not, it is mapped already. */
  isCandidate(epoch: bigint): boolean {
    if (this.#current !== null) return epoch > this.#current;
    if (this.#left === null) return true;
    if (this.#isOrdered) return epoch > this.#left;
    return epoch !== this.#left || this.#leftPid !== null;
  }

  /** True when the candidate is to be followed, by the process and the sign of life in its regions. */
  follows(epoch: bigint, pid: bigint, activityNs: number | null, nowNs: number, livenessNs: number): boolean {
    if (ownerStateOf(activityNs, nowNs, livenessNs) !== "alive") return false;
    if (epoch === this.#left && pid === this.#leftPid) return false;
    return this.#left === null || epoch > this.#left || (activityNs ?? 0) > this.#leftNs;
  }

  /** The epoch is mapped from now on. */
  begin(epoch: bigint): void {
    this.#current = epoch;
  }

  /** The current epoch is given up because its owner is gone (`pid`), or because its regions cannot be believed (null). */
  leave(nowNs: number, pid: bigint | null): void {
    if (this.#current === null) return;
    this.#left = this.#current;
    this.#leftPid = pid;
    this.#leftNs = nowNs;
    this.#current = null;
  }

  /** The current epoch is given up for a reason of the reader's own, and may be followed again. */
  pause(): void {
    this.#current = null;
    this.forget();
  }

  /** Nothing that was known holds any longer. */
  forget(): void {
    this.#left = null;
    this.#leftPid = null;
    this.#leftNs = Number.NEGATIVE_INFINITY;
  }

  /** A lease names the epoch: none below it is followed. */
  grant(epoch: bigint): void {
    this.#current = null;
    this.#left = epoch - 1n;
    this.#leftPid = null;
    this.#leftNs = Number.NEGATIVE_INFINITY;
  }
}

/** Announces at a cadence that prove a living owner. */
const PROOFS_OF_LIFE = 3;
/** A log that a dead process left is read in one go; what a living one says comes at its cadence. */
const PROOF_DISTANCE_NS = CADENCE_NS / 2;

/** What an owner does about another one that announces its stream. */
export type RivalVerdict = "unproven" | "stays" | "gives-way";

/**
 * How an owner deals with announces of its stream by another, which the lock has not kept out: an owner of another implementation, or one
 * that cannot reach the lock. Nothing is done before the other is proven to live; then the newcomer of the two gives way.
 */
export class RivalWatch {
  readonly #newcomerNs: number;
  #heardSinceNs = Number.NaN;
  #rival = Number.NaN;
  #proofs = 0;
  #lastProofNs = Number.NEGATIVE_INFINITY;

  /** `newcomerNs`: how long an owner is new; by then it has heard every other. */
  constructor(newcomerNs: number = LIVENESS_NS) {
    this.#newcomerNs = newcomerNs;
  }

  /** Others can be heard from now on; the first call counts. */
  begin(nowNs: number): void {
    if (Number.isNaN(this.#heardSinceNs)) this.#heardSinceNs = nowNs;
  }

  /** This process was paused: what it reads now may have waited in a log, and proves nothing. */
  onPause(): void {
    this.#proofs = 0;
    this.#lastProofNs = Number.NEGATIVE_INFINITY;
  }

  /** Takes an announce by `rival`. `isOlder`: the other was there first, by the order of epochs. */
  onAnnounce(rival: number, isOlder: boolean, nowNs: number): RivalVerdict {
    if (rival !== this.#rival) {
      this.onPause();
      this.#rival = rival;
    }
    if (nowNs - this.#lastProofNs >= PROOF_DISTANCE_NS) {
      this.#lastProofNs = nowNs;
      this.#proofs++;
    }
    if (this.#proofs < PROOFS_OF_LIFE) return "unproven";
    // An owner that is established ends for no other: announcing a stream must not be a way to end it.
    const isNew = !(nowNs - this.#heardSinceNs > this.#newcomerNs);
    return isNew && isOlder ? "gives-way" : "stays";
  }
}
