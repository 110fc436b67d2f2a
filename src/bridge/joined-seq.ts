import { Deadline } from "../core/timers.ts";
import type { Consumer } from "../roles/consumer.ts";

/** A descriptor published before the epoch was mapped is available at the next poll; a machine may be busy. */
const JOIN_NS = 50e6;

/**
 * Start of a source's account for the stream that carries its frames (W-48): readers of the output begin after the newest frame published
 * before, so that it is no gap. An idle source has no descriptor that shows this frame: after a while its ring is used instead.
 */
export class JoinedSeq {
  readonly #wait = new Deadline();

  /** Newest frame of the mapped epoch that the consumer leaves out, at least 0; null while it must be awaited. */
  of(consumer: Pick<Consumer, "stream" | "receive">, nowNs: number): number | null {
    const { stream } = consumer;
    if (stream.joinedSeq === null) consumer.receive();
    let { joinedSeq } = stream;
    if (joinedSeq === null) {
      const { newestSeq } = stream;
      if (!this.#wait.isSet) this.#wait.start(nowNs, JOIN_NS);
      if (newestSeq > 0 && !this.#wait.hasExpired(nowNs)) return null;
      joinedSeq = newestSeq;
    }
    this.#wait.clear();
    return Math.max(0, joinedSeq);
  }
}
