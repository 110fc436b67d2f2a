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

/** Readers' hellos are answered immediately, but not more often than this. */
const ANSWER_PERIOD_NS = 20e6;
/** Metadata versions that wait for their publication; beyond this number the oldest are not sent. */
const MAX_UNSENT_VERSIONS = 256;

interface MetadataVersion {
  readonly metaVersion: number;
  readonly attributes: readonly Attribute[];
}

/** Parameters of a producer's control plane besides the stream and its names. */
export interface ProducerControlOptions {
  readonly attributes: readonly Attribute[];
  readonly sendsHeartbeat: boolean;
  /** True if this producer announces its regions itself. */
  readonly announcesRegions: boolean;
  /** Size of its longest announce. */
  readonly announceBytes: number;
  /** The time of the producer's cycle. */
  readonly cycle: Clock;
  /** Handles the control-stream messages that do not come from readers. */
  readonly onMessage: MessageHandler;
}

/**
 * A producer's control plane: announces regions (if it owns them), data source and metadata, answers new readers, and sends QoS and
 * heartbeats.
 */
export class ProducerControl {
  readonly readers: ReaderDirectory;
  /** Control stream: announces and FrameProgress. */
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
  /** Versions that frames may refer to and that no reader was sent, oldest first. */
  readonly #unsent: MetadataVersion[] = [];
  #epoch = 0;
  /** When the activity timestamp of the regions was last refreshed. */
  #lastActivityNs = 0;
  /** True while there is no publication for announces. */
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

  /** Version of the attributes of frames that are committed now (W-45). */
  get metaVersion(): number {
    return this.#metaVersion;
  }

  /** Progress requested by readers; null if none is (W-41). */
  get progressDemand(): ProgressDemand | null {
    return this.readers.progressDemand;
  }

  /** Nanoseconds since the last sign of life that readers could see. */
  silentNs(nowNs: number): number {
    return nowNs - this.#lastActivityNs;
  }

  /** Begins an epoch: its regions are announced in the next cycle. */
  begin(ring: FrameRing, nowNs: number): void {
    this.#epoch = ring.regions.epoch;
    this.#lastActivityNs = nowNs;
    this.#cadence.makeDue(nowNs);
  }

  /** True once other owners' announces are received. */
  get isHearing(): boolean {
    return this.#hearing.isReady;
  }

  /** True once per period of the control plane. */
  isDue(nowNs: number): boolean {
    return this.#hearing.isDue(nowNs);
  }

  /** Reads pending messages, at the end. */
  pollNow(): void {
    this.#hearing.poll();
  }

  /** Reads messages of readers and others. */
  poll(nowNs: number): number {
    const work = this.#hearing.poll();
    this.#exportCounters(nowNs);
    return work;
  }

  /** Announces if that is due. */
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

  /** Announces the end of the stream: no frame will follow. */
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
      // Attributes of another size need another term length; they are sent once the media driver has created the publication.
      this.#connection.remove(this.#metadata);
      this.#metadata = this.#connection.addPublication(this.#metadataChannel, this.#metadataStreamId);
      this.#isUnheard = true;
    } else this.#sendMetadata(nowNs);
  }

  /** True while frames may refer to a metadata version that waits for its publication. */
  get hasUnsentMetadata(): boolean {
    return this.#unsent.length > 0;
  }

  /** After the stream's end: sends the waiting versions. */
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

  /** The counters' key contains the producer id: a new id (another lease) means new counters, as for consumers. */
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
    // Until the driver has created the publications, no subscriber can receive: the announce is repeated soon, not a period later.
    this.#isUnheard = !(this.publication.isReady && this.#metadata.isReady && this.#qos.isReady);
    if (this.#isUnheard) return;
    if (announcesRegions) this.#messages.announceRegions(this.publication, ring.regions);
    this.#sendMetadata(nowNs);
    this.#messages.sendQos(this.#qos, this.#epoch, ring.currentSeq);
  }

  /** Sends each unsent version, and the newest in any case. */
  #sendMetadata(nowNs: number): void {
    if (!this.#metadata.isReady) {
      this.#isUnheard = true;
      return;
    }
    this.#messages.announceSource(this.#metadata, this.#epoch, this.#metaVersion);
    while (this.#unsent.length > 1) if (!this.#sendVersion(this.#unsent[0] as MetadataVersion, nowNs)) return;
    this.#sendVersion({ metaVersion: this.#metaVersion, attributes: this.#attributes }, nowNs);
  }

  /** False if it must be sent again. */
  #sendVersion({ metaVersion, attributes }: MetadataVersion, nowNs: number): boolean {
    const result = this.#messages.sendMeta(this.#metadata, metaVersion, attributes, nowNs);
    const isRefused = result === PublishResult.BACK_PRESSURED || result === PublishResult.ADMIN_ACTION;
    if (isRefused) this.#isUnheard = true;
    else this.#unsent.shift();
    return !isRefused;
  }
}
