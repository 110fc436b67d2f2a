import { getLogger } from "../core/logger.ts";
import type { ConsumerCounters } from "./counters.ts";

const log = getLogger("consumer");

/**
 * Reports what a consumer missed by a pause of its process, with the first frame that was published after it: only then every frame
 * of the pause has its outcome.
 */
export class PauseReport {
  /** True between a pause and its report. */
  isDue = false;
  readonly #roleName: string;
  readonly #counters: ConsumerCounters;
  /** Frames up to this one had come before the pause. */
  #newestSeq = 0;
  #pausedForNs = 0;
  #missedBefore = 0;

  constructor(roleName: string, counters: ConsumerCounters) {
    this.#roleName = roleName;
    this.#counters = counters;
  }

  /**
   * The process did not run; a pause that nothing was read after belongs to the one before it. `newestSeq`: of the descriptor that
   * came last.
   */
  onPause(forNs: number, newestSeq: number): void {
    if (!this.isDue) {
      this.#missedBefore = this.#missed;
      this.#newestSeq = newestSeq;
    }
    this.isDue = true;
    this.#pausedForNs += forNs;
  }

  /** Seqs begin again: each frame from now on was published after the pause. */
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

  /** What came too late for this reader, or while it had no lease because the pause had outlasted it. */
  get #missed(): number {
    const { gap, resync, overwritten, odd, changed, identity, detached } = this.#counters.of;
    return gap.value + resync.value + overwritten.value + odd.value + changed.value + identity.value + detached.value;
  }
}
