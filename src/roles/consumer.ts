import type { BlockSubscription } from "../aeron/block-subscription.ts";
import {
  controlPublicationChannel,
  DESCRIPTOR_FRAME_BYTES,
  descriptorSubscriptionChannel,
  observerChannel,
} from "../aeron/channel.ts";
import type { AeronConnection } from "../aeron/connection.ts";
import type { Publication } from "../aeron/publication.ts";
import type { MessageSubscription } from "../aeron/subscription.ts";
import type { Agent } from "../core/agent.ts";
import type { Clock } from "../core/clock.ts";
import { getLogger } from "../core/logger.ts";
import { PeriodicTimer } from "../core/timers.ts";
import { type Attribute, attributeText, FLOW_ATTRIBUTE_KEY, type Flow } from "../protocol/attribute.ts";
import { type Fallback, parseFallbackUri } from "../protocol/fallback-uri.ts";
import { type ConsumerMode, ModeFilter } from "../protocol/mode-filter.ts";
import { type AeronStreams, CADENCE_NS } from "../protocol/stream-ids.ts";
import type {
  ConsumerConfigDecoder,
  DataSourceMetaDecoder,
  FrameProgressDecoder,
  QosConsumerDecoder,
  QosProducerDecoder,
} from "../sbe/generated/control/index.ts";
import type { AllowedBaseDirs } from "../shm/index.ts";
import { applyConsumerConfig } from "./consumer-config.ts";
import { ConsumerInbox } from "./consumer-inbox.ts";
import { ConsumerMessages, type ProgressRequest } from "./consumer-messages.ts";
import { CounterExport } from "./counter-export.ts";
import { consumerCounters, type LossCause } from "./counters.ts";
import { DescriptorIntake, NO_SEQ } from "./descriptor-intake.ts";
import { Frame } from "./frame.ts";
import type { FrameReader } from "./frame-reader.ts";
import { MetadataCache } from "./metadata-cache.ts";
import { type ProgressHandler, ProgressReader } from "./progress-reader.ts";
import { randomId } from "./random-id.ts";
import { type MappingState, type StreamEnd, StreamMapping } from "./stream-mapping.ts";

const log = getLogger("consumer");

export interface ConsumerOptions {
  readonly streamId: number;
  /** Drawn at random when left out; another is drawn when somebody else uses it too (W-38). */
  readonly consumerId?: number;
  readonly mode: ConsumerMode;
  /** With mode "decimated": every Nth frame. */
  readonly decimation?: number;
  /** Frames per second that are read at most; 0: no limit. */
  readonly maxRateHz?: number;
  readonly streams: AeronStreams;
  /** Regions outside of these are refused (W-26). */
  readonly baseDirs: AllowedBaseDirs;
  /** Further behind than this, the reader skips to the newest frame (W-20); 0: never. */
  readonly maxOutstandingSeqGap?: number;
  /** `aeron:...` or `bridge://id`: where payloads come from when shared memory cannot be used (W-39). */
  readonly fallback?: Fallback;
  /** Shows rows before their frame is complete (W-43). */
  readonly progress?: ProgressRequest & { readonly handler: ProgressHandler };
  /** Told when the stream's attributes change. */
  readonly onAttributes?: (attributes: readonly Attribute[], metaVersion: number) => void;
}

/**
 * Reads a frame in place; what it computes counts only once the frame proved intact, see `PollOptions.settled`. It may name a
 * cause for which it could not use the frame, which is then counted as lost under that cause. (An async one does not compile:
 * a frame is valid during the call only.)
 */
// biome-ignore lint/suspicious/noConfusingVoidType: most handlers return nothing.
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
  readonly #clock: Clock;
  readonly #connection: AeronConnection;
  readonly #mapping: StreamMapping;
  readonly #messages: ConsumerMessages;
  readonly #metadata: MetadataCache;
  readonly #onAttributes: ConsumerOptions["onAttributes"];
  readonly #frame: Frame;
  readonly #filter: ModeFilter;
  readonly #progress: ProgressReader | null;
  readonly #maxOutstandingSeqGap: number;
  readonly #intake: DescriptorIntake;
  readonly #descriptors: BlockSubscription;
  readonly #subscriptions: readonly MessageSubscription[];
  readonly #export: CounterExport;
  readonly #control: Publication;
  readonly #qos: Publication;
  readonly #cadence = new PeriodicTimer(CADENCE_NS, { immediate: true });

  #consumerId: number;
  /** Seq of the frame that was handled last. */
  #lastSeqSeen = NO_SEQ;
  /** Newest frame that the producer says it has written. */
  #producerSeq = NO_SEQ;
  #flow: Flow = "drop";
  #pausedForNs = 0;
  #missedBeforePause = 0;
  #isClosed = false;
  #saysHello = true;

  constructor(connection: AeronConnection, clock: Clock, options: ConsumerOptions) {
    this.streamId = options.streamId;
    this.#consumerId = options.consumerId ?? randomId();
    this.roleName = `consumer ${options.streamId}`;
    this.#clock = clock;
    this.#connection = connection;
    this.#filter = new ModeFilter(options.mode, options.decimation ?? 1, options.maxRateHz ?? 0);
    this.#maxOutstandingSeqGap = options.maxOutstandingSeqGap ?? 0;
    this.#onAttributes = options.onAttributes;
    this.#frame = this.#newFrame();
    this.#metadata = new MetadataCache(options.streamId);
    this.#messages = new ConsumerMessages(options.streamId, options.maxRateHz ?? 0, options.progress ?? null);
    this.#progress =
      options.progress === undefined
        ? null
        : new ProgressReader(this.#newFrame(), this.counters, options.progress.handler);
    this.#mapping = new StreamMapping(options.streamId, options.baseDirs, this.counters, {
      onMapped: () => this.#onMapped(),
      onUnmapping: (reason, end) => this.#onUnmapping(reason, end),
    });
    this.#mapping.fallback = options.fallback ?? null;
    this.#intake = new DescriptorIntake(options.streamId, this.counters, (newest, seq) =>
      this.#mapping.remap(`seq went back from ${newest} to ${seq}`),
    );
    const { channel, controlStreamId, descriptorStreamId, qosStreamId, metadataStreamId } = options.streams;
    this.#descriptors = connection.addBlockSubscription(
      descriptorSubscriptionChannel(channel),
      descriptorStreamId,
      MAX_BLOCK_BYTES,
      this.#intake.onMessage,
    );
    const inbox = new ConsumerInbox(
      {
        onAnnounce: (message) => this.#mapping.onAnnounce(message),
        onMeta: (message) => this.#onMeta(message),
        onQosProducer: (message) => this.#onQosProducer(message),
        onQosConsumer: (message, sessionId) => this.#onQosConsumer(message, sessionId),
        onConfig: (message) => this.#onConfig(message),
        onProgress: (message) => this.#onProgress(message),
      },
      this.counters.of.messagesRefused,
    );
    this.#subscriptions = [...new Set([controlStreamId, qosStreamId, metadataStreamId])].map((id) =>
      connection.addSubscription(observerChannel(channel), id, inbox.onMessage),
    );
    this.#export = new CounterExport(connection, "consumer", this.counters.list, this.streamId, this.#consumerId);
    this.#control = connection.addPublication(controlPublicationChannel(channel), controlStreamId);
    this.#qos = connection.addPublication(controlPublicationChannel(channel), qosStreamId);
  }

  get consumerId(): number {
    return this.#consumerId;
  }

  get mode(): ConsumerMode {
    return this.#filter.mode;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Where the stream stands for this consumer (W-22). */
  get state(): MappingState {
    return this.#mapping.state;
  }

  get isMapped(): boolean {
    return this.#mapping.state === "mapped";
  }

  /** Generation of the mapped regions; null while nothing is mapped. */
  get epoch(): bigint | null {
    return this.#mapping.stream?.epoch ?? null;
  }

  /** Where payloads come from when shared memory cannot be used; null: nowhere. */
  get fallback(): Fallback | null {
    return this.#mapping.fallback;
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

  /** Why the announced regions are refused, while they are. */
  get refusal() {
    return this.#mapping.refusal;
  }

  /**
   * Hands out frames that are there, in order; returns how many descriptors were dealt with. Frames that cannot be read any
   * more are skipped and counted. An exception of the handler comes out here, after its frame was settled like any other.
   */
  poll(handler: FrameHandler, options: PollOptions = NO_OPTIONS): number {
    const limit = options.limit ?? DEFAULT_LIMIT;
    let handled = 0;
    this.#fill();
    while (handled < limit && this.#intake.length > 0) {
      const { reader } = this.#mapping;
      if (reader === null) break;
      if (this.#filter.mode === "latest") this.#skipToNewest("skipped");
      this.#handleNext(reader, handler, options.settled);
      handled++;
    }
    return handled;
  }

  /** Drops the oldest waiting frame without reading it and counts it under `cause`; false when there is none. */
  skip(cause: LossCause): boolean {
    this.#fill();
    if (this.#intake.length === 0) return false;
    this.#lastSeqSeen = this.#intake.take();
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
    if (this.#mapping.hasEnded && this.#intake.length === 0 && this.#fill() === 0) {
      this.#mapping.unmap("the producer has ended the stream");
      work++;
    }
    // After the check above, so that messages which were sent before the end are read before it counts.
    work += this.#mapping.doWork(nowNs);
    if (this.#saysHello && this.#control.isConnected) {
      this.#saysHello = false;
      this.#messages.sendHello(this.#control, this.#consumerId, this.mode);
    }
    if (this.#cadence.isDue(nowNs)) {
      this.#messages.sendHello(this.#control, this.#consumerId, this.mode);
      this.#sendQos();
      work++;
    }
    this.#export.doWork(nowNs);
    return work;
  }

  onLateCycle(_nowNs: number, lateByNs: number): void {
    this.#pausedForNs = lateByNs;
    this.#missedBeforePause = this.#missed;
  }

  /** Unmaps and leaves the stream. Idempotent. */
  onClose(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#sendQos();
    this.#mapping.unmap("this consumer closes");
    this.#export.close();
    for (const resource of [...this.#subscriptions, this.#descriptors, this.#control, this.#qos]) {
      this.#connection.remove(resource);
    }
  }

  get #missed(): number {
    return this.counters.of.gap.value + this.counters.of.overwritten.value;
  }

  #newFrame(): Frame {
    return new Frame(
      () => this.#clock.nanoTime(),
      (metaVersion) => this.#metadata.of(metaVersion),
    );
  }

  #handleNext(reader: FrameReader, handler: FrameHandler, settled: PollOptions["settled"]): void {
    const { of } = this.counters;
    const maxGap = this.#maxOutstandingSeqGap;
    const newestSeq = this.#intake.newestSeq;
    if (maxGap > 0 && this.#intake.length > 1 && newestSeq - this.#intake.peek() > maxGap) this.#skipToNewest("resync");
    const seq = this.#intake.take();
    this.#lastSeqSeen = seq;
    // Older than the ring can hold: skipped without touching shared memory (W-20).
    if (newestSeq - seq >= reader.nslots) {
      of.overwritten.increment();
      return;
    }
    if (!this.#filter.takes(seq, this.#filter.isRateLimited ? this.#clock.nanoTime() : 0)) {
      of.skipped.increment();
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
      const byteLength = frame.byteLength;
      const isIntact = reader.end(frame);
      if (!isIntact) of.changed.increment();
      else if (verdict !== undefined) of[verdict].increment();
      else {
        of.accepted.increment();
        of.bytes.add(byteLength);
      }
      if (settled !== undefined) settled(seq, isIntact);
    }
    if (this.#pausedForNs > 0) this.#tellPause();
  }

  #skipToNewest(as: "skipped" | "resync"): void {
    while (this.#intake.length > 1) {
      this.#lastSeqSeen = this.#intake.take();
      this.counters.of[as].increment();
    }
  }

  /** Takes descriptors from Aeron; returns the bytes that came. */
  #fill(): number {
    // A producer that waits must find the window full when this reader is: only an empty queue is filled.
    const isWaitedFor = this.#flow === "wait";
    if (isWaitedFor && this.#intake.length > 0) return 0;
    const quarterRing = Math.max(1, this.#intake.capacity / 4) * DESCRIPTOR_FRAME_BYTES;
    const bytes = this.#descriptors.poll(isWaitedFor ? quarterRing : MAX_BLOCK_BYTES);
    if (bytes === 0) {
      const nowNs = this.#clock.nanoTime();
      if (this.#descriptors.needsRenewal(nowNs)) this.#connection.renew(this.#descriptors);
    }
    return bytes;
  }

  #onMeta(message: DataSourceMetaDecoder): void {
    const before = this.#metadata.latestVersion;
    this.#metadata.onMeta(message);
    if (this.#metadata.latestVersion === before) return;
    this.#flow = attributeText(this.#metadata.latest, FLOW_ATTRIBUTE_KEY) === "wait" ? "wait" : "drop";
    this.#onAttributes?.(this.#metadata.latest, this.#metadata.latestVersion);
  }

  #onQosProducer(message: QosProducerDecoder): void {
    if (message.streamId !== this.streamId || !this.#intake.isEpoch(message.epochHigh, message.epochLow)) return;
    this.#producerSeq = message.currentSeqNumber;
  }

  #onQosConsumer(message: QosConsumerDecoder, sessionId: number): void {
    if (message.streamId !== this.streamId || message.consumerId !== this.#consumerId) return;
    if (this.#qos.sessionId === null || sessionId === this.#qos.sessionId) return;
    const before = this.#consumerId;
    this.#consumerId = randomId();
    this.#saysHello = true;
    this.counters.of.idConflicts.increment();
    log.warn(`another consumer of stream ${this.streamId} has the id ${before}: this one is ${this.#consumerId} now`);
  }

  #onConfig(message: ConsumerConfigDecoder): void {
    if (message.streamId !== this.streamId || message.consumerId !== this.#consumerId) return;
    const uri = message.payloadFallbackUri();
    const fallback = uri === "" ? null : parseFallbackUri(uri);
    if (typeof fallback === "string") {
      this.counters.of.configsRefused.increment();
      log.warn(`ConsumerConfig for stream ${this.streamId} refused: W-39: fallback: ${fallback}`);
      return;
    }
    if (fallback !== null) this.#mapping.fallback = fallback;
    const change = applyConsumerConfig(message, this.#filter);
    this.#mapping.setEnabled(message.useShm === 1);
    this.counters.of.configsObeyed.increment();
    log.info(`stream ${this.streamId}, told by ConsumerConfig: ${change}, state ${this.state}`);
    this.#sendQos();
  }

  #onProgress(message: FrameProgressDecoder): void {
    if (this.#progress === null || message.streamId !== this.streamId) return;
    const { reader } = this.#mapping;
    if (reader === null || !this.#intake.isEpoch(message.epochHigh, message.epochLow)) return;
    this.#progress.onProgress(reader, message);
  }

  #onMapped(): void {
    const { stream } = this.#mapping;
    if (stream === null) return;
    this.#intake.begin(stream.epoch, stream.nslots);
    this.#lastSeqSeen = NO_SEQ;
    this.#producerSeq = NO_SEQ;
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
    const newestSeq = this.#intake.newestSeq;
    of.overwritten.add(this.#intake.end());
    if (end === "ended" && newestSeq !== NO_SEQ && this.#producerSeq > newestSeq) {
      of.gap.add(this.#producerSeq - newestSeq);
      this.#lastSeqSeen = this.#producerSeq;
    }
    this.#sendQos();
    this.#metadata.clear();
    this.#flow = "drop";
  }

  #sendQos(): void {
    const epoch = this.#mapping.stream?.epoch ?? 0n;
    const seen = Math.max(0, this.#lastSeqSeen);
    this.#messages.sendQos(this.#qos, this.#consumerId, this.mode, epoch, seen, this.counters);
  }

  #tellPause(): void {
    const seconds = (this.#pausedForNs / 1e9).toFixed(1);
    this.#pausedForNs = 0;
    log.warn(
      `${this.roleName} stood still for ${seconds} s and missed ${this.#missed - this.#missedBeforePause} frames`,
    );
  }
}
