import { controlPublicationChannel, observerChannel } from "../aeron/channel.ts";
import type { AeronConnection } from "../aeron/connection.ts";
import { monotonic } from "../aeron/monotonic.ts";
import type { Publication } from "../aeron/publication.ts";
import type { MessageHandler, MessageSubscription } from "../aeron/subscription.ts";
import { PeriodicTimer } from "../core/timers.ts";
import type { Attribute } from "../protocol/attribute.ts";
import type { ProgressDemand } from "../protocol/progress-throttle.ts";
import { type AeronStreams, CADENCE_NS, LIVENESS_PERIODS } from "../protocol/stream-ids.ts";
import { ShmPoolAnnounceDecoder } from "../sbe/generated/control/index.ts";
import { messageKeyAt } from "../sbe/header.ts";
import { CounterExport } from "./counter-export.ts";
import type { ProducerCounters } from "./counters.ts";
import { ProducerError } from "./errors.ts";
import type { FrameRing } from "./frame-ring.ts";
import { type ConsumerConfig, type ProducerIdentity, ProducerMessages } from "./producer-messages.ts";
import { ReaderDirectory } from "./reader-directory.ts";

/** Readers that ask (hello) are answered at once, but not more often than this. */
const ANSWER_PERIOD_NS = 20e6;
/** Announces of another, older writer that prove it: one may have been under way when it ended. */
const PROOFS_OF_ANOTHER_WRITER = 2;
/** By then a stream's writer has announced itself, and was asked to by us. */
const NEWCOMER_NS = CADENCE_NS * LIVENESS_PERIODS;
/** Proofs come at the other's cadence. Many at once are what a writer that has ended left in its log for whoever joins late. */
const PROOF_DISTANCE_NS = CADENCE_NS / 2;

/**
 * A producer's control plane: announces regions, data source and metadata, answers new readers, sends QoS and heartbeats, and
 * finds out about a second writer of the stream.
 */
export class ProducerControl {
  readonly readers: ReaderDirectory;
  /** Control stream: announces, and FrameProgress of the frames. */
  readonly publication: Publication;
  readonly #identity: ProducerIdentity;
  readonly #connection: AeronConnection;
  readonly #counters: ProducerCounters;
  readonly #messages: ProducerMessages;
  readonly #export: CounterExport;
  readonly #qos: Publication;
  readonly #metadata: Publication;
  readonly #subscriptions: readonly MessageSubscription[];
  readonly #sendsHeartbeat: boolean;
  readonly #foreignAnnounce = new ShmPoolAnnounceDecoder();
  readonly #cadence = new PeriodicTimer(CADENCE_NS, { immediate: true });
  readonly #answer = new PeriodicTimer(ANSWER_PERIOD_NS, { immediate: true });
  #attributes: readonly Attribute[];
  #metaVersion = 1;
  #epoch = 0;
  /** When the regions last said that this producer lives. */
  #lastActivityNs = 0;
  /** True while announces find no publication. */
  #isUnheard = false;
  #otherWriterProofs = 0;
  #startedNs = -1;
  #lastProofNs = Number.NEGATIVE_INFINITY;
  /** The time of the cycle. */
  #nowNs = 0;

  constructor(
    connection: AeronConnection,
    streams: AeronStreams,
    identity: ProducerIdentity,
    counters: ProducerCounters,
    options: { readonly attributes: readonly Attribute[]; readonly sendsHeartbeat: boolean },
  ) {
    this.#connection = connection;
    this.#identity = identity;
    this.#counters = counters;
    this.#attributes = options.attributes;
    this.#sendsHeartbeat = options.sendsHeartbeat;
    this.#messages = new ProducerMessages(identity, counters);
    this.readers = new ReaderDirectory(identity.streamId, counters.of.messagesRefused);
    this.#export = new CounterExport(connection, "producer", counters.list, identity.streamId, identity.producerId);
    const { channel, controlStreamId, qosStreamId, metadataStreamId } = streams;
    const publicationChannel = controlPublicationChannel(channel);
    this.publication = connection.addPublication(publicationChannel, controlStreamId);
    this.#qos = connection.addPublication(publicationChannel, qosStreamId);
    this.#metadata = connection.addPublication(publicationChannel, metadataStreamId);
    this.#subscriptions = [...new Set([controlStreamId, qosStreamId])].map((id) =>
      connection.addSubscription(observerChannel(channel), id, this.#onMessage),
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

  /** Begins an epoch: its regions were just made, and are announced at the next cycle. */
  begin(ring: FrameRing, nowNs: number): void {
    this.#epoch = ring.regions.epoch;
    this.#lastActivityNs = nowNs;
    this.#cadence.makeDue(nowNs);
  }

  /** Reads what readers and others say. @throws ProducerError "second-writer" */
  poll(nowNs: number): number {
    if (this.#startedNs === -1) this.#startedNs = nowNs;
    this.#nowNs = nowNs;
    this.readers.now(nowNs);
    let work = 0;
    for (let i = 0; i < this.#subscriptions.length; i++) {
      work += (this.#subscriptions[i] as MessageSubscription).poll(8);
    }
    this.#export.doWork(nowNs);
    return work;
  }

  /** Announces where that is due. */
  announceIfDue(ring: FrameRing, nowNs: number): number {
    const isDue = this.#cadence.isDue(nowNs);
    const isAsked = (this.readers.hasNews || this.#isUnheard) && this.#answer.isDue(nowNs);
    if (!isDue && !isAsked) return 0;
    if (isDue) this.readers.expire(nowNs);
    this.readers.hasNews = false;
    this.#announce(ring, nowNs);
    if (isDue && this.#sendsHeartbeat) this.#messages.sendHeartbeat(this.publication, this.#epoch, nowNs);
    return 1;
  }

  /** Says that the stream has ended: no frame will follow. */
  finish(ring: FrameRing): void {
    this.#messages.sendQos(this.#qos, this.#epoch, ring.currentSeq);
    ring.regions.refreshActivity(0, 0);
  }

  setAttributes(attributes: readonly Attribute[], nowNs: number): void {
    this.#attributes = attributes;
    this.#metaVersion++;
    this.#sendMetadata(nowNs);
  }

  sendConfig(config: ConsumerConfig): void {
    this.#messages.sendConfig(this.publication, config);
  }

  close(): void {
    this.#export.close();
    for (const resource of [...this.#subscriptions, this.publication, this.#qos, this.#metadata]) {
      this.#connection.remove(resource);
    }
  }

  readonly #onMessage: MessageHandler = (view, length, sessionId) => {
    if (messageKeyAt(view, 0, length) === ShmPoolAnnounceDecoder.KEY) this.#onAnnounce(view, length);
    else this.readers.onMessage(view, length, sessionId);
  };

  /** An announce of this stream by somebody else: whoever wrote it first keeps it (W-08). */
  #onAnnounce(view: DataView, length: number): void {
    const other = this.#foreignAnnounce;
    if (other.wrap(view, 0, length) !== null) {
      this.#counters.of.messagesRefused.increment();
      return;
    }
    const { streamId, producerId } = this.#identity;
    if (other.streamId !== streamId || other.producerId === producerId) return;
    if (other.epochNumber > this.#epoch) {
      // A newcomer: it is told at once that the stream is taken.
      this.readers.hasNews = true;
      return;
    }
    this.readers.hasNews = true;
    if (this.#nowNs - this.#lastProofNs < PROOF_DISTANCE_NS) return;
    this.#lastProofNs = this.#nowNs;
    // Only a newcomer gives way: nobody ends a stream that is established by announcing another.
    if (this.#nowNs - this.#startedNs > NEWCOMER_NS) return;
    this.#otherWriterProofs++;
    if (this.#otherWriterProofs < PROOFS_OF_ANOTHER_WRITER) return;
    throw new ProducerError(
      "second-writer",
      `stream ${streamId} has a producer already (id ${other.producerId}, epoch ${other.epoch}): expected a stream of its own`,
      { rule: "W-08", expected: "one producer a stream", found: `producer ${other.producerId}` },
    );
  }

  #announce(ring: FrameRing, nowNs: number): void {
    ring.regions.refreshActivity(monotonic.high(nowNs), monotonic.low(nowNs));
    this.#lastActivityNs = nowNs;
    // Before the driver has made the publications, nobody hears: that is done again soon, not a period later.
    this.#isUnheard = !(this.publication.isReady && this.#metadata.isReady && this.#qos.isReady);
    if (this.#isUnheard) return;
    this.#messages.announceRegions(this.publication, ring.regions);
    this.#sendMetadata(nowNs);
    this.#messages.sendQos(this.#qos, this.#epoch, ring.currentSeq);
  }

  #sendMetadata(nowNs: number): void {
    this.#messages.announceSource(this.#metadata, this.#epoch, this.#metaVersion);
    this.#messages.sendMeta(this.#metadata, this.#metaVersion, this.#attributes, nowNs);
  }
}
