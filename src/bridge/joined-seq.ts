import { Deadline } from "../core/timers.ts";
import type { Consumer } from "../roles/consumer.ts";

/** A descriptor that was published before the epoch was mapped is there at the next look; a machine may be busy. */
const JOIN_NS = 50e6;

/**
 * Where a source's account begins for what carries its frames (W-48): readers of the output begin behind the newest frame that was
 * published before, so that it is no gap for them. A source at rest has no descriptor that shows it: then its ring does, after a while.
 */
export class JoinedSeq {
  readonly #wait = new Deadline();

  /** Newest frame of the mapped epoch that the consumer leaves out, at least 0; null while it is to be awaited. */
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
