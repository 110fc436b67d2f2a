import type { MessageHandler } from "../aeron/subscription.ts";
import type { Counter } from "../core/counters.ts";
import { DEFAULT_PROGRESS, type ProgressDemand, strictestDemand } from "../protocol/progress-throttle.ts";
import { CADENCE_NS, LIVENESS_PERIODS } from "../protocol/stream-ids.ts";
import { ConsumerHelloDecoder, QosConsumerDecoder } from "../sbe/generated/control/index.ts";
import { messageKeyAt } from "../sbe/header.ts";

interface Reader {
  lastHeardNs: number;
  /** Epoch that it said it had mapped; -1 before it said so. */
  epoch: number;
  lastSeqSeen: number;
  reportedNs: number;
  /** What it wants to hear of frames that are being written; null when it does not read progress (W-41). */
  progress: ProgressDemand | null;
}

/** The consumers of one stream, as far as they tell: by ConsumerHello that they are there, by QosConsumer what they mapped. */
export class ReaderDirectory {
  /** True since a consumer appeared that has not been announced to. */
  hasNews = false;
  /** What readers of progress ask for together; null while there are none (W-41, W-42). */
  progressDemand: ProgressDemand | null = null;
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
        else if (this.#hello.streamId === this.#streamId) this.#onHello();
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
    this.#updateProgress();
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

  /** Sum of the frames that readers of `epoch` say they have seen last: it grows while any of them gets on. */
  seenTotal(epoch: number): number {
    let total = 0;
    for (const reader of this.#readers.values()) if (reader.epoch === epoch) total += reader.lastSeqSeen;
    return total;
  }

  #onHello(): void {
    const { consumerId } = this.#hello;
    let reader = this.#readers.get(consumerId);
    if (reader === undefined) {
      reader = newReader();
      this.#readers.set(consumerId, reader);
      this.hasNews = true;
    }
    reader.lastHeardNs = this.#nowNs;
    reader.progress = progressOf(this.#hello);
    this.#updateProgress();
  }

  #updateProgress(): void {
    const asked = [...this.#readers.values()].flatMap(({ progress }) => (progress === null ? [] : [progress]));
    this.progressDemand = asked.length === 0 ? null : strictestDemand(asked);
  }

  #onQos(): void {
    const id = this.#qos.consumerId;
    const reader = this.#readers.get(id) ?? newReader();
    reader.lastHeardNs = this.#nowNs;
    reader.epoch = this.#qos.epochNumber;
    reader.lastSeqSeen = this.#qos.lastSeqSeenNumber;
    reader.reportedNs = this.#nowNs;
    this.#readers.set(id, reader);
  }
}

function newReader(): Reader {
  return { lastHeardNs: 0, epoch: -1, lastSeqSeen: -1, reportedNs: 0, progress: null };
}

function progressOf(hello: ConsumerHelloDecoder): ProgressDemand | null {
  if (hello.supportsProgress === 0) return null;
  return {
    intervalNs: hello.hasProgressIntervalUs ? hello.progressIntervalUs * 1000 : DEFAULT_PROGRESS.intervalNs,
    bytesDelta: hello.hasProgressBytesDelta ? hello.progressBytesDelta : DEFAULT_PROGRESS.bytesDelta,
  };
}
