import { controlPublicationChannel } from "../aeron/channel.ts";
import { monotonic } from "../aeron/monotonic.ts";
import type { MessageSink, Messaging } from "../aeron/ports.ts";
import { PublishResult } from "../aeron/results.ts";
import type { MessageHandler } from "../aeron/subscription.ts";
import type { Clock } from "../core/clock.ts";
import { UsageError } from "../core/errors.ts";
import { PeriodicTimer } from "../core/timers.ts";
import type { Attribute } from "../protocol/attribute.ts";
import { parseFallbackUri } from "../protocol/fallback-uri.ts";
import type { ProgressDemand } from "../protocol/progress-throttle.ts";
import { type AeronStreams, CADENCE_NS } from "../protocol/stream-ids.ts";
import { metaBytes, requireAttributes, requireSourceText } from "../protocol/wire-text.ts";
import { CounterExport } from "./counter-export.ts";
import { PRODUCER_SHOWS, type ProducerCounters } from "./counters.ts";
import type { FrameRing } from "./frame-ring.ts";
import { ControlHearing, subscribeControl } from "./hearing.ts";
import { type ConsumerConfig, type ProducerIdentity, ProducerMessages } from "./producer-messages.ts";
import { ReaderDirectory } from "./reader-directory.ts";

/** Readers that ask (hello) are answered at once, but not more often than this. */
const ANSWER_PERIOD_NS = 20e6;
/** Versions of the metadata that wait for their publication; of more, the oldest are not sent. */
const MAX_UNSENT_VERSIONS = 256;

interface MetadataVersion {
  readonly metaVersion: number;
  readonly attributes: readonly Attribute[];
}

/** Parameters of a producer's control plane, beside the stream and its names. */
export interface ProducerControlOptions {
  readonly attributes: readonly Attribute[];
  readonly sendsHeartbeat: boolean;
  /** True where this producer announces its regions itself. */
  readonly announcesRegions: boolean;
  /** Bytes of its longest announce. */
  readonly announceBytes: number;
  /** The time of the producer's cycle. */
  readonly cycle: Clock;
  /** Takes what comes on the control stream beside what readers say. */
  readonly onMessage: MessageHandler;
}

/**
 * A producer's control plane: announces regions (where it owns them), data source and metadata, answers new readers, and sends
 * QoS and heartbeats.
 */
export class ProducerControl {
  readonly readers: ReaderDirectory;
  /** Control stream: announces, and FrameProgress of the frames. */
  readonly publication: MessageSink;
  readonly #identity: ProducerIdentity;
  readonly #connection: Messaging;
  readonly #counters: ProducerCounters;
  readonly #messages: ProducerMessages;
  readonly #options: ProducerControlOptions;
  #export: CounterExport | null = null;
  #exportedId = 0;
  #mayExportNs = Number.NEGATIVE_INFINITY;
  readonly #qos: MessageSink;
  readonly #channel: string;
  readonly #metadataStreamId: number;
  #metadata: MessageSink;
  readonly #hearing: ControlHearing;
  readonly #cadence = new PeriodicTimer(CADENCE_NS, { immediate: true });
  readonly #answer = new PeriodicTimer(ANSWER_PERIOD_NS, { immediate: true });
  #attributes: readonly Attribute[];
  #metaVersion = 1;
  /** Versions that frames may refer to and that no reader has been sent, oldest first. */
  readonly #unsent: MetadataVersion[] = [];
  #epoch = 0;
  /** When the regions last said that this producer lives. */
  #lastActivityNs = 0;
  /** True while announces find no publication. */
  #isUnheard = false;

  constructor(
    connection: Messaging,
    streams: AeronStreams,
    identity: ProducerIdentity,
    counters: ProducerCounters,
    options: ProducerControlOptions,
  ) {
    this.#connection = connection;
    this.#identity = identity;
    this.#counters = counters;
    this.#options = options;
    requireSourceText(identity.name, identity.summary);
    requireAttributes(options.attributes);
    this.#attributes = options.attributes;
    this.#messages = new ProducerMessages(identity, counters);
    this.readers = new ReaderDirectory(identity.streamId, counters.of.messagesRefused, options.cycle);
    const { channel, controlStreamId, qosStreamId, metadataStreamId } = streams;
    this.publication = connection.addPublication(
      controlPublicationChannel(channel, options.announceBytes),
      controlStreamId,
    );
    this.#qos = connection.addPublication(controlPublicationChannel(channel), qosStreamId);
    this.#channel = channel;
    this.#metadataStreamId = metadataStreamId;
    this.#metadata = connection.addPublication(this.#metadataChannel, metadataStreamId);
    this.#hearing = new ControlHearing(
      subscribeControl(connection, streams, ["control", "announce", "qos"], this.#onMessage),
    );
  }

  /** Names the attributes that frames which are committed now go with (W-45). */
  get metaVersion(): number {
    return this.#metaVersion;
  }

  /** What readers of progress ask for; null while there are none (W-41). */
  get progressDemand(): ProgressDemand | null {
    return this.readers.progressDemand;
  }

  /** Nanoseconds since readers last saw a sign of life. */
  silentNs(nowNs: number): number {
    return nowNs - this.#lastActivityNs;
  }

  /** Begins an epoch: its regions are announced at the next cycle. */
  begin(ring: FrameRing, nowNs: number): void {
    this.#epoch = ring.regions.epoch;
    this.#lastActivityNs = nowNs;
    this.#cadence.makeDue(nowNs);
  }

  /** True once what others announce is read. */
  get isHearing(): boolean {
    return this.#hearing.isReady;
  }

  /** True once per period of the control plane. */
  isDue(nowNs: number): boolean {
    return this.#hearing.isDue(nowNs);
  }

  /** Reads what is there, at the end. */
  pollNow(): void {
    this.#hearing.poll();
  }

  /** Reads what readers and others say. */
  poll(nowNs: number): number {
    const work = this.#hearing.poll();
    this.#exportCounters(nowNs);
    return work;
  }

  /** Announces where that is due. */
  announceIfDue(ring: FrameRing, nowNs: number): number {
    const isDue = this.#cadence.isDue(nowNs);
    const isAsked = (this.readers.mustAnnounce || this.#isUnheard) && this.#answer.isDue(nowNs);
    if (!isDue && !isAsked) return 0;
    if (isDue) this.readers.expire(nowNs);
    this.readers.mustAnnounce = false;
    this.#announce(ring, nowNs);
    if (isDue && this.#options.sendsHeartbeat) this.#messages.sendHeartbeat(this.publication, this.#epoch, nowNs);
    return 1;
  }

  /** Says that the stream has ended: no frame will follow. */
  finish(ring: FrameRing): void {
    this.#messages.sendQos(this.#qos, this.#epoch, ring.currentSeq);
    ring.regions.refreshActivity(0, 0);
  }

  /** @throws UsageError */
  setAttributes(attributes: readonly Attribute[], nowNs: number): void {
    requireAttributes(attributes);
    this.#attributes = attributes;
    this.#metaVersion++;
    this.#unsent.push({ metaVersion: this.#metaVersion, attributes });
    if (this.#unsent.length > MAX_UNSENT_VERSIONS) this.#unsent.shift();
    if (this.#metadata.channel !== this.#metadataChannel) {
      // Attributes of another size need other terms; they are sent when the media driver has made them.
      this.#connection.remove(this.#metadata);
      this.#metadata = this.#connection.addPublication(this.#metadataChannel, this.#metadataStreamId);
      this.#isUnheard = true;
    } else this.#sendMetadata(nowNs);
  }

  /** True while frames may refer to a version of the metadata that waits for its publication. */
  get hasUnsentMetadata(): boolean {
    return this.#unsent.length > 0;
  }

  /** After the stream's end: sends the versions that wait. */
  sendUnsentMetadata(nowNs: number): void {
    if (this.#unsent.length > 0 && this.#metadata.isReady && this.#answer.isDue(nowNs)) this.#sendMetadata(nowNs);
  }

  get #metadataChannel(): string {
    let bytes = metaBytes(this.#attributes);
    for (const { attributes } of this.#unsent) bytes = Math.max(bytes, metaBytes(attributes));
    return controlPublicationChannel(this.#channel, bytes);
  }

  /** @throws UsageError */
  sendConfig(config: ConsumerConfig): void {
    const { fallback = "" } = config;
    const fault = fallback === "" ? null : parseFallbackUri(fallback);
    if (typeof fault === "string") throw new UsageError(`fallback: ${fault}`);
    this.#messages.sendConfig(this.publication, config);
  }

  close(): void {
    this.#export?.close();
    for (const resource of [...this.#hearing.subscriptions, this.publication, this.#qos, this.#metadata]) {
      this.#connection.remove(resource);
    }
  }

  readonly #onMessage: MessageHandler = (view, length, sessionId) => {
    this.readers.onMessage(view, length, sessionId);
    this.#options.onMessage(view, length, sessionId);
  };

  /** The counters' key names the producer: one that got another id (with another lease) has others, as a consumer does. */
  #exportCounters(nowNs: number): void {
    const { streamId, producerId } = this.#identity;
    if (producerId !== this.#exportedId && nowNs >= this.#mayExportNs) {
      this.#mayExportNs = nowNs + CADENCE_NS;
      this.#export?.close();
      this.#export = new CounterExport(this.#connection, "producer", this.#counters.list, streamId, producerId, {
        always: PRODUCER_SHOWS,
      });
      this.#exportedId = producerId;
    }
    this.#export?.doWork(nowNs);
  }

  #announce(ring: FrameRing, nowNs: number): void {
    const { announcesRegions } = this.#options;
    if (announcesRegions) ring.regions.refreshActivity(monotonic.high(nowNs), monotonic.low(nowNs));
    this.#lastActivityNs = nowNs;
    // Before the driver has made the publications, no subscriber can receive: it is repeated soon, not a period later.
    this.#isUnheard = !(this.publication.isReady && this.#metadata.isReady && this.#qos.isReady);
    if (this.#isUnheard) return;
    if (announcesRegions) this.#messages.announceRegions(this.publication, ring.regions);
    this.#sendMetadata(nowNs);
    this.#messages.sendQos(this.#qos, this.#epoch, ring.currentSeq);
  }

  /** Each version that was not sent yet, and the newest in any case. */
  #sendMetadata(nowNs: number): void {
    if (!this.#metadata.isReady) {
      this.#isUnheard = true;
      return;
    }
    this.#messages.announceSource(this.#metadata, this.#epoch, this.#metaVersion);
    while (this.#unsent.length > 1) if (!this.#sendVersion(this.#unsent[0] as MetadataVersion, nowNs)) return;
    this.#sendVersion({ metaVersion: this.#metaVersion, attributes: this.#attributes }, nowNs);
  }

  /** False where it has to be sent again. */
  #sendVersion({ metaVersion, attributes }: MetadataVersion, nowNs: number): boolean {
    const result = this.#messages.sendMeta(this.#metadata, metaVersion, attributes, nowNs);
    const isRefused = result === PublishResult.BACK_PRESSURED || result === PublishResult.ADMIN_ACTION;
    if (isRefused) this.#isUnheard = true;
    else this.#unsent.shift();
    return !isRefused;
  }
}
