import { getLogger } from "../core/logger.ts";
import type { ConsumerCounters } from "./counters.ts";

const log = getLogger("consumer");

/**
 * Reports the frames a consumer missed during a pause of its process. The report follows the first frame published after the pause: only
 * then does every frame of the pause have its outcome.
 */
export class PauseReport {
  /** True between a pause and its report. */
  isDue = false;
  readonly #roleName: string;
  readonly #counters: ConsumerCounters;
  /** Frames up to this one had arrived before the pause. */
  #newestSeq = 0;
  #pausedForNs = 0;
  #missedBefore = 0;

  constructor(roleName: string, counters: ConsumerCounters) {
    this.#roleName = roleName;
    this.#counters = counters;
  }

  /**
   * The process was paused; a pause with no frame read since the previous one is added to it. `newestSeq`: seq of the last descriptor
   * received.
   */
  onPause(forNs: number, newestSeq: number): void {
    if (!this.isDue) {
      this.#missedBefore = this.#missed;
      this.#newestSeq = newestSeq;
    }
    this.isDue = true;
    this.#pausedForNs += forNs;
  }

  /** Seqs start again: each frame from now on was published after the pause. */
  onEpoch(): void {
    this.#newestSeq = -1;
  }

  /** Frame `seq` was read. */
  onFrame(seq: number): void {
    if (seq <= this.#newestSeq) return;
    const seconds = (this.#pausedForNs / 1e9).toFixed(1);
    const missed = this.#missed - this.#missedBefore;
    log.warn(`${this.#roleName} was paused for ${seconds} s and missed ${missed} frames`);
    this.isDue = false;
    this.#pausedForNs = 0;
  }

  /** Frames that came too late for this reader, or while it had no lease because the pause outlasted it. */
  get #missed(): number {
    const { gap, resync, overwritten, odd, changed, identity, detached } = this.#counters.of;
    return gap.value + resync.value + overwritten.value + odd.value + changed.value + identity.value + detached.value;
  }
}
