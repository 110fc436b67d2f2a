import { NativeBuffer } from "../../ffi/memory.ts";
import type { Publication } from "../aeron/publication.ts";
import { ConsumerHelloEncoder, QosConsumerEncoder } from "../sbe/generated/control/index.ts";
import { LAYOUT_VERSION } from "../shm/index.ts";
import type { ConsumerCounters } from "./counters.ts";

/** Encodes and sends a consumer's hello and QoS. */
export class ConsumerMessages {
  readonly #streamId: number;
  readonly #consumerId: number;
  /** Wire code of the mode. */
  readonly #mode: number;
  readonly #buffer = new NativeBuffer(128);
  readonly #hello = new ConsumerHelloEncoder();
  readonly #qos = new QosConsumerEncoder();

  constructor(streamId: number, consumerId: number, mode: number) {
    this.#streamId = streamId;
    this.#consumerId = consumerId;
    this.#mode = mode;
  }

  /** ConsumerHello (W-38): no progress asked for, no limit of the rate. */
  sendHello(publication: Publication): void {
    const message = this.#hello.wrap(this.#buffer.view, 0, this.#buffer.bytes.length);
    message.setStreamId(this.#streamId).setConsumerId(this.#consumerId).setSupportsShm(1).setSupportsProgress(0);
    message.setMode(this.#mode).setMaxRateHz(0).setExpectedLayoutVersion(LAYOUT_VERSION);
    publication.publish(this.#buffer.address, ConsumerHelloEncoder.ENCODED_LENGTH);
  }

  /** QosConsumer: the mapped epoch, how far it was read, and what was lost (W-19, W-44). */
  sendQos(publication: Publication, epoch: bigint, lastSeqSeen: number, counters: ConsumerCounters): void {
    const { of } = counters;
    const message = this.#qos.wrap(this.#buffer.view, 0, this.#buffer.bytes.length);
    message.setStreamId(this.#streamId).setConsumerId(this.#consumerId).setEpochBigint(epoch);
    message.setLastSeqSeenNumber(lastSeqSeen).setMode(this.#mode);
    message.setDropsGapNumber(of.gap.value + of.resync.value);
    message.setDropsLateNumber(of.odd.value + of.changed.value + of.identity.value + of.overwritten.value);
    publication.publish(this.#buffer.address, QosConsumerEncoder.ENCODED_LENGTH);
  }
}
