import { CADENCE_NS, LIVENESS_PERIODS } from "./stream-ids.ts";

// Who owns a stream: rules for owners, readers and tools. docs/DRIVER.md explains them.
//
// A message does not prove that its sender is alive: a new subscriber may read the log of a process that died ten seconds ago. Proof is a
// lock (between owners, see `ServiceLocks`), a sign of life in the announced regions (for readers), or, if neither is available, announces
// that keep arriving at their cadence.

/** An owner without a sign of life for longer than this is dead (W-08). */
export const LIVENESS_NS = CADENCE_NS * LIVENESS_PERIODS;

/** "ended": the owner itself has recorded that no frame will follow. "silent": its sign of life is too old. */
export type OwnerState = "alive" | "ended" | "silent";

/** State of an owner by its regions. `activityNs`: its last sign of life, on the clock of `nowNs`; null once it has ended. */
export function ownerStateOf(activityNs: number | null, nowNs: number, livenessNs: number = LIVENESS_NS): OwnerState {
  if (activityNs === null) return "ended";
  // A time that is far ahead was not written by an owner that reads the same clock.
  return Math.abs(nowNs - activityNs) > livenessNs ? "silent" : "alive";
}

/**
 * Chooses the announced epoch that a reader follows: the highest whose owner is alive. A lower one is followed only after the owner of the
 * higher one is gone, and only with a newer sign of life. Two standalone owners that begin within a millisecond may use the same number:
 * their epochs are distinguished by process id.
 */
export class EpochChoice {
  readonly #isOrdered: boolean;
  #current: bigint | null = null;
  /** The epoch that was left because its owner is gone, or its regions are not trusted: it is not followed again. */
  #left: bigint | null = null;
  /** Process id of its owner; null: no owner of that number is trusted. */
  #leftPid: bigint | null = null;
  #leftNs = Number.NEGATIVE_INFINITY;

  /** `isOrdered`: true with a lease. The driver's epochs only grow (D-13), so a lower one needs another lease. */
  constructor(isOrdered: boolean) {
    this.#isOrdered = isOrdered;
  }

  /** True if the regions of an announced epoch should be examined; false for the current epoch, which is already mapped. */
  isCandidate(epoch: bigint): boolean {
    if (this.#current !== null) return epoch > this.#current;
    if (this.#left === null) return true;
    if (this.#isOrdered) return epoch > this.#left;
    return epoch !== this.#left || this.#leftPid !== null;
  }

  /** True if the candidate is to be followed, judged by the process id and the sign of life in its regions. */
  follows(epoch: bigint, pid: bigint, activityNs: number | null, nowNs: number, livenessNs: number): boolean {
    if (ownerStateOf(activityNs, nowNs, livenessNs) !== "alive") return false;
    if (epoch === this.#left && pid === this.#leftPid) return false;
    return this.#left === null || epoch > this.#left || (activityNs ?? 0) > this.#leftNs;
  }

  /** The epoch is now mapped. */
  begin(epoch: bigint): void {
    this.#current = epoch;
  }

  /** Leaves the current epoch because its owner is gone (`pid`), or because its regions are not trusted (null). */
  leave(nowNs: number, pid: bigint | null): void {
    if (this.#current === null) return;
    this.#left = this.#current;
    this.#leftPid = pid;
    this.#leftNs = nowNs;
    this.#current = null;
  }

  /** Leaves the current epoch for a reason of the reader's own; it may be followed again. */
  pause(): void {
    this.#current = null;
    this.forget();
  }

  /** Forgets the epoch that was left. */
  forget(): void {
    this.#left = null;
    this.#leftPid = null;
    this.#leftNs = Number.NEGATIVE_INFINITY;
  }

  /** A lease names the epoch: no lower one is followed. */
  grant(epoch: bigint): void {
    this.#current = null;
    this.#left = epoch - 1n;
    this.#leftPid = null;
    this.#leftNs = Number.NEGATIVE_INFINITY;
  }
}

/** Number of announces, at their cadence, that prove a living owner. */
const PROOFS_OF_LIFE = 3;
/** The log of a dead process is read in one go; the announces of a living owner arrive at their cadence. */
const PROOF_DISTANCE_NS = CADENCE_NS / 2;

/** An owner's reaction to another one that announces its stream. */
export type RivalVerdict = "unproven" | "stays" | "gives-way";

/**
 * An owner's reaction to announces of its stream by another owner that the lock has not kept out: one of another implementation, or one
 * that cannot reach the lock. The owner does nothing until the other is proven alive; then the newcomer of the two gives way.
 */
export class RivalWatch {
  readonly #newcomerNs: number;
  #heardSinceNs = Number.NaN;
  #rival = Number.NaN;
  #proofs = 0;
  #lastProofNs = Number.NEGATIVE_INFINITY;

  /** `newcomerNs`: how long an owner counts as new; by then it has received the announces of every other. */
  constructor(newcomerNs: number = LIVENESS_NS) {
    this.#newcomerNs = newcomerNs;
  }

  /** Announces of others can be received from now on; only the first call counts. */
  begin(nowNs: number): void {
    if (Number.isNaN(this.#heardSinceNs)) this.#heardSinceNs = nowNs;
  }

  /** This process was paused: announces that it reads now may have waited in a log, and prove nothing. */
  onPause(): void {
    this.#proofs = 0;
    this.#lastProofNs = Number.NEGATIVE_INFINITY;
  }

  /** Handles an announce by `rival`. `isOlder`: the other was first, by the order of epochs. */
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
    // An established owner never gives way: announcing a stream must not be a way to end it.
    const isNew = !(nowNs - this.#heardSinceNs > this.#newcomerNs);
    return isNew && isOlder ? "gives-way" : "stays";
  }
}
