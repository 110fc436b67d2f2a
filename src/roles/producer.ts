import type { DescriptorSink, Messaging } from "../aeron/ports.ts";
import type { Agent } from "../core/agent.ts";
import { type Clock, CycleClock } from "../core/clock.ts";
import { releaseAll } from "../core/release.ts";
import { ANY_WAIT, type WaitPoint } from "../core/wait-point.ts";
import type { Attribute, Flow } from "../protocol/attribute.ts";
import type { FrameShape } from "../protocol/frame-layout.ts";
import type { WritableRegions } from "../shm/index.ts";
import { longestAnnounceBytes } from "./announce-encoding.ts";
import { producerCounters } from "./counters.ts";
import { DescriptorPublisher } from "./descriptor-publisher.ts";
import { type AttachError, ProducerError } from "./errors.ts";
import { FrameRing } from "./frame-ring.ts";
import { HOST_PORTS, type RolePorts } from "./host-ports.ts";
import { ProducerControl } from "./producer-control.ts";
import type { ConsumerConfig } from "./producer-messages.ts";
import {
  allAttributes,
  type ClaimRefusal,
  descriptorChannelOf,
  framesOf,
  type OfferResult,
  type ProducerOptions,
  requireWaitSlots,
  wrongLength,
} from "./producer-options.ts";
import { ProgressSender } from "./progress-sender.ts";
import type { RegionHost, RegionProvider } from "./region-provider.ts";
import { newRegionProvider } from "./region-providers.ts";
import type { SlotClaim } from "./slot-claim.ts";

const NOT_READ = -1;

/**
 * The producer of one stream: claims slots, commits frames and publishes their descriptors (W-15), and announces the stream. It owns its
 * regions or leases them from a driver. As an agent it runs the control plane; frames come from its caller.
 */
export class Producer implements Agent {
  readonly roleName: string;
  readonly counters = producerCounters();
  readonly streamId: number;
  readonly flow: Flow;
  /** Why `tryClaim` returned null. */
  lastRefusal: ClaimRefusal = "closed";

  readonly #options: ProducerOptions;
  readonly #clock: Clock;
  readonly #cycle = new CycleClock();
  readonly #connection: Messaging;
  readonly #control: ProducerControl;
  readonly #provider: RegionProvider;
  readonly #progress: ProgressSender;
  #descriptors: DescriptorSink | null = null;
  /** Number of slots that the window of `#descriptors` was sized for. */
  #windowSlots = 0;
  #publisher: DescriptorPublisher | null = null;
  /** The current epoch; null while there is none. */
  #ring: FrameRing | null = null;
  #finishedNs = Number.POSITIVE_INFINITY;
  #hasFinished = false;
  #isClosed = false;

  /** Standalone: creates the regions. @throws RegionCreateError, UsageError */
  constructor(connection: Messaging, clock: Clock, options: ProducerOptions, ports: RolePorts = HOST_PORTS) {
    this.#options = options;
    const { streamId, name, summary = "", streams } = options;
    this.#clock = clock;
    this.#connection = connection;
    this.streamId = streamId;
    this.flow = options.flow;
    this.roleName = `producer ${name}`;
    if (options.standalone !== undefined) requireWaitSlots(options, options.standalone.nslots);
    const producerId = (): number => this.producerId;
    const identity = {
      streamId,
      name,
      summary,
      get producerId(): number {
        return producerId();
      },
    };
    this.#control = new ProducerControl(connection, streams, identity, this.counters, {
      attributes: allAttributes(options, options.attributes),
      sendsHeartbeat: options.heartbeat === true,
      cycle: this.#cycle,
      announcesRegions: options.standalone !== undefined,
      announceBytes: longestAnnounceBytes(options.standalone, options.standalone?.pools.length),
      onMessage: (view, length, sessionId) => this.#provider.onMessage(view, length, sessionId),
    });
    const { publication } = this.#control;
    const demand = () => this.#control.progressDemand;
    this.#progress = new ProgressSender(publication, streamId, this.counters.of.progressSent, clock, demand);
    const host: RegionHost = {
      beginEpoch: (regions) => this.#beginEpoch(regions),
      endEpoch: () => this.#endEpoch(),
      isHearing: () => this.#control.isHearing,
      silentNs: (nowNs) => this.#control.silentNs(nowNs),
    };
    this.#provider = newRegionProvider(connection, publication, options, host, this.counters, this.#cycle, ports);
    try {
      this.#provider.begin(clock.nanoTime());
    } catch (error) {
      void this.#provider.close(() => {});
      this.#release();
      throw error;
    }
  }

  /** Generation of the stream's regions (W-21); 0 while there are none. */
  get epoch(): number {
    return this.#ring === null ? 0 : this.#ring.regions.epoch;
  }

  /** True while there are regions to write to; always, if the producer owns them. */
  get isAttached(): boolean {
    return this.#ring !== null;
  }

  /** True while the media driver has a publication for the descriptors. */
  get isReady(): boolean {
    return this.#ring !== null && this.#descriptors?.isReady === true;
  }

  get isConnected(): boolean {
    return this.#descriptors?.isConnected === true;
  }

  /** Why the driver refused the last request for a lease; null after it granted one. */
  get attachRefusal(): AttachError | null {
    return this.#provider.refusal;
  }

  /** Id of this producer on the wire; with a driver, its lease's client id. */
  get producerId(): number {
    return this.#provider.producerId;
  }

  /** The regions of the current epoch: mappings for devices, URIs for tools. @throws ProducerError "not-attached" */
  get regions(): WritableRegions {
    if (this.#ring !== null) return this.#ring.regions;
    throw new ProducerError("not-attached", `stream ${this.streamId}: expected regions, found no lease on them`);
  }

  /** Bytes of the largest frame that fits; 0 while there are no regions. */
  get maxByteLength(): number {
    return this.#ring === null ? 0 : this.#ring.maxByteLength;
  }

  /** Consumers that have reported the current epoch as mapped within the last periods. */
  get mappedConsumers(): number {
    return this.#control.readers.mappedCount(this.epoch);
  }

  /** True if this many consumers have mapped the epoch and joined its descriptors, which may happen later than the mapping. */
  hasReaders(count: number): boolean {
    return this.isConnected && this.mappedConsumers >= count;
  }

  /** True if, after `finish`, every mapped consumer has reported the newest frame or has left the epoch. */
  get isDrained(): boolean {
    if (this.#ring === null) return true;
    if (this.#control.hasUnsentMetadata) return false;
    return this.#ring.isSettled && this.#control.readers.haveSeen(this.epoch, this.#ring.claimed - 1, this.#finishedNs);
  }

  /** Grows while readers of the current epoch make progress. */
  get drainedSeqs(): number {
    return this.#ring === null ? 0 : this.#control.readers.seenTotal(this.epoch, this.#ring.currentSeq);
  }

  /** True while a descriptor waits for room in the window and claims are refused (`flow` "wait"). */
  get isWaiting(): boolean {
    return this.#publisher?.isWaiting === true;
  }

  /** True while a consumer reads frames that are still being written: report progress only then (W-41). */
  get isProgressWanted(): boolean {
    return this.#control.progressDemand !== null;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Claims the next slot for a frame of `byteLength` bytes, from the smallest pool that fits (W-05). Returns null if there is none;
   * `lastRefusal` has the reason. Never blocks, never allocates after the first round through the ring. Several slots may be claimed at
   * once; they are published in claim order. @throws UsageError for a length that is not a whole number of at least 0 `nowNs` is the
   * frame's time, as passed to `doWork` (`processNs`); read here if omitted (a third of what a claim costs).
   */
  tryClaim(byteLength: number, nowNs: number = NOT_READ): SlotClaim | null {
    if (!(Number.isInteger(byteLength) && byteLength >= 0)) throw wrongLength(byteLength);
    const ring = this.#ring;
    if (ring === null || this.#hasFinished) return this.#refuse(byteLength);
    return ring.tryClaim(byteLength, nowNs === NOT_READ ? this.#clock.nanoTime() : nowNs) ?? this.#refuse(byteLength);
  }

  /** The next claim takes `seq` (W-48). False if `seq` goes back, while older frames are to be published, and without regions. */
  skipTo(seq: number): boolean {
    return this.#ring !== null && !this.#hasFinished && this.#ring.skipTo(seq);
  }

  /**
   * Copies one tensor into a slot and publishes it. Never retries. A "queued" frame is published later, without another call.
   * @throws ProducerError when the shape does not fit `bytes`
   */
  offer(bytes: Uint8Array, shape: FrameShape): OfferResult {
    const claim = this.tryClaim(bytes.length);
    if (claim === null) {
      return this.lastRefusal === "no-pool" || this.lastRefusal === "not-attached" ? this.lastRefusal : "slots-busy";
    }
    claim.bytes.set(bytes);
    const { seq } = claim;
    try {
      claim.commit(shape);
    } finally {
      claim.abort();
    }
    if (this.#ring?.hasSettled(seq) !== true) return "queued";
    return this.#publisher !== null && this.#publisher.publishedSeq >= seq ? "published" : "descriptor-dropped";
  }

  /** While true, descriptors of committed frames may be published together, which costs less: set it if more frames follow immediately. */
  setBurst(isBurst: boolean): void {
    const publisher = this.#publisher;
    if (publisher === null) return;
    publisher.isBurst = isBurst;
    if (!isBurst && publisher.length > 0) this.#ring?.publishInOrder();
  }

  /** Replaces the attributes; frames committed later have a new `metaVersion` (W-45). */
  setAttributes(attributes: readonly Attribute[]): void {
    this.#control.setAttributes(allAttributes(this.#options, attributes), this.#clock.nanoTime());
    if (this.#ring !== null) this.#ring.metaVersion = this.#control.metaVersion;
  }

  /** Configures one consumer of this stream (W-39). */
  sendConsumerConfig(config: ConsumerConfig): void {
    this.#control.sendConfig(config);
  }

  /** @throws ProducerError "second-writer", AttachError when no first lease comes */
  doWork(nowNs: number): number {
    if (this.#isClosed) return 0;
    let work = this.#ring?.doWork(nowNs) ?? 0;
    if (!this.#control.isDue(nowNs)) return work;
    this.#cycle.update(nowNs);
    work += this.#provider.doWork(nowNs) + this.#control.poll(nowNs);
    // After the end the regions must not be marked active again.
    if (this.#hasFinished) this.#control.sendUnsentMetadata(nowNs);
    if (this.#ring === null || this.#hasFinished) return work;
    return work + this.#control.announceIfDue(this.#ring, nowNs);
  }

  /** Readers' requests and lease messages arrive without ending a wait; held-back descriptors and progress allow no wait. */
  waitPoint(): WaitPoint | null {
    return this.isReady && !this.isWaiting && !this.isProgressWanted ? ANY_WAIT : null;
  }

  onLateCycle(nowNs: number, lateByNs: number): void {
    if (this.#hasFinished) return;
    this.#cycle.update(nowNs);
    this.#provider.onLateCycle(nowNs, lateByNs);
  }

  #beginEpoch(regions: WritableRegions): void {
    const nowNs = this.#clock.nanoTime();
    const { nslots } = regions;
    if (this.#options.standalone === undefined) requireWaitSlots(this.#options, nslots);
    const publisher = this.#publisherFor(nslots);
    const { wakeWord } = this.#options;
    const parts = { publisher, progress: this.#progress, counters: this.counters, wakeWord };
    const ring = new FrameRing(regions, this.#control.metaVersion, parts);
    this.#ring = ring;
    this.#progress.epoch = regions.epoch;
    publisher.begin(this.streamId, regions.epoch, framesOf(this.#options, nslots));
    this.#control.begin(ring, nowNs);
    try {
      this.#options.onRegions?.(regions);
    } catch (error) {
      this.#ring = null;
      throw error;
    }
  }

  #endEpoch(): void {
    const ring = this.#ring;
    if (ring === null) return;
    releaseAll([
      () => ring.resolveAll(),
      () => this.#options.onRegionsEnding?.(ring.regions),
      () => {
        this.#ring = null;
        ring.close();
      },
    ]);
  }

  /** Ends the stream: no frame will follow. Readers drain the frames in transit and unmap. */
  finish(): void {
    if (this.#hasFinished) return;
    this.#hasFinished = true;
    if (this.#ring !== null) this.#control.finish(this.#ring);
    this.#finishedNs = this.#clock.nanoTime();
  }

  /** Ends the stream and removes or returns its regions. Idempotent. */
  onClose(): void | Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    let closing: Promise<void> | null = null;
    try {
      releaseAll([() => this.#ring?.resolveAll(), () => this.finish(), () => this.#endEpoch()]);
    } finally {
      closing = this.#provider.close(() => this.#control.pollNow());
      if (closing === null) this.#release();
      else closing = closing.finally(() => this.#release());
    }
    return closing ?? undefined;
  }

  #release(): void {
    this.#control.close();
    if (this.#descriptors !== null) this.#connection.remove(this.#descriptors);
  }

  /** Logs and counts why no slot was claimed. */
  #refuse(byteLength: number): null {
    const { of } = this.counters;
    this.lastRefusal = this.#hasFinished ? "closed" : (this.#ring?.refusalOf(byteLength) ?? "not-attached");
    if (this.lastRefusal === "not-attached") of.notAttached.increment();
    else if (this.lastRefusal === "no-pool") of.noPool.increment();
    else if (this.lastRefusal === "slots-busy") of.slotsBusy.increment();
    return null;
  }

  /** The publisher with a window sized for a ring of `nslots`. */
  #publisherFor(nslots: number): DescriptorPublisher {
    if (this.#publisher !== null && this.#windowSlots === nslots) return this.#publisher;
    if (this.#descriptors !== null) this.#connection.remove(this.#descriptors);
    const channel = descriptorChannelOf(this.#options, nslots);
    this.#descriptors = this.#connection.addPublication(channel, this.#options.streams.descriptorStreamId);
    this.#windowSlots = nslots;
    this.#publisher = new DescriptorPublisher(this.#descriptors, this.#clock, this.counters, this.#options);
    return this.#publisher;
  }
}
