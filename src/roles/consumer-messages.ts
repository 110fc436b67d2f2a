import { NativeBuffer } from "../../ffi/memory.ts";
import type { MessageSink } from "../aeron/ports.ts";
import type { ConsumerMode } from "../protocol/mode-filter.ts";
import { ConsumerHelloEncoder, QosConsumerEncoder } from "../sbe/generated/control/index.ts";
import { LAYOUT_VERSION } from "../shm/index.ts";
import type { ConsumerCounters } from "./counters.ts";
import { MODE_CODES } from "./mode-codes.ts";

/** How often a consumer wants progress of a frame that is being written (W-42); omitted: the producer decides. */
export interface ProgressRequest {
  readonly intervalUs?: number;
  readonly bytesDelta?: number;
  readonly rowsDelta?: number;
}

/** Encodes and sends a consumer's hello and QoS. */
export class ConsumerMessages {
  readonly #streamId: number;
  readonly #maxRateHz: number;
  readonly #progress: ProgressRequest | null;
  readonly #buffer = new NativeBuffer(128);
  readonly #hello = new ConsumerHelloEncoder();
  readonly #qos = new QosConsumerEncoder();

  constructor(streamId: number, maxRateHz: number, progress: ProgressRequest | null) {
    this.#streamId = streamId;
    this.#maxRateHz = maxRateHz;
    this.#progress = progress;
  }

  /** ConsumerHello (W-38): this consumer's capabilities and requests. */
  sendHello(publication: MessageSink, consumerId: number, mode: ConsumerMode): void {
    const message = this.#hello.wrap(this.#buffer.view, 0, this.#buffer.bytes.length);
    message.setStreamId(this.#streamId).setConsumerId(consumerId).setSupportsShm(1);
    // The wire has 16 bits for it; this consumer still applies a higher limit itself.
    message.setMode(MODE_CODES[mode]).setMaxRateHz(Math.min(0xffff, Math.ceil(this.#maxRateHz)));
    message.setExpectedLayoutVersion(LAYOUT_VERSION).setSupportsProgress(this.#progress === null ? 0 : 1);
    const { intervalUs, bytesDelta, rowsDelta } = this.#progress ?? {};
    if (intervalUs !== undefined) message.setProgressIntervalUs(intervalUs);
    if (bytesDelta !== undefined) message.setProgressBytesDelta(bytesDelta);
    if (rowsDelta !== undefined) message.setProgressRowsDelta(rowsDelta);
    publication.publish(this.#buffer.address, ConsumerHelloEncoder.ENCODED_LENGTH);
  }

  /** QosConsumer: the mapped epoch, the last frame read, and the number of lost frames (W-19, W-44). */
  sendQos(
    publication: MessageSink,
    consumerId: number,
    mode: ConsumerMode,
    epoch: bigint,
    lastSeqSeen: number,
    counters: ConsumerCounters,
  ): void {
    const { of } = counters;
    const message = this.#qos.wrap(this.#buffer.view, 0, this.#buffer.bytes.length);
    message.setStreamId(this.#streamId).setConsumerId(consumerId).setEpochBigint(epoch);
    message.setLastSeqSeenNumber(lastSeqSeen).setMode(MODE_CODES[mode]);
    message.setDropsGapNumber(exact(of.gap.value + of.resync.value + of.detached.value));
    message.setDropsLateNumber(exact(of.odd.value + of.changed.value + of.identity.value + of.overwritten.value));
    publication.publish(this.#buffer.address, QosConsumerEncoder.ENCODED_LENGTH);
  }
}

/** A count as the wire's number type; larger values are capped. */
function exact(count: number): number {
  return Math.min(count, Number.MAX_SAFE_INTEGER);
}
