import type { ConsumerMode } from "../../protocol/mode-filter.ts";
import {
  ConsumerConfigDecoder,
  ConsumerHelloDecoder,
  DataSourceAnnounceDecoder,
  DataSourceMetaDecoder,
  FrameDescriptorDecoder,
  HeartbeatDecoder,
  type MessageDecoder,
  Mode,
  messageKeyAt,
  QosConsumerDecoder,
  QosProducerDecoder,
  ShmPoolAnnounceDecoder,
} from "../../sbe/index.ts";
import { attributesOf } from "./attributes.ts";
import { DriverInbox } from "./driver-inbox.ts";
import type { ConfigFact, PoolFact } from "./facts.ts";
import { bounded, MAX_NAME_CHARS, MAX_POOLS, MAX_TEXT_CHARS, MAX_URI_CHARS } from "./limits.ts";
import type { SupervisionModel } from "./model.ts";

/** Messages that could not be used. */
export interface InboxCounts {
  /** Malformed messages (W-36). */
  refused: number;
  /** Messages with a count beyond 2^53, which would have to be rounded. */
  inexact: number;
}

/** Decodes the messages of the protocol's streams for the model; others are ignored. */
export class SupervisionInbox {
  readonly counts: InboxCounts = { refused: 0, inexact: 0 };
  readonly #model: SupervisionModel;
  readonly #driver: DriverInbox;
  readonly #onConfig: (nowNs: number, fact: ConfigFact) => void;
  readonly #announce = new ShmPoolAnnounceDecoder();
  readonly #source = new DataSourceAnnounceDecoder();
  readonly #meta = new DataSourceMetaDecoder();
  readonly #hello = new ConsumerHelloDecoder();
  readonly #qosConsumer = new QosConsumerDecoder();
  readonly #qosProducer = new QosProducerDecoder();
  readonly #heartbeat = new HeartbeatDecoder();
  readonly #descriptor = new FrameDescriptorDecoder();
  readonly #config = new ConsumerConfigDecoder();

  /** `onConfig`: called for each ConsumerConfig, from any sender. */
  constructor(model: SupervisionModel, onConfig: (nowNs: number, fact: ConfigFact) => void) {
    this.#model = model;
    this.#driver = new DriverInbox(model);
    this.#onConfig = onConfig;
  }

  onMessage(nowNs: number, view: DataView, offset: number, length: number, sessionId: number): void {
    switch (messageKeyAt(view, offset, length)) {
      case ShmPoolAnnounceDecoder.KEY:
        if (this.#accepts(this.#announce, view, offset, length)) this.#onAnnounce(nowNs);
        break;
      case DataSourceAnnounceDecoder.KEY:
        if (this.#accepts(this.#source, view, offset, length)) this.#onSource(nowNs);
        break;
      case DataSourceMetaDecoder.KEY:
        if (this.#accepts(this.#meta, view, offset, length)) this.#onMeta(nowNs);
        break;
      case ConsumerHelloDecoder.KEY:
        if (this.#accepts(this.#hello, view, offset, length)) this.#onHello(nowNs, sessionId);
        break;
      case QosConsumerDecoder.KEY:
        if (this.#accepts(this.#qosConsumer, view, offset, length)) this.#onQosConsumer(nowNs, sessionId);
        break;
      case QosProducerDecoder.KEY:
        if (this.#accepts(this.#qosProducer, view, offset, length)) this.#onQosProducer(nowNs);
        break;
      case HeartbeatDecoder.KEY:
        if (this.#accepts(this.#heartbeat, view, offset, length)) this.#onHeartbeat(nowNs);
        break;
      case FrameDescriptorDecoder.KEY:
        if (this.#accepts(this.#descriptor, view, offset, length)) this.#onDescriptor(nowNs);
        break;
      case ConsumerConfigDecoder.KEY:
        if (this.#accepts(this.#config, view, offset, length)) this.#reportConfig(nowNs, sessionId);
        break;
      default:
        if (!this.#driver.onMessage(nowNs, view, offset, length)) this.counts.refused++;
    }
  }

  #accepts(decoder: MessageDecoder, view: DataView, offset: number, length: number): boolean {
    if (decoder.wrap(view, offset, length) === null) return true;
    this.counts.refused++;
    return false;
  }

  #onAnnounce(nowNs: number): void {
    const message = this.#announce;
    const pools: PoolFact[] = [];
    const group = message.payloadPools;
    for (group.rewind(); pools.length < MAX_POOLS && group.next(); ) {
      pools.push({ poolId: group.poolId, strideBytes: group.strideBytes });
    }
    this.#model.onAnnounce(nowNs, {
      streamId: message.streamId,
      producerId: message.producerId,
      epoch: message.epoch,
      layoutVersion: message.layoutVersion,
      nslots: message.headerNslots,
      pools,
      headerRegionUri: bounded(message.headerRegionUri(), MAX_URI_CHARS),
    });
  }

  #onSource(nowNs: number): void {
    const { streamId, producerId, epoch, metaVersion } = this.#source;
    const name = bounded(this.#source.name(), MAX_NAME_CHARS);
    const summary = bounded(this.#source.summary(), MAX_TEXT_CHARS);
    this.#model.onSource(nowNs, { streamId, producerId, epoch, metaVersion, name, summary });
  }

  /** Metadata with unchanged attributes arrives repeatedly. */
  #onMeta(nowNs: number): void {
    const { streamId, metaVersion } = this.#meta;
    if (!this.#model.wantsMeta(streamId, metaVersion)) return;
    this.#model.onMeta(nowNs, { streamId, metaVersion, attributes: attributesOf(this.#meta) });
  }

  #onHello(nowNs: number, sessionId: number): void {
    const { streamId, consumerId, supportsShm, supportsProgress, mode, maxRateHz } = this.#hello;
    this.#model.onHello(nowNs, {
      streamId,
      consumerId,
      sessionId,
      mode: modeOf(mode),
      supportsShm: supportsShm === 1,
      supportsProgress: supportsProgress === 1,
      maxRateHz,
    });
  }

  #onQosConsumer(nowNs: number, sessionId: number): void {
    const message = this.#qosConsumer;
    const { lastSeqSeenNumber, dropsGapNumber, dropsLateNumber } = message;
    if (!this.#areExact(lastSeqSeenNumber, dropsGapNumber, dropsLateNumber)) return;
    this.#model.onQosConsumer(nowNs, {
      streamId: message.streamId,
      consumerId: message.consumerId,
      sessionId,
      epoch: message.epoch,
      lastSeqSeen: lastSeqSeenNumber,
      dropsGap: dropsGapNumber,
      dropsLate: dropsLateNumber,
      mode: modeOf(message.mode),
    });
  }

  #onQosProducer(nowNs: number): void {
    const { streamId, producerId, epoch, currentSeqNumber } = this.#qosProducer;
    if (!this.#areExact(currentSeqNumber, 0, 0)) return;
    this.#model.onProducer(nowNs, { streamId, producerId, epoch, currentSeq: currentSeqNumber });
  }

  #onHeartbeat(nowNs: number): void {
    const { streamId, producerId, epoch } = this.#heartbeat;
    this.#model.onProducer(nowNs, { streamId, producerId, epoch, currentSeq: null });
  }

  #onDescriptor(nowNs: number): void {
    const message = this.#descriptor;
    if (!this.#areExact(message.seqNumber, 0, 0)) return;
    this.#model.onDescriptor(nowNs, {
      streamId: message.streamId,
      epoch: message.epoch,
      seq: message.seqNumber,
      timestampNs: message.hasTimestampNs ? message.timestampNs : null,
      metaVersion: message.hasMetaVersion ? message.metaVersion : null,
    });
  }

  #reportConfig(nowNs: number, sessionId: number): void {
    const { streamId, consumerId, useShm, mode, decimation } = this.#config;
    this.#onConfig(nowNs, {
      streamId,
      consumerId,
      sessionId,
      useShm: useShm === 1,
      mode: modeOf(mode),
      decimation,
      fallbackUri: bounded(this.#config.payloadFallbackUri(), MAX_TEXT_CHARS),
    });
  }

  #areExact(a: number, b: number, c: number): boolean {
    if (Number.isSafeInteger(a) && Number.isSafeInteger(b) && Number.isSafeInteger(c)) return true;
    this.counts.inexact++;
    return false;
  }
}

function modeOf(code: number): ConsumerMode {
  if (code === Mode.LATEST) return "latest";
  return code === Mode.DECIMATED ? "decimated" : "stream";
}
