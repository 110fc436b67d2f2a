import { controlPublicationChannel } from "../aeron/channel.ts";
import type { MessageSink, Messaging } from "../aeron/ports.ts";
import type { MessageHandler } from "../aeron/subscription.ts";
import type { Clock } from "../core/clock.ts";
import { getLogger } from "../core/logger.ts";
import { Deadline, PeriodicTimer } from "../core/timers.ts";
import {
  type Attribute,
  attributeText,
  EVERY_SEQ,
  FLOW_ATTRIBUTE_KEY,
  type Flow,
  seqStepOf,
} from "../protocol/attribute.ts";
import { parseFallbackUri } from "../protocol/fallback-uri.ts";
import type { ModeFilter } from "../protocol/mode-filter.ts";
import { type AeronStreams, announceStreamIdOf, CADENCE_NS, LIVENESS_PERIODS } from "../protocol/stream-ids.ts";
import type {
  ConsumerConfigDecoder,
  DataSourceAnnounceDecoder,
  DataSourceMetaDecoder,
  FrameProgressDecoder,
  QosConsumerDecoder,
  QosProducerDecoder,
  ShmPoolAnnounceDecoder,
} from "../sbe/generated/control/index.ts";
import { Attachment } from "./attachment.ts";
import type { AttachmentListener, DriverClientOptions } from "./attachment-options.ts";
import { applyConsumerConfig } from "./consumer-config.ts";
import { ConsumerInbox, type ConsumerInboxListener } from "./consumer-inbox.ts";
import { ConsumerMessages, type ProgressRequest } from "./consumer-messages.ts";
import { CounterExport } from "./counter-export.ts";
import { CONSUMER_SHOWS, type ConsumerCounters } from "./counters.ts";
import { ControlHearing, metadataAlone, subscribeControl } from "./hearing.ts";
import { MetadataCache } from "./metadata-cache.ts";
import type { RolePorts } from "./ports.ts";
import type { StreamMapping } from "./stream-mapping.ts";

const log = getLogger("consumer");

/** Poll period of a consumer that reads progress: control messages then report frames that are being written. */
const PROGRESS_PERIOD_NS = 5_000;

/** The consumer state that its control plane reads and changes. */
export interface ConsumerState {
  readonly streamId: number;
  readonly counters: ConsumerCounters;
  readonly filter: ModeFilter;
  readonly mapping: StreamMapping;
  /** Seq of the last handled frame. */
  lastSeqSeen(): number;
  /** True for the two words of the mapped epoch. */
  isEpoch(high: number, low: number): boolean;
  onProgress(message: FrameProgressDecoder): void;
  /** The newest frame, as reported by a producer of this stream, of an epoch that is not mapped. */
  onProducerSeq(epoch: bigint, seq: number): void;
  /** Which seqs the stream carries (`SEQ_STEP_ATTRIBUTE_KEY`). */
  onSeqStep(step: number): void;
}

export interface ConsumerControlOptions {
  readonly consumerId?: number;
  readonly maxRateHz?: number;
  readonly progress?: ProgressRequest;
  readonly onAttributes?: (attributes: readonly Attribute[], metaVersion: number) => void;
  /** Set in a driver deployment: the stream is read with a lease. */
  readonly driver?: DriverClientOptions;
}

/**
 * A consumer's control plane: sends hello and QoS periodically (W-38, W-44), passes announces to the mapping, stores the metadata, obeys
 * ConsumerConfig (W-39), and changes its id if another consumer uses the same one.
 */
export class ConsumerControl implements ConsumerInboxListener {
  readonly metadata: MetadataCache;
  /** Name of the data source; null until it is received. */
  sourceName: string | null = null;
  readonly #connection: Messaging;
  readonly #state: ConsumerState;
  readonly #cycle: Clock;
  readonly #ports: RolePorts;
  readonly #options: ConsumerControlOptions;
  readonly #messages: ConsumerMessages;
  readonly #inbox: ConsumerInbox;
  /** The lease; null if none is needed. */
  readonly attachment: Attachment | null;
  /** What `close` still has to wait for. */
  closing: Promise<void> | undefined;
  #export: CounterExport | null = null;
  #exportedId = 0;
  #mayExportNs = Number.NEGATIVE_INFINITY;
  readonly #hearing: ControlHearing;
  readonly #control: MessageSink;
  readonly #qos: MessageSink;
  readonly #cadence = new PeriodicTimer(CADENCE_NS, { immediate: true });
  /** Id without a lease. */
  #ownId: number;
  #flow: Flow = "drop";
  /** Runs from the mapping of the epoch until its metadata arrives. */
  readonly #flowUnknown = new Deadline();
  #saysHello = true;
  /** Runs while there is a lease and nothing is mapped. */
  readonly #unmapped = new Deadline();
  /** An epoch was unmapped, and its producer may be waiting for a report of that. */
  #saysLeft = false;

  constructor(
    connection: Messaging,
    streams: AeronStreams,
    state: ConsumerState,
    options: ConsumerControlOptions,
    cycle: Clock,
    ports: RolePorts,
  ) {
    this.#cycle = cycle;
    this.#ports = ports;
    const { streamId, counters } = state;
    this.#connection = connection;
    this.#state = state;
    this.#options = options;
    this.#ownId = options.consumerId ?? this.#ports.random.clientId();
    this.metadata = new MetadataCache(streamId);
    this.#messages = new ConsumerMessages(streamId, options.maxRateHz ?? 0, options.progress ?? null);
    this.#inbox = new ConsumerInbox(this, counters.of.messagesRefused);
    const { channel, controlStreamId, qosStreamId } = streams;
    const kinds = ["control", "announce", "qos", "metadata"] as const;
    const inbounds = subscribeControl(connection, streams, kinds, this.#onMessage);
    const periodNs = options.progress === undefined ? undefined : PROGRESS_PERIOD_NS;
    this.#hearing = new ControlHearing(inbounds, periodNs, metadataAlone(inbounds, streams));
    this.#control = connection.addPublication(controlPublicationChannel(channel), controlStreamId);
    this.#qos = connection.addPublication(controlPublicationChannel(channel), qosStreamId);
    this.attachment =
      options.driver === undefined
        ? null
        : this.#newAttachment(options.driver, announceStreamIdOf(streams) !== controlStreamId);
  }

  /** This consumer's id on the wire; with a lease, the lease's client id. */
  get consumerId(): number {
    return this.attachment === null ? this.#ownId : this.attachment.clientId;
  }

  /** The producer's reaction to a full window: with "wait" this reader can delay it for a limited time. */
  get flow(): Flow {
    // A lossless producer must not be read faster than frames can be handled; for others this short time does not matter.
    return this.#flowUnknown.isSet ? "wait" : this.#flow;
  }

  /** True once per period of the control plane. */
  isDue(nowNs: number): boolean {
    return this.#hearing.isDue(nowNs);
  }

  /** Maintains the lease, then reads incoming messages. @throws AttachError if no first lease comes */
  poll(nowNs: number): number {
    return (this.attachment === null ? 0 : this.attachment.doWork(nowNs)) + this.#hearing.poll();
  }

  /** A frame refers to newer metadata, which was sent first: reads it now if it has its own subscription. */
  hearMetadata(frameVersion: number): void {
    this.metadata.frameVersion = frameVersion;
    if (!this.metadata.has(frameVersion)) this.#hearing.pollMetadata();
  }

  /**
   * Checks that the owner of the mapped regions is alive (W-08). A dead driver has ended every lease (D-17). A driver that was only paused
   * continues with the epoch that was unmapped here, and grants it with another lease. So does a driver that has not ended the producer's
   * lease, even if another process claimed so: it announces no higher epoch.
   */
  watchOwner(nowNs: number): number {
    const { attachment } = this;
    const { mapping } = this.#state;
    if (attachment === null) return mapping.doWork(nowNs);
    // A driver may announce less often than other owners.
    const livenessNs = Math.max(CADENCE_NS * LIVENESS_PERIODS, attachment.allowedSilenceNs);
    const work = mapping.doWork(nowNs, livenessNs);
    if (work > 0) attachment.abandon("the driver gave no sign of life");
    if (!attachment.isAttached || mapping.state !== "unmapped") this.#unmapped.clear();
    else if (!this.#unmapped.isSet) this.#unmapped.start(nowNs, livenessNs);
    else if (this.#unmapped.hasExpired(nowNs)) attachment.abandon("no regions were announced for it");
    return work;
  }

  /** Sends what is due. */
  speakIfDue(nowNs: number): number {
    this.#exportCounters(nowNs);
    if (this.#flowUnknown.hasExpired(nowNs)) this.#flowUnknown.clear();
    if (this.attachment?.isAttached === false) return 0;
    if (this.#saysHello && this.#control.isConnected) {
      this.#saysHello = false;
      this.#sendHello();
    }
    if (this.#saysLeft) {
      this.#saysLeft = false;
      this.sendQos();
    }
    if (!this.#cadence.isDue(nowNs)) return 0;
    this.#sendHello();
    this.sendQos();
    return 1;
  }

  /** QosConsumer with the mapped epoch, or epoch 0 while nothing is mapped. */
  sendQos(): void {
    const { mapping, lastSeqSeen, filter, counters } = this.#state;
    const epoch = mapping.stream?.epoch ?? 0n;
    this.#messages.sendQos(this.#qos, this.consumerId, filter.mode, epoch, Math.max(0, lastSeqSeen()), counters);
  }

  /** An epoch was mapped: what the producer said before was of another. */
  begin(epoch: bigint, nowNs: number): void {
    this.metadata.beginEpoch(Number(epoch >> 32n), Number(epoch & 0xffff_ffffn));
    // A producer that reports its flow does so at once, after its regions; one that does not by its next announce means "drop".
    if (this.metadata.latestVersion === -1) this.#flowUnknown.start(nowNs, CADENCE_NS);
    this.sendQos();
  }

  /** The mapped epoch ends: another may have different metadata under the same version. */
  end(): void {
    this.#saysLeft = true;
    this.metadata.clear();
    this.#flow = "drop";
    this.#state.onSeqStep(EVERY_SEQ);
    this.#flowUnknown.clear();
    this.sendQos();
  }

  /** Sets `closing` if a lease request is still unanswered. */
  close(): void {
    const closing = this.attachment?.close(() => this.#hearing.poll()) ?? null;
    if (closing === null) this.#release();
    else this.closing = closing.finally(() => this.#release());
  }

  #release(): void {
    this.#export?.close();
    for (const resource of [...this.#hearing.subscriptions, this.#control, this.#qos])
      this.#connection.remove(resource);
  }

  onAnnounce(message: ShmPoolAnnounceDecoder): void {
    this.#state.mapping.onAnnounce(message);
  }

  onMeta(message: DataSourceMetaDecoder): void {
    const before = this.metadata.latestVersion;
    this.metadata.onMeta(message);
    if (this.metadata.latestVersion === before) return;
    this.#flowUnknown.clear();
    this.#flow = attributeText(this.metadata.latest, FLOW_ATTRIBUTE_KEY) === "wait" ? "wait" : "drop";
    this.#state.onSeqStep(seqStepOf(this.metadata.latest));
    this.#options.onAttributes?.(this.metadata.latest, this.metadata.latestVersion);
  }

  onSource(message: DataSourceAnnounceDecoder): void {
    const { streamId, mapping } = this.#state;
    const { epochHigh, epochLow } = message;
    if (message.streamId !== streamId) return;
    const isOther = mapping.stream !== null && !this.#state.isEpoch(epochHigh, epochLow);
    if (this.metadata.onSource(epochHigh, epochLow, isOther)) this.sourceName = message.name();
  }

  onQosProducer(message: QosProducerDecoder): void {
    // The ring of the mapped epoch is the more reliable source: only its producer writes there.
    if (message.streamId !== this.#state.streamId || this.#state.isEpoch(message.epochHigh, message.epochLow)) return;
    this.#state.onProducerSeq(message.epoch, message.currentSeqNumber);
  }

  onQosConsumer(message: QosConsumerDecoder, sessionId: number): void {
    const { streamId, counters } = this.#state;
    if (message.streamId !== streamId || message.consumerId !== this.consumerId) return;
    if (this.#qos.sessionId === null || sessionId === this.#qos.sessionId) return;
    const before = this.consumerId;
    const reason = `another consumer of stream ${streamId} has the id ${before}`;
    if (this.attachment === null) this.#ownId = this.#ports.random.clientId();
    else this.attachment.renew(reason);
    this.#saysHello = true;
    counters.of.idConflicts.increment();
    log.warn(`${reason}: this one is ${this.consumerId} now`);
  }

  onConfig(message: ConsumerConfigDecoder): void {
    const { streamId, counters, filter, mapping } = this.#state;
    if (message.streamId !== streamId || message.consumerId !== this.consumerId) return;
    const uri = message.payloadFallbackUri();
    const fallback = uri === "" ? null : parseFallbackUri(uri);
    if (typeof fallback === "string") {
      counters.of.configsRefused.increment();
      log.warn(`ConsumerConfig for stream ${streamId} refused: fallback: ${fallback}`);
      return;
    }
    if (fallback !== null) mapping.fallback = fallback;
    const change = applyConsumerConfig(message, filter);
    mapping.setEnabled(message.useShm === 1);
    counters.of.configsObeyed.increment();
    log.info(`stream ${streamId}, configured by ConsumerConfig: ${change}, state ${mapping.state}`);
    this.sendQos();
  }

  onProgress(message: FrameProgressDecoder): void {
    if (message.streamId === this.#state.streamId) this.#state.onProgress(message);
  }

  readonly #onMessage: MessageHandler = (view, length, sessionId) => {
    this.#inbox.onMessage(view, length, sessionId);
    this.attachment?.onMessage(view, length, sessionId);
  };

  #newAttachment(driver: DriverClientOptions, announcesApart: boolean): Attachment {
    const { streamId, counters, mapping } = this.#state;
    const clientId = driver.clientId ?? this.#options.consumerId;
    const named = clientId === undefined ? {} : { clientId };
    const options = { ...driver, ...named, streamId, role: "consumer", announcesApart } as const;
    const listener: AttachmentListener = {
      onAttached: (announcement) => {
        this.#saysHello = true;
        mapping.grant(announcement);
      },
      onDetached: (reason) => mapping.revoke(reason),
      // No message of that epoch is accepted any more; the consumer waits for the announce of a higher one (D-14).
      onProducerEnded: (isGivenBack) => {
        const how = isGivenBack ? "was given back" : "was lost";
        mapping.unmap(`the lease of the producer ${how}`, isGivenBack ? "ended" : "lost");
      },
    };
    return new Attachment(this.#connection, this.#control, options, counters.of, listener, this.#cycle, this.#ports);
  }

  /**
   * The counters' key contains the consumer id, so a changed id means new counters. At most once a second: counter ids stay reserved for a
   * minute after use, and other processes can force this consumer to change its id.
   */
  #exportCounters(nowNs: number): void {
    const { streamId, counters } = this.#state;
    if (this.consumerId !== this.#exportedId && nowNs >= this.#mayExportNs) {
      this.#exportedId = this.consumerId;
      this.#mayExportNs = nowNs + CADENCE_NS;
      this.#export?.close();
      this.#export = new CounterExport(this.#connection, "consumer", counters.list, streamId, this.#exportedId, {
        always: CONSUMER_SHOWS,
      });
    }
    this.#export?.doWork(nowNs);
  }

  #sendHello(): void {
    this.#messages.sendHello(this.#control, this.consumerId, this.#state.filter.mode);
  }
}
