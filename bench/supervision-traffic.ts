import {
  ConsumerHelloEncoder,
  DataSourceAnnounceEncoder,
  DataSourceMetaEncoder,
  FrameDescriptorEncoder,
  Mode,
  QosConsumerEncoder,
  QosProducerEncoder,
  ShmPoolAnnounceEncoder,
} from "../src/sbe/index.ts";
import { SupervisionInbox, SupervisionModel } from "../src/supervision/model/index.ts";

export interface TrafficOptions {
  readonly streams: number;
  readonly consumersPerStream: number;
  /** Consumers that are replaced each second by others with new ids. */
  readonly replacedPerSecond: number;
}

const SECOND_NS = 1e9;
const FRAMES_PER_SECOND = 500;
/** How often the newest descriptor of each stream is sampled. */
const SAMPLES_PER_SECOND = 4;
const EPOCH = 1_795_000_000_000;
const BUFFER_BYTES = 512;
/** Frames that a consumer loses per second, so that losses are processed as well. */
const LOST_PER_SECOND = 2;

interface SimulatedConsumer {
  id: number;
  sessionId: number;
  lost: number;
}

/**
 * The messages that a supervisor receives from many streams, second by second: an announce, a data source, its metadata, QoS and
 * four descriptor samples of each stream; a hello and QoS of each consumer. The clock is simulated.
 */
export class SupervisionTraffic {
  readonly model = new SupervisionModel(["gap", "resync", "overwritten"]);
  nowNs = 0;
  /** Number of messages so far. */
  messages = 0;
  readonly #inbox = new SupervisionInbox(this.model, () => {});
  readonly #options: TrafficOptions;
  readonly #consumers: SimulatedConsumer[];
  readonly #view = new DataView(new ArrayBuffer(BUFFER_BYTES));
  readonly #announce = new ShmPoolAnnounceEncoder();
  readonly #source = new DataSourceAnnounceEncoder();
  readonly #meta = new DataSourceMetaEncoder();
  readonly #qosProducer = new QosProducerEncoder();
  readonly #descriptor = new FrameDescriptorEncoder();
  readonly #hello = new ConsumerHelloEncoder();
  readonly #qosConsumer = new QosConsumerEncoder();
  #seq = 0;
  #nextId = 1;
  #replaced = 0;

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.#consumers = Array.from({ length: options.streams * options.consumersPerStream }, () => this.#newConsumer());
  }

  get refused(): number {
    return this.#inbox.counts.refused + this.#inbox.counts.inexact;
  }

  /** Generates the messages of one second; the model is ticked as often as a supervisor ticks it. */
  second(): void {
    this.#replace();
    for (let sample = 0; sample < SAMPLES_PER_SECOND; sample++) {
      this.nowNs += SECOND_NS / SAMPLES_PER_SECOND;
      this.#seq += FRAMES_PER_SECOND / SAMPLES_PER_SECOND;
      for (let stream = 1; stream <= this.#options.streams; stream++) {
        if (sample === 0) this.#sayProducer(stream);
        this.#sayDescriptor(stream);
      }
      if (sample === 1) for (let i = 0; i < this.#consumers.length; i++) this.#sayConsumer(i);
      this.model.tick(this.nowNs);
    }
  }

  #sayProducer(streamId: number): void {
    const view = this.#view;
    const announce = this.#announce.wrap(view, 0, BUFFER_BYTES);
    announce.setStreamId(streamId).setProducerId(streamId).setEpochNumber(EPOCH).setLayoutVersion(1);
    announce.setHeaderNslots(64).setHeaderSlotBytes(256).setMaxDims(8);
    const pools = announce.payloadPoolsCount(1).next();
    pools.setPoolId(1).setPoolNslots(64).setStrideBytes(4096).putRegionUri("shm:file?path=/dev/shm/tensorpool/1.pool");
    announce.putHeaderRegionUri("shm:file?path=/dev/shm/tensorpool/header.ring");
    this.#hear(announce.encodedLength, streamId);
    const source = this.#source.wrap(view, 0, BUFFER_BYTES);
    source.setStreamId(streamId).setProducerId(streamId).setEpochNumber(EPOCH).setMetaVersion(1);
    source.putName(`camera-${streamId}`).putSummary("a camera of the simulation");
    this.#hear(source.encodedLength, streamId);
    const meta = this.#meta.wrap(view, 0, BUFFER_BYTES);
    meta.setStreamId(streamId).setMetaVersion(1).setTimestampNsNumber(this.nowNs);
    meta
      .attributesCount(1)
      .next()
      .putKey("tensorpool.flow")
      .putFormat("text/plain")
      .putValue(new Uint8Array([100]));
    this.#hear(meta.encodedLength, streamId);
    const qos = this.#qosProducer.wrap(view, 0, BUFFER_BYTES);
    qos.setStreamId(streamId).setProducerId(streamId).setEpochNumber(EPOCH).setCurrentSeqNumber(this.#seq);
    this.#hear(QosProducerEncoder.ENCODED_LENGTH, streamId);
  }

  #sayDescriptor(streamId: number): void {
    const message = this.#descriptor.wrap(this.#view, 0, BUFFER_BYTES);
    message
      .setStreamId(streamId)
      .setEpochNumber(EPOCH)
      .setSeqNumber(this.#seq)
      .setHeaderIndex(this.#seq & 63);
    message.setTimestampNsNumber(this.nowNs).setMetaVersion(1);
    this.#hear(FrameDescriptorEncoder.ENCODED_LENGTH, streamId);
  }

  #sayConsumer(index: number): void {
    const consumer = this.#consumers[index] as SimulatedConsumer;
    const streamId = Math.floor(index / this.#options.consumersPerStream) + 1;
    const hello = this.#hello.wrap(this.#view, 0, BUFFER_BYTES);
    hello.setStreamId(streamId).setConsumerId(consumer.id).setSupportsShm(1).setSupportsProgress(0);
    hello.setMode(Mode.STREAM).setMaxRateHz(0).setExpectedLayoutVersion(1);
    this.#hear(ConsumerHelloEncoder.ENCODED_LENGTH, consumer.sessionId);
    consumer.lost += LOST_PER_SECOND;
    const qos = this.#qosConsumer.wrap(this.#view, 0, BUFFER_BYTES);
    qos.setStreamId(streamId).setConsumerId(consumer.id).setEpochNumber(EPOCH).setMode(Mode.STREAM);
    qos.setLastSeqSeenNumber(this.#seq).setDropsGapNumber(consumer.lost).setDropsLateNumber(0);
    this.#hear(QosConsumerEncoder.ENCODED_LENGTH, consumer.sessionId);
  }

  #hear(length: number, sessionId: number): void {
    this.messages++;
    this.#inbox.onMessage(this.nowNs, this.#view, 0, length, sessionId);
  }

  #replace(): void {
    for (let i = 0; i < this.#options.replacedPerSecond; i++) {
      this.#consumers[this.#replaced++ % this.#consumers.length] = this.#newConsumer();
    }
  }

  #newConsumer(): SimulatedConsumer {
    const id = this.#nextId++;
    return { id, sessionId: id, lost: 0 };
  }
}
