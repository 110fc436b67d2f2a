import type { MessageHandler } from "../aeron/subscription.ts";
import type { Clock } from "../core/clock.ts";
import type { Counter } from "../core/counters.ts";
import { DEFAULT_PROGRESS, type ProgressDemand, strictestDemand } from "../protocol/progress-throttle.ts";
import { CADENCE_NS, LIVENESS_PERIODS } from "../protocol/stream-ids.ts";
import { ConsumerHelloDecoder, QosConsumerDecoder } from "../sbe/generated/control/index.ts";
import { messageKeyAt } from "../sbe/header.ts";

/** Consumers of one stream that are known; what others send beyond that is refused, and counted. */
const MAX_READERS = 4096;

interface Reader {
  lastHeardNs: number;
  /** Epoch that it said it had mapped; -1 before it said so. */
  epoch: number;
  lastSeqSeen: number;
  reportedNs: number;
  /** Its wishes for progress of frames that are being written; null when it does not read progress (W-41). */
  progress: ProgressDemand | null;
}

/** The consumers of one stream, as far as they tell: by ConsumerHello that they are there, by QosConsumer what they mapped. */
export class ReaderDirectory {
  /** True since a consumer appeared that has not been announced to. */
  mustAnnounce = false;
  /** What readers of progress ask for together; null while there are none (W-41, W-42). */
  progressDemand: ProgressDemand | null = null;
  readonly #streamId: number;
  readonly #refused: Counter;
  readonly #readers = new Map<number, Reader>();
  readonly #hello = new ConsumerHelloDecoder();
  readonly #qos = new QosConsumerDecoder();
  readonly #cycle: Clock;

  constructor(streamId: number, refused: Counter, cycle: Clock) {
    this.#cycle = cycle;
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

  /**
   * True when all consumers that have mapped `epoch` said since `sinceNs` that they saw frame `seq`, or none has it mapped any more.
   * A consumer that saw nothing reports the same as one that saw frame 0: of that frame it proves nothing until the consumer leaves.
   */
  haveSeen(epoch: number, seq: number, sinceNs: number): boolean {
    for (const reader of this.#readers.values()) {
      if (reader.epoch !== epoch || seq < 0) continue;
      if (seq === 0 || reader.lastSeqSeen !== seq || reader.reportedNs < sinceNs) return false;
    }
    return true;
  }

  /**
   * Sum of the frames that readers of `epoch` say they have seen last, each at most `newestSeq`: it grows while any of them gets on.
   */
  seenTotal(epoch: number, newestSeq: number): number {
    let total = 0;
    for (const { epoch: mapped, lastSeqSeen } of this.#readers.values()) {
      if (mapped === epoch) total += Math.min(lastSeqSeen, newestSeq);
    }
    return total;
  }

  #onHello(): void {
    const isNew = !this.#readers.has(this.#hello.consumerId);
    const reader = this.#reader(this.#hello.consumerId);
    if (reader === null) return;
    if (isNew) this.mustAnnounce = true;
    reader.lastHeardNs = this.#cycle.nanoTime();
    reader.progress = progressOf(this.#hello);
    // A stricter demand holds at once. A looser one waits for `expire`: a look at all readers for each hello would make n hellos
    // cost n * n.
    if (reader.progress !== null) this.progressDemand = strictestDemand([reader.progress, ...this.#demand()]);
  }

  #demand(): readonly ProgressDemand[] {
    return this.progressDemand === null ? [] : [this.progressDemand];
  }

  #updateProgress(): void {
    const asked = [...this.#readers.values()].flatMap(({ progress }) => (progress === null ? [] : [progress]));
    this.progressDemand = asked.length === 0 ? null : strictestDemand(asked);
  }

  #onQos(): void {
    const { consumerId, epochNumber, lastSeqSeenNumber } = this.#qos;
    // Beyond 2^53 neither is exact, and neither is of a stream of ours.
    if (epochNumber > Number.MAX_SAFE_INTEGER || lastSeqSeenNumber > Number.MAX_SAFE_INTEGER) {
      this.#refused.increment();
      return;
    }
    const reader = this.#reader(consumerId);
    if (reader === null) return;
    reader.lastHeardNs = this.#cycle.nanoTime();
    reader.epoch = epochNumber;
    reader.lastSeqSeen = lastSeqSeenNumber;
    reader.reportedNs = this.#cycle.nanoTime();
  }

  /** The reader with this id, who may be new; null beyond the limit. */
  #reader(consumerId: number): Reader | null {
    const known = this.#readers.get(consumerId);
    if (known !== undefined) return known;
    if (this.#readers.size >= MAX_READERS) {
      this.#refused.increment();
      return null;
    }
    const reader: Reader = { lastHeardNs: 0, epoch: -1, lastSeqSeen: -1, reportedNs: 0, progress: null };
    this.#readers.set(consumerId, reader);
    return reader;
  }
}

function progressOf(hello: ConsumerHelloDecoder): ProgressDemand | null {
  if (hello.supportsProgress === 0) return null;
  return {
    intervalNs: hello.hasProgressIntervalUs ? hello.progressIntervalUs * 1000 : DEFAULT_PROGRESS.intervalNs,
    bytesDelta: hello.hasProgressBytesDelta ? hello.progressBytesDelta : DEFAULT_PROGRESS.bytesDelta,
  };
}
