import type { BlockMessageHandler, BlockSubscription } from "../aeron/block-subscription.ts";
import {
  controlPublicationChannel,
  DESCRIPTOR_FRAME_BYTES,
  descriptorSubscriptionChannel,
  observerChannel,
} from "../aeron/channel.ts";
import type { AeronConnection } from "../aeron/connection.ts";
import type { Publication } from "../aeron/publication.ts";
import type { MessageHandler, MessageSubscription } from "../aeron/subscription.ts";
import type { Agent } from "../core/agent.ts";
import type { Clock } from "../core/clock.ts";
import { getLogger } from "../core/logger.ts";
import { PeriodicTimer } from "../core/timers.ts";
import { type Attribute, attributeText, FLOW_ATTRIBUTE_KEY, type Flow } from "../protocol/attribute.ts";
import { type AeronStreams, CADENCE_NS } from "../protocol/stream-ids.ts";
import {
  DataSourceMetaDecoder,
  FrameDescriptorDecoder,
  Mode,
  QosProducerDecoder,
  ShmPoolAnnounceDecoder,
} from "../sbe/generated/control/index.ts";
import { messageKeyAt } from "../sbe/header.ts";
import type { AllowedBaseDirs } from "../shm/index.ts";
import { ConsumerMessages } from "./consumer-messages.ts";
import { consumerCounters, type LossCause } from "./counters.ts";
import { DescriptorQueue } from "./descriptor-queue.ts";
import { Frame } from "./frame.ts";
import type { FrameReader } from "./frame-reader.ts";
import { MetadataCache } from "./metadata-cache.ts";
import { randomId } from "./producer.ts";
import { type StreamEnd, StreamMapping } from "./stream-mapping.ts";

const log = getLogger("consumer");

/** "stream": every frame, dropping when late. "latest": only the newest at each poll (W-40). */
export type ConsumerMode = "stream" | "latest";

export interface ConsumerOptions {
  readonly streamId: number;
  /** Drawn at random when left out. */
  readonly consumerId?: number;
  readonly mode: ConsumerMode;
  readonly streams: AeronStreams;
  /** Regions outside of these are refused (W-26). */
  readonly baseDirs: AllowedBaseDirs;
  /** Further behind than this, the reader skips to the newest frame (W-20); 0: never. */
  readonly maxOutstandingSeqGap?: number;
}

/**
 * Reads a frame in place; what it computes counts only once the frame proved intact, see `PollOptions.settled`. It may name a
 * cause for which it could not use the frame, which is then counted as lost under that cause. (An async one does not compile:
 * a frame is valid during the call only.)
 */
// biome-ignore lint/suspicious/noConfusingVoidType: handlers that return nothing are what most users write.
export type FrameHandler = (frame: Frame) => LossCause | undefined | void;

export interface PollOptions {
  /** Most frames to hand out in this call; 64 when left out. */
  readonly limit?: number;
  /** Told after each frame whether it was intact until its handler returned. */
  readonly settled?: (seq: number, isIntact: boolean) => void;
}

const DEFAULT_LIMIT = 64;
/** Descriptors of one block: 64 KiB of the log at most. */
const MAX_BLOCK_BYTES = 64 * 1024;
const NO_OPTIONS: PollOptions = {};

/**
 * The consumer of one stream: maps what is announced, takes descriptors, and reads frames by the commit protocol (W-16). As
 * an agent it does the control plane; `poll` hands out frames. A frame is accepted, or lost under exactly one cause.
 */
export class Consumer implements Agent {
  readonly roleName: string;
  readonly counters = consumerCounters();
  readonly streamId: number;
  readonly consumerId: number;
  readonly mode: ConsumerMode;
  readonly #clock: Clock;
  readonly #connection: AeronConnection;
  readonly #mapping: StreamMapping;
  readonly #messages: ConsumerMessages;
  readonly #metadata: MetadataCache;
  readonly #frame: Frame;
  readonly #maxOutstandingSeqGap: number;
  readonly #descriptorSubscription: BlockSubscription;
  readonly #subscriptions: readonly MessageSubscription[];
  readonly #control: Publication;
  readonly #qos: Publication;
  readonly #cadence = new PeriodicTimer(CADENCE_NS, { immediate: true });
  readonly #descriptor = new FrameDescriptorDecoder();
  readonly #poolAnnounce = new ShmPoolAnnounceDecoder();
  readonly #meta = new DataSourceMetaDecoder();
  readonly #qosProducer = new QosProducerDecoder();

  #queue = new DescriptorQueue(1);
  #epochHigh = 0;
  #epochLow = 0;
  /** Seq of the descriptor that came last; -1 before the first of the mapped epoch. */
  #newestSeq = -1;
  /** Seq of the frame that was handled last. */
  #lastSeqSeen = -1;
  /** Newest frame that the producer says it has written. */
  #producerSeq = -1;
  #flow: Flow = "drop";
  #pausedForNs = 0;
  #gapsBeforePause = 0;
  #isClosed = false;
  #saysHello = true;

  constructor(connection: AeronConnection, clock: Clock, options: ConsumerOptions) {
    this.streamId = options.streamId;
    this.consumerId = options.consumerId ?? randomId();
    this.mode = options.mode;
    this.roleName = `consumer ${options.streamId}`;
    this.#clock = clock;
    this.#connection = connection;
    this.#maxOutstandingSeqGap = options.maxOutstandingSeqGap ?? 0;
    this.#frame = new Frame(
      () => clock.nanoTime(),
      (metaVersion) => this.#metadata.of(metaVersion),
    );
    this.#metadata = new MetadataCache(options.streamId);
    this.#messages = new ConsumerMessages(
      options.streamId,
      this.consumerId,
      options.mode === "latest" ? Mode.LATEST : Mode.STREAM,
    );
    this.#mapping = new StreamMapping(options.streamId, options.baseDirs, this.counters, {
      onMapped: () => this.#onMapped(),
      onUnmapping: (reason, end) => this.#onUnmapping(reason, end),
    });
    const { channel, controlStreamId, descriptorStreamId, qosStreamId, metadataStreamId } = options.streams;
    this.#descriptorSubscription = connection.addBlockSubscription(
      descriptorSubscriptionChannel(channel),
      descriptorStreamId,
      MAX_BLOCK_BYTES,
      this.#onDescriptor,
    );
    this.#subscriptions = [controlStreamId, qosStreamId, metadataStreamId].map((id) =>
      connection.addSubscription(observerChannel(channel), id, this.#onMessage),
    );
    this.#control = connection.addPublication(controlPublicationChannel(channel), controlStreamId);
    this.#qos = connection.addPublication(controlPublicationChannel(channel), qosStreamId);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get isMapped(): boolean {
    return this.#mapping.state === "mapped";
  }

  /** Generation of the mapped regions; null while nothing is mapped. */
  get epoch(): bigint | null {
    return this.#mapping.stream?.epoch ?? null;
  }

  /** How the producer treats a full window: "wait" means that this reader may hold it back for a while. */
  get flow(): Flow {
    return this.#flow;
  }

  /** The stream's current attributes; empty while they are not known. */
  get attributes(): readonly Attribute[] {
    return this.#metadata.latest;
  }

  /** True once the stream's attributes have come. */
  get hasAttributes(): boolean {
    return this.#metadata.latestVersion !== -1;
  }

  /** The attributes that frames of `metaVersion` go with. */
  attributesOf(metaVersion: number): readonly Attribute[] {
    return this.#metadata.of(metaVersion);
  }

  /** Why the announced regions are refused, while they are. */
  get refusal() {
    return this.#mapping.refusal;
  }

  /** Descriptors that are here and not handled yet. */
  get queued(): number {
    return this.#queue.length;
  }

  /**
   * Hands out frames that are there, in order; returns how many descriptors were dealt with. Frames that cannot be read any
   * more are skipped and counted. An exception of the handler comes out here, after its frame was settled like any other.
   */
  poll(handler: FrameHandler, options: PollOptions = NO_OPTIONS): number {
    const limit = options.limit ?? DEFAULT_LIMIT;
    let handled = 0;
    this.#fillQueue();
    while (handled < limit && this.#queue.length > 0) {
      const { reader } = this.#mapping;
      if (reader === null) break;
      if (this.mode === "latest") this.#skipToNewest();
      this.#handleNext(reader, handler, options.settled);
      handled++;
    }
    return handled;
  }

  /** Drops the oldest waiting frame without reading it and counts it under `cause`; false when there is none. */
  skip(cause: LossCause): boolean {
    this.#fillQueue();
    if (this.#queue.length === 0) return false;
    this.#lastSeqSeen = this.#queue.peekSeq();
    this.#queue.drop();
    this.counters.of[cause].increment();
    return true;
  }

  /** Counts a frame that was accepted, and then dropped by its taker, under `cause` instead. */
  unaccept(byteLength: number, cause: LossCause): void {
    const { of } = this.counters;
    of.accepted.add(-1);
    of.bytes.add(-byteLength);
    of[cause].increment();
  }

  doWork(nowNs: number): number {
    if (this.#isClosed) return 0;
    let work = 0;
    for (let i = 0; i < this.#subscriptions.length; i++)
      work += (this.#subscriptions[i] as MessageSubscription).poll(8);
    // The owner's end shows after its last descriptor: what is still under way is read first.
    if (this.#mapping.hasEnded && this.#queue.length === 0 && this.#fillQueue() === 0) {
      this.#mapping.unmap("the producer has ended the stream");
      work++;
    }
    // After the check above, so that messages which were sent before the end are read before it counts.
    work += this.#mapping.doWork(nowNs);
    if (this.#saysHello && this.#control.isConnected) {
      this.#saysHello = false;
      this.#messages.sendHello(this.#control);
    }
    if (this.#cadence.isDue(nowNs)) {
      this.#messages.sendHello(this.#control);
      this.#sendQos();
      work++;
    }
    return work;
  }

  onLateCycle(_nowNs: number, lateByNs: number): void {
    this.#pausedForNs = lateByNs;
    this.#gapsBeforePause = this.#missed;
  }

  /** Unmaps and leaves the stream. Idempotent. */
  onClose(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#sendQos();
    this.#mapping.unmap("this consumer closes");
    for (const resource of [...this.#subscriptions, this.#descriptorSubscription, this.#control, this.#qos]) {
      this.#connection.remove(resource);
    }
  }

  get #missed(): number {
    return this.counters.of.gap.value + this.counters.of.overwritten.value;
  }

  #handleNext(reader: FrameReader, handler: FrameHandler, settled: PollOptions["settled"]): void {
    const seq = this.#queue.peekSeq();
    this.#queue.drop();
    this.#lastSeqSeen = seq;
    const { of } = this.counters;
    // Older than the ring can hold: skipped without touching shared memory (W-20).
    if (this.#newestSeq - seq >= reader.nslots) {
      of.overwritten.increment();
      return;
    }
    if (this.#maxOutstandingSeqGap > 0 && this.#newestSeq - seq > this.#maxOutstandingSeqGap) {
      of.resync.increment();
      return;
    }
    const frame = this.#frame;
    const cause = reader.begin(frame, seq);
    if (cause !== null) {
      of[cause].increment();
      return;
    }
    let verdict: LossCause | undefined;
    try {
      verdict = handler(frame) as LossCause | undefined;
    } finally {
      const isIntact = reader.end(frame);
      if (!isIntact) of.changed.increment();
      else if (verdict !== undefined) of[verdict].increment();
      else {
        of.accepted.increment();
        of.bytes.add(frame.byteLength);
      }
      if (settled !== undefined) settled(seq, isIntact);
    }
    if (this.#pausedForNs > 0) this.#tellPause();
  }

  #skipToNewest(): void {
    while (this.#queue.length > 1) {
      this.#queue.drop();
      this.counters.of.skipped.increment();
    }
  }

  /** Takes descriptors from Aeron; returns the bytes that came. */
  #fillQueue(): number {
    // A producer that waits must find the window full when this reader is: only an empty queue is filled.
    if (this.#flow === "wait" && this.#queue.length > 0) return 0;
    const subscription = this.#descriptorSubscription;
    const blockBytes =
      this.#flow === "wait" ? Math.max(1, this.#queue.capacity / 4) * DESCRIPTOR_FRAME_BYTES : MAX_BLOCK_BYTES;
    const bytes = subscription.poll(blockBytes);
    if (bytes === 0 && subscription.needsRenewal(this.#clock.nanoTime())) this.#connection.renew(subscription);
    return bytes;
  }

  readonly #onDescriptor: BlockMessageHandler = (view, offset, length) => {
    const descriptor = this.#descriptor;
    const { of } = this.counters;
    if (messageKeyAt(view, offset, length) !== FrameDescriptorDecoder.KEY) return;
    if (descriptor.wrap(view, offset, length) !== null) {
      of.messagesRefused.increment();
      return;
    }
    if (descriptor.streamId !== this.streamId) return;
    const { reader } = this.#mapping;
    if (reader === null) {
      of.unmapped.increment();
      return;
    }
    if (descriptor.epochHigh !== this.#epochHigh || descriptor.epochLow !== this.#epochLow) {
      of.foreignEpoch.increment();
      return;
    }
    const seq = descriptor.seqNumber;
    if (seq <= this.#newestSeq) {
      // Within an epoch a seq never goes back: this is another writer, or another run of it (W-22).
      this.#mapping.unmap(`seq went back from ${this.#newestSeq} to ${seq}`);
      return;
    }
    if (this.#newestSeq !== -1) of.gap.add(seq - this.#newestSeq - 1);
    this.#newestSeq = seq;
    if (descriptor.headerIndex !== reader.indexOf(seq)) {
      of.identity.increment();
      return;
    }
    if (this.#queue.push(seq)) of.overwritten.increment();
  };

  readonly #onMessage: MessageHandler = (view, length) => {
    switch (messageKeyAt(view, 0, length)) {
      case ShmPoolAnnounceDecoder.KEY:
        if (this.#poolAnnounce.wrap(view, 0, length) !== null) this.counters.of.messagesRefused.increment();
        else this.#mapping.onAnnounce(this.#poolAnnounce);
        break;
      case DataSourceMetaDecoder.KEY:
        if (this.#meta.wrap(view, 0, length) !== null) this.counters.of.messagesRefused.increment();
        else this.#onMeta();
        break;
      case QosProducerDecoder.KEY:
        if (this.#qosProducer.wrap(view, 0, length) !== null) this.counters.of.messagesRefused.increment();
        else this.#onQosProducer();
        break;
    }
  };

  #onMeta(): void {
    this.#metadata.onMeta(this.#meta);
    this.#flow = attributeText(this.#metadata.latest, FLOW_ATTRIBUTE_KEY) === "wait" ? "wait" : "drop";
  }

  #onQosProducer(): void {
    const qos = this.#qosProducer;
    if (qos.streamId !== this.streamId) return;
    if (qos.epochHigh === this.#epochHigh && qos.epochLow === this.#epochLow) this.#producerSeq = qos.currentSeqNumber;
  }

  #onMapped(): void {
    const stream = this.#mapping.stream;
    const reader = this.#mapping.reader;
    if (stream === null || reader === null) return;
    this.#epochHigh = Number(stream.epoch >> 32n);
    this.#epochLow = Number(stream.epoch & 0xffff_ffffn);
    // Older descriptors than this could not be read any more.
    this.#queue = new DescriptorQueue(stream.nslots);
    this.#newestSeq = -1;
    this.#lastSeqSeen = -1;
    this.#producerSeq = -1;
    log.info(
      `mapped stream ${this.streamId}, epoch ${stream.epoch}: ${stream.nslots} slots, ${stream.pools.length} pool(s)`,
    );
    this.#sendQos();
  }

  #onUnmapping(reason: string, end: StreamEnd): void {
    log.info(`unmapped stream ${this.streamId}: ${reason}`);
    const { of } = this.counters;
    if (end !== "remap") of.ends.increment();
    // What is under way is dropped (W-22), and so is what the producer said it wrote and never came.
    of.overwritten.add(this.#queue.length);
    if (end === "ended" && this.#newestSeq !== -1 && this.#producerSeq > this.#newestSeq) {
      of.gap.add(this.#producerSeq - this.#newestSeq);
      this.#lastSeqSeen = this.#producerSeq;
    }
    this.#sendQos();
    this.#queue.clear();
    this.#metadata.clear();
    this.#flow = "drop";
  }

  #sendQos(): void {
    const stream = this.#mapping.stream;
    if (stream !== null) {
      this.#messages.sendQos(this.#qos, stream.epoch, Math.max(0, this.#lastSeqSeen), this.counters);
    }
  }

  #tellPause(): void {
    const seconds = (this.#pausedForNs / 1e9).toFixed(1);
    this.#pausedForNs = 0;
    log.warn(`${this.roleName} stood still for ${seconds} s and missed ${this.#missed - this.#gapsBeforePause} frames`);
  }
}
