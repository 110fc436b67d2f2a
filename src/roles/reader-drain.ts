import { getLogger } from "../core/logger.ts";
import { formatDuration } from "../core/units.ts";
import type { Producer } from "./producer.ts";

const log = getLogger("producer");
const MIN_TIMEOUT_NS = 2e9;

/**
 * Waits for the readers of an ended stream until they have seen its last frame, or until none has made progress for a while: 2 s, or with
 * flow "wait" as long as its frames wait for readers.
 */
export class ReaderDrain {
  readonly #producer: Producer;
  readonly #timeoutNs: number;
  #untilNs: number;
  #drainedSeqs: number;

  /** `waitTimeoutNs`: how long the producer's frames wait for readers with flow "wait". */
  constructor(producer: Producer, waitTimeoutNs: number, nowNs: number) {
    this.#producer = producer;
    this.#timeoutNs = producer.flow === "wait" ? Math.max(MIN_TIMEOUT_NS, waitTimeoutNs) : MIN_TIMEOUT_NS;
    this.#untilNs = nowNs + this.#timeoutNs;
    this.#drainedSeqs = producer.drainedSeqs;
  }

  /** True once there is nothing left to wait for. */
  isOver(nowNs: number): boolean {
    const { isDrained, drainedSeqs, flow, streamId } = this.#producer;
    if (isDrained) return true;
    if (drainedSeqs !== this.#drainedSeqs) this.#untilNs = nowNs + this.#timeoutNs;
    this.#drainedSeqs = drainedSeqs;
    if (nowNs < this.#untilNs) return false;
    // Readers of a live stream may lose frames at any time.
    if (flow === "wait") {
      const waited = formatDuration(this.#timeoutNs);
      log.warn(
        `stream ${streamId}: a reader has not seen the last frames, and took none for ${waited}: the stream ends`,
      );
    }
    return true;
  }
}
