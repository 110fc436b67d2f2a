import { epochsToSweep } from "../../protocol/epoch-rules.ts";
import type { EpochFolder } from "../ports.ts";
import type { RetentionPolicy } from "./driver-options.ts";

interface EndedEpoch {
  readonly epoch: bigint;
  readonly endedNs: number;
  readonly hadFrames: boolean;
}

/**
 * The ended epochs of a stream whose regions still exist (D-19). The policy decides which may be removed; the locks of their users decide
 * which can be.
 */
export class EndedEpochs {
  readonly #directory: EpochFolder;
  readonly #policy: RetentionPolicy;
  readonly #ended = new Map<bigint, EndedEpoch>();

  constructor(directory: EpochFolder, policy: RetentionPolicy) {
    this.#directory = directory;
    this.#policy = policy;
  }

  get count(): number {
    return this.#ended.size;
  }

  /** Adopts a predecessor's leftovers: their end time is unknown, so now is used. */
  adopt(nowNs: number): void {
    for (const epoch of this.#directory.epochs()) {
      const endedNs = this.#policy.atStart ? Number.NEGATIVE_INFINITY : nowNs;
      this.add(epoch, endedNs, !this.#policy.atStart && this.#directory.mayHaveCarriedFrames(epoch));
    }
  }

  add(epoch: bigint, endedNs: number, hadFrames: boolean): void {
    this.#ended.set(epoch, { epoch, endedNs, hadFrames });
  }

  /** Returns which epochs on disk the policy keeps if another one is to be created. */
  retained(nowNs: number): (epoch: bigint) => boolean {
    const going = new Set(this.#going(nowNs));
    return (epoch) => !going.has(epoch);
  }

  /** Removes epochs that the policy releases and no process uses. @returns the number of epochs removed */
  sweep(nowNs: number): number {
    if (this.#ended.size === 0) return 0;
    const going = new Set(this.#going(nowNs));
    if (going.size === 0) return 0;
    this.#directory.sweep((epoch) => !going.has(epoch));
    return this.#forgetRemoved();
  }

  /** Removes all epochs that no process uses, whatever the policy, because the driver shuts down. @returns the number still in use */
  sweepAll(): number {
    this.#directory.sweep((epoch) => !this.#ended.has(epoch));
    this.#forgetRemoved();
    return this.#ended.size;
  }

  #going(nowNs: number): bigint[] {
    if (!this.#policy.isEnabled) return [];
    return epochsToSweep([...this.#ended.values()], nowNs, this.#policy).map(({ epoch }) => epoch);
  }

  #forgetRemoved(): number {
    const there = new Set(this.#directory.epochs());
    const before = this.#ended.size;
    for (const epoch of [...this.#ended.keys()]) if (!there.has(epoch)) this.#ended.delete(epoch);
    return before - this.#ended.size;
  }
}
