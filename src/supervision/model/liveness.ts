import { CADENCE_NS } from "../../protocol/stream-ids.ts";
import type { ConsumerRecord } from "./consumer-record.ts";
import type { EventLog } from "./event-log.ts";
import type { SupervisionOptions } from "./options.ts";
import type { StreamRecord } from "./stream-record.ts";

/** Decides which participants are alive, lost, or lose too many frames; reports each change once. */
export class Liveness {
  /** End of this process's last pause: messages sent during it may not have been received. */
  hearsSinceNs = Number.NEGATIVE_INFINITY;
  readonly #options: SupervisionOptions;
  readonly #events: EventLog;

  constructor(options: SupervisionOptions, events: EventLog) {
    this.#options = options;
    this.#events = events;
  }

  producerSign(nowNs: number, stream: StreamRecord, producerId: number): void {
    if (stream.endedEpoch !== null && stream.endedEpoch === stream.epoch) return;
    stream.lastProducerSignNs = nowNs;
    if (producerId !== 0) stream.producerId = producerId;
    if (stream.state === "live") return;
    // The first producer of a stream appears together with the stream.
    if (stream.state === "lost") {
      this.#say(nowNs, "producer-back", stream, `producer ${stream.producerId} of ${named(stream)} is back`);
    }
    stream.state = "live";
  }

  /** The end of the producer was reported. `isOrderly`: it announced its own end. */
  producerEnded(nowNs: number, stream: StreamRecord, why: string, isOrderly = false): void {
    stream.endedEpoch = stream.epoch;
    if (stream.state === "live") {
      const text = `producer ${stream.producerId} of ${named(stream)} is gone: ${why}`;
      this.#say(nowNs, "producer-lost", stream, text, isOrderly);
      stream.state = "lost";
    }
    stream.producerId = 0;
    stream.pid = null;
  }

  watchProducer(nowNs: number, stream: StreamRecord): void {
    const silentNs = nowNs - stream.lastProducerSignNs;
    if (stream.state !== "live" || !this.#isSilent(nowNs, stream.lastProducerSignNs)) return;
    stream.state = "lost";
    const text = `producer ${stream.producerId} of ${named(stream)} gave no sign of life for ${secondsOf(silentNs)} s`;
    this.#say(nowNs, "producer-lost", stream, text);
  }

  consumerSign(nowNs: number, consumer: ConsumerRecord): void {
    if (consumer.isWithoutLease && !isHeardAgain(nowNs, consumer)) return;
    consumer.lastSignNs = nowNs;
    if (!consumer.isLost || nowNs < consumer.endedUntilNs) return;
    consumer.isLost = false;
    consumer.isWithoutLease = false;
    const { streamId, consumerId } = consumer;
    const text = `consumer ${consumerId} of stream ${streamId} is back`;
    this.#events.add(nowNs, "consumer-back", streamId, consumerId, text);
  }

  /** The consumer's lease has ended. `isOrderly`: the consumer returned it. */
  consumerLeaseEnded(nowNs: number, consumer: ConsumerRecord, why: string, isOrderly: boolean): void {
    consumer.isWithoutLease = true;
    consumer.heardAgainNs = Number.NEGATIVE_INFINITY;
    this.consumerEnded(nowNs, consumer, why, isOrderly);
  }

  /** The consumer got another lease: its messages belong to that lease from now on. */
  consumerLeaseGranted(consumer: ConsumerRecord): void {
    consumer.isWithoutLease = false;
    consumer.endedUntilNs = Number.NEGATIVE_INFINITY;
  }

  /** The end of the consumer was reported. `isOrderly`: it announced its own end. */
  consumerEnded(nowNs: number, consumer: ConsumerRecord, why: string, isOrderly = false): void {
    if (consumer.isLost) return;
    consumer.endedUntilNs = nowNs + CADENCE_NS;
    consumer.isLost = true;
    consumer.isDropping = false;
    consumer.restartRates();
    if (!consumer.isConfirmed) return;
    const { streamId, consumerId } = consumer;
    const text = `consumer ${consumerId} of stream ${streamId} is gone: ${why}`;
    this.#events.add(nowNs, "consumer-lost", streamId, consumerId, text, isOrderly);
  }

  watchConsumer(nowNs: number, consumer: ConsumerRecord): void {
    if (!this.#isSilent(nowNs, consumer.lastSignNs)) return;
    this.consumerEnded(nowNs, consumer, `it gave no sign of life for ${secondsOf(nowNs - consumer.lastSignNs)} s`);
  }

  /** Checked on each report of the consumer. */
  watchDrops(nowNs: number, consumer: ConsumerRecord): void {
    const { dropRatio, dropForNs } = this.#options;
    const ratio = consumer.dropRatio(nowNs);
    const isAbove = consumer.dropsAbove.holdsFor(nowNs, ratio !== null && ratio > dropRatio, dropForNs);
    // Half of the threshold, so that a consumer close to it is not reported repeatedly.
    const isBelow = consumer.dropsBelow.holdsFor(nowNs, ratio !== null && ratio <= dropRatio / 2, dropForNs);
    const { streamId, consumerId } = consumer;
    const who = `consumer ${consumerId} of stream ${streamId}`;
    if (isAbove && !consumer.isDropping) {
      consumer.isDropping = true;
      const text = `${who} lost more than ${percent(dropRatio)} of its frames for ${secondsOf(dropForNs)} s: ${percent(ratio ?? 0)} now`;
      this.#events.add(nowNs, "drops-above", streamId, consumerId, text);
    } else if (isBelow && consumer.isDropping) {
      consumer.isDropping = false;
      this.#events.add(nowNs, "drops-settled", streamId, consumerId, `${who} loses no more than is well`);
    }
  }

  #isSilent(nowNs: number, lastSignNs: number): boolean {
    return nowNs - Math.max(lastSignNs, this.hearsSinceNs) > this.#options.livenessNs;
  }

  #say(
    nowNs: number,
    kind: "producer-lost" | "producer-back",
    stream: StreamRecord,
    text: string,
    isOrderly = false,
  ): void {
    const clientId = stream.producerId === 0 ? null : stream.producerId;
    this.#events.add(nowNs, kind, stream.streamId, clientId, text, isOrderly);
  }
}

/**
 * A consumer that was stopped for longer than its lease sends one more message under the old lease's id when it resumes. A consumer that
 * continues to send has another lease, whose grant was missed.
 */
function isHeardAgain(nowNs: number, consumer: ConsumerRecord): boolean {
  if (nowNs < consumer.endedUntilNs) return false;
  if (consumer.heardAgainNs === Number.NEGATIVE_INFINITY) consumer.heardAgainNs = nowNs;
  return nowNs - consumer.heardAgainNs >= CADENCE_NS / 2;
}

/** `0.1 %`; three significant digits. */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

function named({ streamId, name }: StreamRecord): string {
  return name === null || name === "" ? `stream ${streamId}` : `stream ${streamId} (${name})`;
}

function secondsOf(durationNs: number): string {
  return String(Number((durationNs / 1e9).toFixed(1)));
}
