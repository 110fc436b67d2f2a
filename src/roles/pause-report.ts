import { getLogger } from "../core/logger.ts";
import type { ConsumerCounters } from "./counters.ts";

const log = getLogger("consumer");

/** Says after a pause of the process, with the first frame that is accepted again, what a consumer missed by it. */
export class PauseReport {
  /** True between a pause and the first frame after it. */
  isDue = false;
  readonly #roleName: string;
  readonly #counters: ConsumerCounters;
  #pausedForNs = 0;
  #missedBefore = 0;

  constructor(roleName: string, counters: ConsumerCounters) {
    this.#roleName = roleName;
    this.#counters = counters;
  }

  /** The process was paused; a pause that nothing was read after belongs to the one before it. */
  onPause(forNs: number): void {
    if (!this.isDue) this.#missedBefore = this.#missed;
    this.isDue = true;
    this.#pausedForNs += forNs;
  }

  tell(): void {
    const seconds = (this.#pausedForNs / 1e9).toFixed(1);
    log.warn(`${this.#roleName} was paused for ${seconds} s and missed ${this.#missed - this.#missedBefore} frames`);
    this.isDue = false;
    this.#pausedForNs = 0;
  }

  /** What came too late for this reader, or while it attached anew because its lease had ended meanwhile. */
  get #missed(): number {
    const { gap, resync, overwritten, odd, changed, identity, unmapped } = this.#counters.of;
    return gap.value + resync.value + overwritten.value + odd.value + changed.value + identity.value + unmapped.value;
  }
}
