import { descriptorPublicationChannel, LIVE_TIMEOUTS } from "../aeron/channel.ts";
import type { AeronConnection } from "../aeron/connection.ts";
import type { Publication } from "../aeron/publication.ts";
import type { Agent } from "../core/agent.ts";
import type { Clock } from "../core/clock.ts";
import { UsageError } from "../core/errors.ts";
import { getLogger } from "../core/logger.ts";
import { Deadline } from "../core/timers.ts";
import { type Attribute, FLOW_ATTRIBUTE_KEY, type Flow, textAttribute } from "../protocol/attribute.ts";
import type { FrameShape } from "../protocol/frame-layout.ts";
import { type AeronStreams, CADENCE_NS, LIVENESS_PERIODS } from "../protocol/stream-ids.ts";
import type { RegionSet } from "../shm/index.ts";
import { producerCounters } from "./counters.ts";
import { DescriptorPublisher } from "./descriptor-publisher.ts";
import { FrameRing } from "./frame-ring.ts";
import { ProducerControl } from "./producer-control.ts";
import type { ConsumerConfig } from "./producer-messages.ts";
import { ProgressSender } from "./progress-sender.ts";
import { randomId } from "./random-id.ts";
import { createRegions, type StandaloneOptions } from "./region-source.ts";
import { type ClaimOwner, ClaimState, type SlotClaim } from "./slot-claim.ts";

const log = getLogger("producer");

/** The clock of a stream's timestamps and what they mark, where they are not CLOCK_MONOTONIC and the claim (W-47). */
export interface TimestampMeaning {
  readonly clock?: "monotonic" | "realtime" | "tai" | "device";
  /** E.g. "exposure start". */
  readonly meaning?: string;
}

export interface ProducerOptions {
  readonly streamId: number;
  /** Name of the data source, US-ASCII; tools accept it in place of the id. */
  readonly name: string;
  readonly summary?: string;
  /** Drawn at random when left out. */
  readonly producerId?: number;
  readonly standalone: StandaloneOptions;
  readonly streams: AeronStreams;
  /** "drop": live. "wait": a full descriptor window holds the source back, for at most `waitTimeoutNs`. */
  readonly flow: Flow;
  readonly waitTimeoutNs: number;
  readonly attributes: readonly Attribute[];
  readonly timestamps?: TimestampMeaning;
  /** Send Heartbeat at announce cadence (W-49). */
  readonly heartbeat?: boolean;
  /** Told about the regions of each epoch, e.g. to register their memory with a device. */
  readonly onRegions?: (regions: RegionSet) => void;
  /** Told before the regions of an epoch are unmapped: a device must not touch them after this returns. */
  readonly onRegionsEnding?: (regions: RegionSet) => void;
}

/** What became of an offered tensor. */
export type OfferResult = "published" | "descriptor-dropped" | "no-pool" | "slots-busy";
/** Why the last claim was refused. */
export type ClaimRefusal = "no-pool" | "slots-busy" | "waiting" | "closed";

const NOT_READ = -1;
/** By then readers of a dead predecessor have let go of its regions, at the latest because it fell silent (W-08). */
const PREDECESSOR_SWEEP_NS = CADENCE_NS * (LIVENESS_PERIODS + 1);
/** The window takes half of the ring, a reader's queue a quarter, and one slot is being written. */
const MIN_WAIT_SLOTS = 4;

/**
 * The producer of one stream (standalone: the owner of its regions): claims slots, commits frames and publishes their
 * descriptors (W-15), and keeps the stream announced. As an agent it does the control plane; frames come from its caller.
 */
export class Producer implements Agent, ClaimOwner {
  readonly roleName: string;
  readonly counters = producerCounters();
  readonly streamId: number;
  readonly flow: Flow;
  /** Why `tryClaim` returned null. */
  lastRefusal: ClaimRefusal = "closed";

  readonly #options: ProducerOptions;
  readonly #clock: Clock;
  readonly #connection: AeronConnection;
  readonly #control: ProducerControl;
  readonly #descriptors: Publication;
  readonly #publisher: DescriptorPublisher;
  readonly #progress: ProgressSender;
  #ring: FrameRing;
  readonly #sweep = new Deadline();
  #finishedNs = Number.POSITIVE_INFINITY;
  #isClosed = false;

  /** Creates the regions. @throws RegionCreateError, UsageError */
  constructor(connection: AeronConnection, clock: Clock, options: ProducerOptions) {
    const { streamId, name, summary = "", flow, waitTimeoutNs, streams, standalone } = options;
    if (flow === "wait" && standalone.nslots < MIN_WAIT_SLOTS) {
      throw new UsageError(
        `--flow wait: expected at least ${MIN_WAIT_SLOTS} slots (half of them are under way, others being read or written), found ${standalone.nslots}`,
      );
    }
    this.#options = options;
    this.#clock = clock;
    this.#connection = connection;
    this.streamId = streamId;
    this.flow = flow;
    this.roleName = `producer ${name}`;
    // A source that waits gives its readers as long as it waits itself, before the driver puts them to rest.
    const windowLimitMs = flow === "wait" ? Math.ceil(waitTimeoutNs / 1e6) : LIVE_TIMEOUTS.windowLimitMs;
    const channel = descriptorPublicationChannel(streams.channel, standalone.nslots, {
      ...LIVE_TIMEOUTS,
      windowLimitMs,
    });
    this.#ring = new FrameRing(createRegions(streamId, standalone, clock.nanoTime()), this);
    const identity = { streamId, producerId: options.producerId ?? randomId(), name, summary };
    this.#control = new ProducerControl(connection, streams, identity, this.counters, {
      attributes: this.#allAttributes(options.attributes),
      sendsHeartbeat: options.heartbeat === true,
    });
    this.#descriptors = connection.addPublication(channel, streams.descriptorStreamId);
    this.#publisher = new DescriptorPublisher(this.#descriptors, clock, this.counters, options);
    this.#progress = new ProgressSender(this.#control.publication, streamId, this.counters.of.progressSent);
    this.#beginEpoch(clock.nanoTime());
  }

  /** Generation of the stream's regions (W-21). */
  get epoch(): number {
    return this.#ring.regions.epoch;
  }

  /** The regions of the present epoch: mappings for devices, URIs for tools. */
  get regions(): RegionSet {
    return this.#ring.regions;
  }

  /** Bytes of the largest frame that fits. */
  get maxByteLength(): number {
    return this.#ring.maxByteLength;
  }

  /** Consumers that have mapped the present epoch and said so within the last periods. */
  get mappedConsumers(): number {
    return this.#control.readers.mappedCount(this.epoch);
  }

  /** True when, after `finish`, every mapped consumer has said that it saw the newest frame. */
  get isDrained(): boolean {
    return this.#ring.isSettled && this.#control.readers.haveSeen(this.epoch, this.#ring.claimed - 1, this.#finishedNs);
  }

  /** True while a descriptor waits for room in the window: claims are refused meanwhile (`flow` "wait"). */
  get isWaiting(): boolean {
    return this.#publisher.isWaiting;
  }

  /** True while some consumer reads frames that are still being written: only then progress is worth reporting (W-41). */
  get isProgressWanted(): boolean {
    return this.#control.progressDemand !== null;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Takes the next slot for a frame of `byteLength` bytes, from the smallest pool that holds it (W-05). Null when none can be
   * had; `lastRefusal` says why. Never blocks, never allocates after the first round through the ring. Several slots may be
   * claimed at once; they are published in claim order.
   *
   * `nowNs` is the frame's time on this process's clock, read here when left out (a third of what a claim costs).
   */
  tryClaim(byteLength: number, nowNs: number = NOT_READ): SlotClaim | null {
    if (this.#isClosed || this.#finishedNs !== Number.POSITIVE_INFINITY) return this.#refuse("closed");
    if (this.#publisher.isWaiting) return this.#refuse("waiting");
    const pool = this.#ring.poolFor(byteLength);
    if (pool === null) {
      this.counters.of.noPool.increment();
      return this.#refuse("no-pool");
    }
    if (this.#ring.isFull) {
      this.counters.of.slotsBusy.increment();
      return this.#refuse("slots-busy");
    }
    const claim = this.#ring.claim(pool, byteLength, nowNs === NOT_READ ? this.#clock.nanoTime() : nowNs);
    this.counters.of.claimed.increment();
    return claim;
  }

  /** Copies one tensor into a slot and publishes it. Never retries. @throws ProducerError when the shape does not fit `bytes` */
  offer(bytes: Uint8Array, shape: FrameShape): OfferResult {
    const claim = this.tryClaim(bytes.length);
    if (claim === null) {
      return this.lastRefusal === "no-pool" ? "no-pool" : "slots-busy";
    }
    claim.bytes.set(bytes);
    const published = this.counters.of.published.value;
    try {
      claim.commit(shape);
    } finally {
      claim.abort();
    }
    return this.counters.of.published.value > published ? "published" : "descriptor-dropped";
  }

  commitClaim(claim: SlotClaim, shape: FrameShape): void {
    this.#ring.writeHeader(claim, shape, this.#control.metaVersion);
    this.#ring.commit(claim);
    this.#progress.end(claim, this.epoch, true);
    this.#ring.publishInOrder(this.#publisher);
  }

  abortClaim(claim: SlotClaim): void {
    // The slot stays marked as being written until its next frame: nobody takes it for a valid one.
    claim.state = ClaimState.ABORTED;
    this.counters.of.aborted.increment();
    this.#progress.end(claim, this.epoch, false);
    this.#ring.publishInOrder(this.#publisher);
  }

  beginProgress(claim: SlotClaim, shape: FrameShape): void {
    this.#ring.writeHeader(claim, shape, this.#control.metaVersion);
    this.#progress.begin(claim, this.epoch, this.#clock.nanoTime(), this.#control.progressDemand);
  }

  reportProgress(claim: SlotClaim, bytesFilled: number, rowsFilled: number | null): void {
    const nowNs = this.#clock.nanoTime();
    this.#progress.report(claim, bytesFilled, rowsFilled, this.epoch, nowNs, this.#control.progressDemand);
  }

  /** Replaces the attributes; frames committed from now on go with a new `metaVersion` (W-45). */
  setAttributes(attributes: readonly Attribute[]): void {
    this.#control.setAttributes(this.#allAttributes(attributes), this.#clock.nanoTime());
  }

  /** Tells one consumer of this stream what to do (W-39). */
  sendConsumerConfig(config: ConsumerConfig): void {
    this.#control.sendConfig(config);
  }

  doWork(nowNs: number): number {
    if (this.#isClosed) return 0;
    let work = this.#control.poll(nowNs);
    if (this.#publisher.isWaiting) {
      this.#ring.publishInOrder(this.#publisher);
      if (!this.#publisher.isWaiting) work++;
    }
    this.#progress.doWork(this.epoch, nowNs, this.#control.progressDemand);
    if (this.#sweep.hasExpired(nowNs)) this.#sweepPredecessors(nowNs);
    // After the end nothing may make the regions look alive again.
    if (this.#finishedNs !== Number.POSITIVE_INFINITY) return work;
    return work + this.#control.announceIfDue(this.#ring, nowNs);
  }

  onLateCycle(nowNs: number, lateByNs: number): void {
    if (this.#isClosed || this.#finishedNs !== Number.POSITIVE_INFINITY) return;
    // Readers count from the last sign of life, which may be older than the pause. A period is left for what is under way:
    // one that has taken this producer for dead waits for a new epoch, and for nothing else (W-08).
    if (this.#control.silentNs(nowNs) < CADENCE_NS * (LIVENESS_PERIODS - 1)) return;
    log.warn(`${this.roleName} stood still for ${(lateByNs / 1e9).toFixed(1)} s: starting a new epoch`);
    this.#endEpoch();
    this.#ring = new FrameRing(createRegions(this.streamId, this.#options.standalone, nowNs), this);
    this.#beginEpoch(nowNs);
  }

  /** Says that the stream has ended: no frame will follow. Readers drain what is under way and unmap. */
  finish(): void {
    if (this.#isClosed || this.#finishedNs !== Number.POSITIVE_INFINITY) return;
    this.#control.finish(this.#ring);
    this.#finishedNs = this.#clock.nanoTime();
  }

  /** Ends the stream and removes its regions. Idempotent. */
  onClose(): void {
    if (this.#isClosed) return;
    this.#settleClaims();
    this.finish();
    this.#isClosed = true;
    this.#endEpoch();
    this.#control.close();
    this.#connection.remove(this.#descriptors);
  }

  #refuse(cause: ClaimRefusal): null {
    this.lastRefusal = cause;
    return null;
  }

  #allAttributes(attributes: readonly Attribute[]): readonly Attribute[] {
    const { clock, meaning } = this.#options.timestamps ?? {};
    return [
      textAttribute(FLOW_ATTRIBUTE_KEY, this.#options.flow),
      ...(clock === undefined ? [] : [textAttribute("tensorpool.timestamp_clock", clock)]),
      ...(meaning === undefined ? [] : [textAttribute("tensorpool.timestamp_meaning", meaning)]),
      ...attributes,
    ];
  }

  #beginEpoch(nowNs: number): void {
    this.#publisher.begin(this.streamId, this.epoch);
    this.#control.begin(this.#ring, nowNs);
    this.#sweep.start(nowNs, PREDECESSOR_SWEEP_NS);
    this.#options.onRegions?.(this.#ring.regions);
  }

  /** Removes what readers still held when this epoch was made (D-19), and looks again while some of them stand still. */
  #sweepPredecessors(nowNs: number): void {
    this.#sweep.clear();
    const { kept } = this.#ring.regions.directory.sweep();
    if (kept.length > 1) this.#sweep.start(nowNs, PREDECESSOR_SWEEP_NS);
  }

  #endEpoch(): void {
    this.#settleClaims();
    this.#options.onRegionsEnding?.(this.#ring.regions);
    this.#ring.close();
  }

  /** Gives every claim an outcome that is counted: what is being filled is aborted, what is held back has one last try. */
  #settleClaims(): void {
    this.#publisher.isGivingUp = true;
    this.#ring.abortClaims();
    this.#ring.publishInOrder(this.#publisher);
    this.#publisher.isGivingUp = false;
  }
}
