import type { MessageHandler } from "../aeron/subscription.ts";
import type { Clock } from "../core/clock.ts";
import type { Counter } from "../core/counters.ts";
import { DEFAULT_PROGRESS, type ProgressDemand, strictestDemand } from "../protocol/progress-throttle.ts";
import { CADENCE_NS, LIVENESS_PERIODS } from "../protocol/stream-ids.ts";
import { ConsumerHelloDecoder, QosConsumerDecoder } from "../sbe/generated/control/index.ts";
import { messageKeyAt } from "../sbe/header.ts";

/** Most known consumers of one stream; messages of further ones are refused and counted. */
const MAX_READERS = 4096;

interface Reader {
  lastHeardNs: number;
  /** Epoch that it reported as mapped; -1 before a report. */
  epoch: number;
  lastSeqSeen: number;
  reportedNs: number;
  /** The progress it requests of frames that are being written; null if it does not read progress (W-41). */
  progress: ProgressDemand | null;
}

/** The known consumers of one stream: ConsumerHello reports their presence, QosConsumer the epoch they mapped. */
export class ReaderDirectory {
  /** True since a consumer appeared that has not yet been sent an announce. */
  mustAnnounce = false;
  /** The combined progress requests of all readers; null if there are none (W-41, W-42). */
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

  /** Handles control and QoS messages. */
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

  /** Removes consumers that fell silent; to be called periodically. */
  expire(nowNs: number): void {
    for (const [id, reader] of this.#readers) {
      if (nowNs - reader.lastHeardNs > CADENCE_NS * LIVENESS_PERIODS) this.#readers.delete(id);
    }
    this.#updateProgress();
  }

  /** Number of consumers that have mapped `epoch`. */
  mappedCount(epoch: number): number {
    let count = 0;
    for (const reader of this.#readers.values()) if (reader.epoch === epoch) count++;
    return count;
  }

  /**
   * True if all consumers that have mapped `epoch` reported since `sinceNs` that they saw frame `seq`, or if none maps it any more. A
   * consumer that saw nothing reports the same as one that saw frame 0, so for that frame only its leaving is proof.
   */
  haveSeen(epoch: number, seq: number, sinceNs: number): boolean {
    for (const reader of this.#readers.values()) {
      if (reader.epoch !== epoch || seq < 0) continue;
      if (seq === 0 || reader.lastSeqSeen !== seq || reader.reportedNs < sinceNs) return false;
    }
    return true;
  }

  /**
   * Sum of the last frames that readers of `epoch` report as seen, each capped at `newestSeq`: it grows while any of them makes progress.
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
    // A stricter demand applies immediately. A looser one waits for `expire`: checking all readers on each hello would make n hellos cost n
    // * n.
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
    // Beyond 2^53 the numbers are not exact, and none belongs to a stream of this library.
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

  /** The reader with this id, possibly new; null beyond the limit. */
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
