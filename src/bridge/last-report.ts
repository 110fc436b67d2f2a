import { getLogger } from "../core/logger.ts";
import { Deadline } from "../core/timers.ts";

const log = getLogger("bridge");
/** How long to wait, without progress, for the receiver's reports of a source's last frames. */
const TIMEOUT_NS = 2e9;
/** The same for a lossless link: as long as a receiver that waits for its readers keeps the epoch of a silent sender. */
const LOSSLESS_TIMEOUT_NS = 15e9;

/** Waits, after the end of a source was sent, until the receiver has reported the outcome of its last frames or makes no progress. */
export class LastReport {
  readonly #timeoutNs: number;
  readonly #deadline = new Deadline();
  #unreported = 0;

  constructor(isLossless: boolean) {
    this.#timeoutNs = isLossless ? LOSSLESS_TIMEOUT_NS : TIMEOUT_NS;
  }

  get isAwaited(): boolean {
    return this.#deadline.isSet;
  }

  /** The end of the source was sent. */
  begin(nowNs: number): void {
    if (!this.#deadline.isSet) this.#deadline.start(nowNs, this.#timeoutNs);
  }

  /** Another epoch has begun. */
  clear(): void {
    this.#deadline.clear();
  }

  /** True once, when there is nothing left to wait for. */
  isOver(nowNs: number, streamId: number, unreported: number): boolean {
    if (unreported !== this.#unreported) this.#deadline.start(nowNs, this.#timeoutNs);
    this.#unreported = unreported;
    if (unreported > 0 && !this.#deadline.hasExpired(nowNs)) return false;
    if (unreported > 0) {
      log.warn(`stream ${streamId}: ends, and the receiver has not reported ${unreported} of the frames`);
    }
    this.#deadline.clear();
    return true;
  }
}
