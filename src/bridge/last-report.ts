import { getLogger } from "../core/logger.ts";
import { Deadline } from "../core/timers.ts";

const log = getLogger("bridge");
/** The receiver's reports of the last frames of a source are awaited while they get on: for so long without. */
const TIMEOUT_NS = 2e9;
/** The same where nothing may be lost: as long as a receiver that waits for its readers keeps the epoch of a silent sender. */
const LOSSLESS_TIMEOUT_NS = 15e9;

/** Waits, after the end of a source was sent, until the receiver has reported what became of its last frames, or does not get on. */
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

  /** True once, when there is nothing to wait for any more. */
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
