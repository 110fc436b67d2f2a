import { ConsumerRecord } from "./consumer-record.ts";
import { EventLog } from "./event-log.ts";
import type {
  AnnounceFact,
  AttachAnswerFact,
  AttachRequestFact,
  ClientCountersFact,
  ConfigFact,
  DescriptorFact,
  HelloFact,
  KeepaliveFact,
  MetaFact,
  ProducerFact,
  QosConsumerFact,
  RevocationFact,
  SourceFact,
} from "./facts.ts";
import { FirstHellos } from "./first-hellos.ts";
import { abandonedLease, endedLease, extendedLease } from "./held-lease.ts";
import { LeaseWatch } from "./lease-watch.ts";
import { Liveness } from "./liveness.ts";
import { SUPERVISION_DEFAULTS, type SupervisionOptions } from "./options.ts";
import { StreamRecord } from "./stream-record.ts";

/** Conflicts of two sessions under one id are reported once in this time. */
const CONFLICT_QUIET_NS = 30e9;

/** Facts that were not accepted, by reason. */
export interface SupervisionCounts {
  /** Facts of streams beyond the limit. */
  streamsRefused: number;
  /** Facts of consumers beyond the limit. */
  consumersRefused: number;
  /** Facts of an epoch that is older than the stream's. */
  staleEpochs: number;
  /** Counter values that are no counts: negative, or above 2^53. */
  countersRefused: number;
}

/**
 * Producers, consumers and causes of lost frames, derived from received messages (W-46). It has no clock, uses no Aeron and no shared
 * memory: each fact comes with the time at which it was received, and `tick` advances time while nothing is received.
 */
export class SupervisionModel {
  readonly options: SupervisionOptions;
  readonly streams = new Map<number, StreamRecord>();
  readonly events: EventLog;
  readonly counts: SupervisionCounts = {
    streamsRefused: 0,
    consumersRefused: 0,
    staleEpochs: 0,
    countersRefused: 0,
  };
  readonly #leases: LeaseWatch;
  readonly #liveness: Liveness;
  readonly #firstHellos = new FirstHellos();
  readonly #causes: ReadonlySet<string>;
  #consumerCount = 0;

  /** `causes`: names of the consumer counters that count losses. */
  constructor(causes: readonly string[], options: Partial<SupervisionOptions> = {}) {
    this.options = { ...SUPERVISION_DEFAULTS, ...options };
    this.events = new EventLog(this.options.maxEvents);
    this.#leases = new LeaseWatch(this.events);
    this.#liveness = new Liveness(this.options, this.events);
    this.#causes = new Set(causes);
  }

  /** Consumers of all streams. */
  get consumerCount(): number {
    return this.#consumerCount;
  }

  find(streamId: number, consumerId: number): ConsumerRecord | null {
    return this.streams.get(streamId)?.consumers.get(consumerId) ?? null;
  }

  onAnnounce(nowNs: number, fact: AnnounceFact): void {
    const stream = this.#stream(nowNs, fact.streamId);
    if (stream === null || !this.#isPresentEpoch(nowNs, stream, fact.epoch)) return;
    stream.onAnnounce(nowNs, fact);
    if (fact.producerId === 0) this.#liveness.producerEnded(nowNs, stream, "it is announced without a producer");
    else {
      stream.endedEpoch = null;
      this.#liveness.producerSign(nowNs, stream, fact.producerId);
    }
  }

  onSource(nowNs: number, fact: SourceFact): void {
    const stream = this.#producerStream(nowNs, fact);
    if (stream === null) return;
    stream.name = fact.name;
    stream.summary = fact.summary;
    if (stream.metaVersion !== fact.metaVersion) stream.attributes = [];
    stream.metaVersion = fact.metaVersion;
  }

  /** True if the stream's attributes of this version are not known yet. */
  wantsMeta(streamId: number, metaVersion: number): boolean {
    const stream = this.streams.get(streamId);
    return stream !== undefined && (stream.metaVersion !== metaVersion || stream.attributes.length === 0);
  }

  onMeta(nowNs: number, { streamId, metaVersion, attributes }: MetaFact): void {
    const stream = this.#stream(nowNs, streamId);
    if (stream === null) return;
    stream.metaVersion = metaVersion;
    stream.attributes = attributes;
  }

  /** QosProducer, or Heartbeat. */
  onProducer(nowNs: number, fact: ProducerFact): void {
    const stream = this.#producerStream(nowNs, fact);
    if (stream !== null && fact.currentSeq !== null) stream.onProducerSeq(nowNs, fact.currentSeq);
  }

  /** The newest descriptor at this time: the same one is passed again until another arrives. */
  onDescriptor(nowNs: number, fact: DescriptorFact): void {
    const known = this.streams.get(fact.streamId)?.epoch ?? null;
    // Messages of a dead producer stay in the log for a while.
    if (known !== null && fact.epoch < known) return;
    const stream = this.#stream(nowNs, fact.streamId);
    if (stream === null || !this.#isPresentEpoch(nowNs, stream, fact.epoch)) return;
    const before = stream.lastDescriptor?.seq ?? null;
    stream.onDescriptor(nowNs, fact);
    // A message from the log does not prove that the producer is alive, and the first descriptor may be one.
    if (before !== null && before < fact.seq) this.#liveness.producerSign(nowNs, stream, stream.producerId);
  }

  onHello(nowNs: number, fact: HelloFact): void {
    if (!this.streams.has(fact.streamId) && !this.#firstHellos.isSecond(fact.streamId, fact.consumerId)) return;
    const consumer = this.#consumer(nowNs, fact.streamId, fact.consumerId);
    if (consumer === null) return;
    const before = consumer.mode;
    if (consumer.lastHelloNs > 0) this.#confirm(nowNs, consumer);
    consumer.onHello(nowNs, fact);
    this.#consumerSign(nowNs, consumer, before);
  }

  onQosConsumer(nowNs: number, fact: QosConsumerFact): void {
    const consumer = this.#consumer(nowNs, fact.streamId, fact.consumerId);
    if (consumer === null) return;
    this.#confirm(nowNs, consumer);
    if (consumer.sessionId === null) {
      // With another lease a consumer gets another id; its counters continue.
      const consumers = this.streams.get(fact.streamId)?.consumers.values() ?? [];
      const earlier = [...consumers].findLast(({ sessionId }) => sessionId === fact.sessionId);
      if (earlier !== undefined) consumer.continueFrom(earlier);
    }
    const whose = consumer.hear(nowNs, fact.sessionId);
    if (whose === "duplicate") this.#onConflict(nowNs, consumer);
    if (whose === "other") return;
    if (whose === "new" && !consumer.isLost) {
      const text = `${nameOf(consumer)} was restarted, or its connection was`;
      this.events.add(nowNs, "consumer-restarted", consumer.streamId, consumer.consumerId, text);
    }
    const before = consumer.mode;
    const stream = this.streams.get(fact.streamId);
    consumer.onQos(nowNs, fact, stream?.epoch === fact.epoch ? stream.lastPoint : null);
    this.#consumerSign(nowNs, consumer, before);
    this.#liveness.watchDrops(nowNs, consumer);
  }

  /** A ConsumerConfig from any sender; true if it is for a known consumer. */
  onConfig(nowNs: number, fact: ConfigFact, isOurs: boolean): boolean {
    const consumer = this.find(fact.streamId, fact.consumerId);
    consumer?.onConfig(fact);
    if (!isOurs) {
      const how = fact.mode === "decimated" ? `decimated, one frame of ${Math.max(1, fact.decimation)}` : fact.mode;
      const text = `another process told consumer ${fact.consumerId}: mode ${how}${fact.useShm ? "" : ", without shared memory"}`;
      this.events.add(nowNs, "config-seen", fact.streamId, fact.consumerId, text);
    }
    return consumer !== null;
  }

  onAttachRequest(nowNs: number, fact: AttachRequestFact): void {
    this.#leases.onRequest(nowNs, fact);
  }

  onAttachAnswer(nowNs: number, fact: AttachAnswerFact): void {
    const holder = this.#leases.onAnswer(nowNs, fact);
    if (holder !== null && fact.leaseId !== null) this.onKeepalive(nowNs, { ...holder, leaseId: fact.leaseId });
    const consumer = holder?.role === "consumer" ? this.find(holder.streamId, holder.clientId) : null;
    if (consumer !== null) this.#liveness.consumerLeaseGranted(consumer);
  }

  /** The client holds a lease, whether or not its grant was seen. */
  onKeepalive(nowNs: number, fact: KeepaliveFact): void {
    const client = this.#clientOf(fact);
    if (client !== undefined) client.lease = extendedLease(client.lease, fact, nowNs);
  }

  onRevoked(nowNs: number, fact: RevocationFact): void {
    if (!this.#leases.onRevoked(nowNs, fact)) return;
    const ended = this.#clientOf(fact);
    if (ended !== undefined) ended.lease = endedLease(ended.lease, fact, nowNs, fact.reason);
    const stream = this.streams.get(fact.streamId);
    if (stream === undefined) return;
    const why = `its lease ended: ${fact.reason}`;
    const isOrderly = fact.reason === "DETACHED";
    if (fact.role === "consumer") {
      const consumer = stream.consumers.get(fact.clientId);
      if (consumer !== undefined) this.#liveness.consumerLeaseEnded(nowNs, consumer, why, isOrderly);
    } else if (stream.producerId === fact.clientId) {
      this.#liveness.producerEnded(nowNs, stream, why, isOrderly);
    }
  }

  onDriverShutdown(nowNs: number, reason: string, message: string): void {
    this.#leases.onShutdown(nowNs, reason, message);
    for (const stream of this.streams.values()) {
      for (const client of [stream, ...stream.consumers.values()]) client.lease = abandonedLease(client.lease);
    }
  }

  onCounters(nowNs: number, fact: ClientCountersFact): void {
    const stream = this.streams.get(fact.streamId);
    if (stream === undefined) return;
    if (fact.role === "producer") {
      if (stream.producerId !== 0 && stream.producerId !== fact.clientId) return;
      stream.pid = fact.pid;
      stream.onCounters(nowNs, fact.counts);
      stream.bridge.onCounters(nowNs, fact, this.events);
      return;
    }
    // Counters outlive their process for a while: they add no participant, and are no sign of life.
    const consumer = stream.consumers.get(fact.clientId);
    if (consumer === undefined) return;
    consumer.pid = fact.pid;
    consumer.onCounters(nowNs, fact.counts, this.#causes);
    consumer.bridge.onCounters(nowNs, fact, this.events);
  }

  /** This process was paused until now: silence before that is no sign that a producer or consumer is lost. */
  onPaused(nowNs: number): void {
    this.#liveness.hearsSinceNs = nowNs;
  }

  /** End of this process's last pause. */
  get hearsSinceNs(): number {
    return this.#liveness.hearsSinceNs;
  }

  /** Advances time: silent participants become lost, and those lost for long are removed. */
  tick(nowNs: number): void {
    for (const stream of this.streams.values()) {
      this.#liveness.watchProducer(nowNs, stream);
      for (const consumer of stream.consumers.values()) {
        this.#liveness.watchConsumer(nowNs, consumer);
        const keptNs = consumer.isConfirmed ? this.options.forgetNs : 0;
        if (consumer.isLost && nowNs - consumer.lastSignNs > keptNs) this.#forget(stream, consumer);
      }
      const isGone = stream.state !== "live" && nowNs - stream.lastSignNs > this.options.forgetNs;
      if (!isGone || stream.consumers.size > 0) continue;
      this.streams.delete(stream.streamId);
      this.events.add(nowNs, "stream-forgotten", stream.streamId, null, `stream ${stream.streamId} is gone for long`);
    }
  }

  /** The client of a lease, if it is known: a lease adds neither a stream nor a consumer. */
  #clientOf({ streamId, clientId, role }: KeepaliveFact): StreamRecord | ConsumerRecord | undefined {
    const stream = this.streams.get(streamId);
    return role === "producer" ? stream : stream?.consumers.get(clientId);
  }

  #forget(stream: StreamRecord, { consumerId }: ConsumerRecord): void {
    if (stream.consumers.delete(consumerId)) this.#consumerCount--;
  }

  #stream(nowNs: number, streamId: number): StreamRecord | null {
    let stream = this.streams.get(streamId);
    if (stream === undefined) {
      if (this.streams.size >= this.options.maxStreams) {
        this.counts.streamsRefused++;
        return null;
      }
      stream = new StreamRecord(streamId, nowNs);
      this.streams.set(streamId, stream);
      this.events.add(nowNs, "stream-appeared", streamId, null, `stream ${streamId} is there`);
    }
    stream.lastSignNs = nowNs;
    return stream;
  }

  #producerStream(nowNs: number, fact: { streamId: number; producerId: number; epoch: bigint }): StreamRecord | null {
    const stream = this.#stream(nowNs, fact.streamId);
    if (stream === null || !this.#isPresentEpoch(nowNs, stream, fact.epoch)) return null;
    this.#liveness.producerSign(nowNs, stream, fact.producerId);
    return stream;
  }

  /** False for facts of an older epoch while the present one is alive; a new epoch begins here. */
  #isPresentEpoch(nowNs: number, stream: StreamRecord, epoch: bigint): boolean {
    if (stream.epoch === epoch) return true;
    if (stream.epoch !== null && epoch < stream.epoch && stream.state === "live") {
      this.counts.staleEpochs++;
      return false;
    }
    if (stream.epoch !== null) {
      const text = `stream ${stream.streamId} went from epoch ${stream.epoch} to ${epoch}`;
      this.events.add(nowNs, "epoch-changed", stream.streamId, null, text);
    }
    stream.begin(nowNs, epoch);
    return true;
  }

  #consumer(nowNs: number, streamId: number, consumerId: number): ConsumerRecord | null {
    const stream = this.#stream(nowNs, streamId);
    if (stream === null) return null;
    let consumer = stream.consumers.get(consumerId);
    if (consumer === undefined) {
      if (this.#consumerCount >= this.options.maxConsumers) {
        this.counts.consumersRefused++;
        return null;
      }
      consumer = new ConsumerRecord(streamId, consumerId, nowNs);
      stream.consumers.set(consumerId, consumer);
      this.#consumerCount++;
    }
    return consumer;
  }

  #confirm(nowNs: number, consumer: ConsumerRecord): void {
    if (consumer.isConfirmed) return;
    consumer.isConfirmed = true;
    const { streamId, consumerId } = consumer;
    this.events.add(nowNs, "consumer-appeared", streamId, consumerId, `${nameOf(consumer)} is there`);
  }

  #consumerSign(nowNs: number, consumer: ConsumerRecord, modeBefore: string | null): void {
    this.#liveness.consumerSign(nowNs, consumer);
    if (modeBefore === null || modeBefore === consumer.mode) return;
    const text = `${nameOf(consumer)} went from mode ${modeBefore} to ${consumer.mode}`;
    this.events.add(nowNs, "mode-changed", consumer.streamId, consumer.consumerId, text);
  }

  #onConflict(nowNs: number, consumer: ConsumerRecord): void {
    if (nowNs - consumer.lastConflictNs > CONFLICT_QUIET_NS) {
      const text = `two sessions are ${nameOf(consumer)}`;
      this.events.add(nowNs, "duplicate-id", consumer.streamId, consumer.consumerId, text);
    }
    consumer.lastConflictNs = nowNs;
  }
}

/** `consumer 7 of stream 10000`. */
export function nameOf({ consumerId, streamId }: ConsumerRecord): string {
  return `consumer ${consumerId} of stream ${streamId}`;
}
