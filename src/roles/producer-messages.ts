import { NativeBuffer } from "../../ffi/memory.ts";
import { monotonic } from "../aeron/monotonic.ts";
import type { MessageSink } from "../aeron/ports.ts";
import { PublishResult } from "../aeron/results.ts";
import { getLogger } from "../core/logger.ts";
import type { Attribute } from "../protocol/attribute.ts";
import type { ConsumerMode } from "../protocol/mode-filter.ts";
import { metaBytes } from "../protocol/wire-text.ts";
import {
  ConsumerConfigEncoder,
  DataSourceAnnounceEncoder,
  DataSourceMetaEncoder,
  HeartbeatEncoder,
  QosProducerEncoder,
} from "../sbe/generated/control/index.ts";
import type { WritableRegions } from "../shm/index.ts";
import { AnnounceEncoding } from "./announce-encoding.ts";
import type { ProducerCounters } from "./counters.ts";
import { MODE_CODES } from "./mode-codes.ts";

/** The sender fields in every message of a producer. */
export interface ProducerIdentity {
  readonly streamId: number;
  readonly producerId: number;
  /** Name of the data source, US-ASCII. */
  readonly name: string;
  readonly summary: string;
}

/** Configuration that a producer can send to one of its consumers (W-39). */
export interface ConsumerConfig {
  readonly consumerId: number;
  readonly mode: ConsumerMode;
  /** With mode "decimated": every Nth frame. */
  readonly decimation?: number;
  /** False: the consumer must use its fallback. */
  readonly useShm?: boolean;
  /** `aeron:...` or `bridge://id`. */
  readonly fallback?: string;
}

const log = getLogger("producer");
const tooLongLog = log.every(10e9);

/** Room for everything except large attributes: names, summaries and URIs have limits. */
const INITIAL_BYTES = 8 * 1024;

/** Encodes and sends a producer's small messages: announces, metadata, QoS. Not used on the frame path. */
export class ProducerMessages {
  readonly #identity: ProducerIdentity;
  readonly #counters: ProducerCounters;
  readonly #announce = new AnnounceEncoding();
  readonly #sourceAnnounce = new DataSourceAnnounceEncoder();
  readonly #meta = new DataSourceMetaEncoder();
  readonly #qos = new QosProducerEncoder();
  readonly #heartbeat = new HeartbeatEncoder();
  readonly #config = new ConsumerConfigEncoder();
  #buffer = new NativeBuffer(INITIAL_BYTES);

  constructor(identity: ProducerIdentity, counters: ProducerCounters) {
    this.#identity = identity;
    this.#counters = counters;
  }

  /** ShmPoolAnnounce with the regions' absolute URIs (W-37). */
  announceRegions(publication: MessageSink, regions: WritableRegions): void {
    const length = this.#announce.encode(regions, this.#identity.producerId);
    this.#send(publication, length, this.#announce.buffer);
  }

  /** DataSourceAnnounce: the stream's name and its current metadata version. */
  announceSource(publication: MessageSink, epoch: number, metaVersion: number): void {
    const message = this.#sourceAnnounce.wrap(this.#buffer.view, 0, this.#buffer.bytes.length);
    message.setStreamId(this.#identity.streamId).setProducerId(this.#identity.producerId);
    message.setEpochNumber(epoch).setMetaVersion(metaVersion);
    message.putName(this.#identity.name).putSummary(this.#identity.summary);
    this.#send(publication, message.encodedLength);
  }

  /** DataSourceMeta: the attributes of frames with `metaVersion` (W-45). */
  sendMeta(
    publication: MessageSink,
    metaVersion: number,
    attributes: readonly Attribute[],
    nowNs: number,
  ): PublishResult {
    this.#reserve(metaBytes(attributes));
    const message = this.#meta.wrap(this.#buffer.view, 0, this.#buffer.bytes.length);
    message.setStreamId(this.#identity.streamId).setMetaVersion(metaVersion);
    message.setTimestampNs(monotonic.high(nowNs), monotonic.low(nowNs));
    const group = message.attributesCount(attributes.length);
    for (const { key, format, value } of attributes) {
      group.next();
      group.putKey(key).putFormat(format).putValue(value);
    }
    return this.#send(publication, message.encodedLength);
  }

  /** QosProducer: the stream's progress (W-44). */
  sendQos(publication: MessageSink, epoch: number, currentSeq: number): void {
    const message = this.#qos.wrap(this.#buffer.view, 0, this.#buffer.bytes.length);
    message.setStreamId(this.#identity.streamId).setProducerId(this.#identity.producerId);
    message.setEpochNumber(epoch).setCurrentSeqNumber(currentSeq);
    this.#send(publication, QosProducerEncoder.ENCODED_LENGTH);
  }

  /** Heartbeat (W-49). */
  sendHeartbeat(publication: MessageSink, epoch: number, nowNs: number): void {
    const message = this.#heartbeat.wrap(this.#buffer.view, 0, this.#buffer.bytes.length);
    message.setStreamId(this.#identity.streamId).setProducerId(this.#identity.producerId).setEpochNumber(epoch);
    message.setTimestampNs(monotonic.high(nowNs), monotonic.low(nowNs));
    this.#send(publication, HeartbeatEncoder.ENCODED_LENGTH);
  }

  /** ConsumerConfig (W-39): the configuration of one consumer of this stream. */
  sendConfig(publication: MessageSink, config: ConsumerConfig): void {
    const message = this.#config.wrap(this.#buffer.view, 0, this.#buffer.bytes.length);
    message.setStreamId(this.#identity.streamId).setConsumerId(config.consumerId);
    message.setUseShm(config.useShm === false ? 0 : 1).setMode(MODE_CODES[config.mode]);
    message.setDecimation(config.decimation ?? 1).putPayloadFallbackUri(config.fallback ?? "");
    this.#send(publication, message.encodedLength);
  }

  #reserve(byteLength: number): void {
    if (byteLength > this.#buffer.bytes.length) this.#buffer = new NativeBuffer(2 ** Math.ceil(Math.log2(byteLength)));
  }

  #send(publication: MessageSink, byteLength: number, buffer = this.#buffer): PublishResult {
    const result = publication.publishMessage(buffer.address, byteLength);
    if (result === PublishResult.PUBLISHED) this.#counters.of.controlSent.increment();
    else if (result === PublishResult.TOO_LONG) this.#onTooLong(publication, byteLength);
    // A missing subscriber is no failure: the next period follows.
    else if (result !== PublishResult.NOT_CONNECTED) this.#counters.of.controlFailed.increment();
    return result;
  }

  /** The terms are as large as the configuration needs, unless the user's channel sets its own term length. */
  #onTooLong({ channel, streamId }: MessageSink, byteLength: number): void {
    this.#counters.of.controlTooLong.increment();
    tooLongLog.warn(`a message of ${byteLength} bytes is too long for the terms of ${channel}, stream ${streamId}`);
  }
}
