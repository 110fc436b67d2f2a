import type { MessageHandler } from "../aeron/subscription.ts";
import type { Counter } from "../core/counters.ts";
import { CADENCE_NS, LIVENESS_PERIODS } from "../protocol/stream-ids.ts";
import { ConsumerHelloDecoder, QosConsumerDecoder } from "../sbe/generated/control/index.ts";
import { messageKeyAt } from "../sbe/header.ts";

interface Reader {
  lastHeardNs: number;
  /** Epoch that it said it had mapped; -1 before it said so. */
  epoch: number;
  lastSeqSeen: number;
  reportedNs: number;
}

/** The consumers of one stream, as far as they tell: by ConsumerHello that they are there, by QosConsumer what they mapped. */
export class ReaderDirectory {
  /** True since a consumer appeared that has not been announced to. */
  hasNews = false;
  readonly #streamId: number;
  readonly #refused: Counter;
  readonly #readers = new Map<number, Reader>();
  readonly #hello = new ConsumerHelloDecoder();
  readonly #qos = new QosConsumerDecoder();
  #nowNs = 0;

  constructor(streamId: number, refused: Counter) {
    this.#streamId = streamId;
    this.#refused = refused;
  }

  /** Takes control and QoS messages. */
  readonly onMessage: MessageHandler = (view, length) => {
    switch (messageKeyAt(view, 0, length)) {
      case ConsumerHelloDecoder.KEY:
        if (this.#hello.wrap(view, 0, length) !== null) this.#refused.increment();
        else if (this.#hello.streamId === this.#streamId) this.#onHello(this.#hello.consumerId);
        break;
      case QosConsumerDecoder.KEY:
        if (this.#qos.wrap(view, 0, length) !== null) this.#refused.increment();
        else if (this.#qos.streamId === this.#streamId) this.#onQos();
        break;
    }
  };

  /** The time of the cycle. */
  now(nowNs: number): void {
    this.#nowNs = nowNs;
  }

  /** Forgets consumers that fell silent; to be called now and then. */
  expire(nowNs: number): void {
    for (const [id, reader] of this.#readers) {
      if (nowNs - reader.lastHeardNs > CADENCE_NS * LIVENESS_PERIODS) this.#readers.delete(id);
    }
  }

  /** Consumers that have mapped `epoch`. */
  mappedCount(epoch: number): number {
    let count = 0;
    for (const reader of this.#readers.values()) if (reader.epoch === epoch) count++;
    return count;
  }

  /** True when all consumers that have mapped `epoch` said since `sinceNs` that they saw frame `seq`, or none has mapped it. */
  haveSeen(epoch: number, seq: number, sinceNs: number): boolean {
    for (const reader of this.#readers.values()) {
      if (reader.epoch === epoch && (reader.lastSeqSeen < seq || reader.reportedNs < sinceNs)) return false;
    }
    return true;
  }

  #onHello(consumerId: number): void {
    const known = this.#readers.get(consumerId);
    if (known !== undefined) {
      known.lastHeardNs = this.#nowNs;
      return;
    }
    this.#readers.set(consumerId, { lastHeardNs: this.#nowNs, epoch: -1, lastSeqSeen: -1, reportedNs: 0 });
    this.hasNews = true;
  }

  #onQos(): void {
    const id = this.#qos.consumerId;
    const reader = this.#readers.get(id) ?? { lastHeardNs: 0, epoch: -1, lastSeqSeen: -1, reportedNs: 0 };
    reader.lastHeardNs = this.#nowNs;
    reader.epoch = this.#qos.epochNumber;
    reader.lastSeqSeen = this.#qos.lastSeqSeenNumber;
    reader.reportedNs = this.#nowNs;
    this.#readers.set(id, reader);
  }
}
