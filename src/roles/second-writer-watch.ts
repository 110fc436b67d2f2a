import type { MessageHandler } from "../aeron/subscription.ts";
import type { Clock } from "../core/clock.ts";
import type { Counter } from "../core/counters.ts";
import { getLogger } from "../core/logger.ts";
import { RivalWatch } from "../protocol/stream-owner.ts";
import { ShmPoolAnnounceDecoder } from "../sbe/generated/control/index.ts";
import { messageKeyAt } from "../sbe/header.ts";
import { ProducerError } from "./errors.ts";

const log = getLogger("producer").every(10e9);

/**
 * Detects a second writer of a stream by its announces if the stream's lock has not kept it out: the older epoch keeps the stream (W-08).
 */
export class SecondWriterWatch {
  /** The epoch that this producer announces. */
  epoch = 0;
  readonly #identity: { readonly streamId: number; readonly producerId: number };
  readonly #refused: Counter;
  readonly #announce = new ShmPoolAnnounceDecoder();
  readonly #rivals = new RivalWatch();
  readonly #cycle: Clock;

  constructor(identity: { readonly streamId: number; readonly producerId: number }, refused: Counter, cycle: Clock) {
    this.#cycle = cycle;
    this.#identity = identity;
    this.#refused = refused;
  }

  /** Other owners' announces are read from now on. */
  begin(): void {
    this.#rivals.begin(this.#cycle.nanoTime());
  }

  onPause(): void {
    this.#rivals.onPause();
  }

  /** @throws ProducerError "second-writer" */
  readonly onMessage: MessageHandler = (view, length) => {
    if (messageKeyAt(view, 0, length) !== ShmPoolAnnounceDecoder.KEY) return;
    const other = this.#announce;
    if (other.wrap(view, 0, length) !== null) {
      this.#refused.increment();
      return;
    }
    const { streamId, producerId } = this.#identity;
    if (other.streamId !== streamId || other.producerId === producerId) return;
    // Two epochs that began within the same millisecond are equal.
    const isOlder =
      other.epochNumber < this.epoch || (other.epochNumber === this.epoch && other.producerId < producerId);
    const verdict = this.#rivals.onAnnounce(other.producerId, isOlder, this.#cycle.nanoTime());
    if (verdict === "unproven") return;
    const who = `another producer (id ${other.producerId}, epoch ${other.epoch})`;
    if (verdict === "stays") {
      log.error(`stream ${streamId} is announced by ${who} as well: end one of the two, or give it another stream`);
      return;
    }
    throw new ProducerError(
      "second-writer",
      `stream ${streamId} is owned by ${who}, which was first: end it, or choose another stream`,
      { rule: "W-08", expected: "one producer a stream", found: `producer ${other.producerId}` },
    );
  };
}
