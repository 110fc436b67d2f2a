import { NativeBuffer } from "../../ffi/memory.ts";
import {
  controlPublicationChannel,
  descriptorPublicationChannel,
  LIVE_TIMEOUTS,
  observerChannel,
} from "../aeron/channel.ts";
import type { AeronConnection } from "../aeron/connection.ts";
import { monotonic } from "../aeron/monotonic.ts";
import type { Publication } from "../aeron/publication.ts";
import { PublishResult } from "../aeron/results.ts";
import type { MessageSubscription } from "../aeron/subscription.ts";
import type { Agent } from "../core/agent.ts";
import type { Clock } from "../core/clock.ts";
import { UsageError } from "../core/errors.ts";
import { getLogger } from "../core/logger.ts";
import { PeriodicTimer } from "../core/timers.ts";
import { type Attribute, FLOW_ATTRIBUTE_KEY, type Flow, textAttribute } from "../protocol/attribute.ts";
import { DTYPES } from "../protocol/dtype.ts";
import { FrameHeader, MAJOR_ORDER_CODES } from "../protocol/frame-header.ts";
import { explainShapeFault, type FrameShape, shapeByteLength } from "../protocol/frame-layout.ts";
import { type AeronStreams, CADENCE_NS, LIVENESS_PERIODS } from "../protocol/stream-ids.ts";
import { FrameDescriptorEncoder } from "../sbe/generated/control/index.ts";
import { HeaderRing } from "../shm/header-ring.ts";
import type { RegionSet } from "../shm/index.ts";
import { PayloadPool } from "../shm/payload-pool.ts";
import { CounterExport } from "./counter-export.ts";
import { producerCounters } from "./counters.ts";
import { ProducerError } from "./errors.ts";
import { ProducerMessages } from "./producer-messages.ts";
import { randomId } from "./random-id.ts";
import { ReaderDirectory } from "./reader-directory.ts";
import { createRegions, type StandaloneOptions } from "./region-source.ts";
import { type ClaimOwner, ClaimState, SlotClaim } from "./slot-claim.ts";

const log = getLogger("producer");

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
}

/** What became of an offered tensor. */
export type OfferResult = "published" | "descriptor-dropped" | "no-pool" | "slots-busy";
/** Why the last claim was refused. */
export type ClaimRefusal = "no-pool" | "slots-busy" | "waiting" | "closed";

const DESCRIPTOR_BYTES = FrameDescriptorEncoder.ENCODED_LENGTH;
/** The window takes half of the ring, a reader's queue a quarter, and one slot is being written. */
const MIN_WAIT_SLOTS = 4;
/** Readers that ask (hello, map) are answered at once, but not more often than this. */
const ANSWER_PERIOD_NS = 20e6;

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
  readonly #messages: ProducerMessages;
  readonly #readers: ReaderDirectory;
  readonly #descriptors: Publication;
  readonly #control: Publication;
  readonly #qos: Publication;
  readonly #metadata: Publication;
  readonly #subscriptions: readonly MessageSubscription[];
  readonly #export: CounterExport;
  readonly #cadence = new PeriodicTimer(CADENCE_NS, { immediate: true });
  readonly #answer = new PeriodicTimer(ANSWER_PERIOD_NS, { immediate: true });
  readonly #descriptorBuffer = new NativeBuffer(DESCRIPTOR_BYTES);
  readonly #descriptor = new FrameDescriptorEncoder();
  readonly #header = new FrameHeader();

  #attributes: readonly Attribute[];
  #metaVersion = 1;
  #regions: RegionSet;
  #ring: HeaderRing;
  #pools: PayloadPool[];
  #claims: SlotClaim[] = [];
  /** Seq of the next claim. */
  #nextSeq = 0;
  /** Seq of the oldest frame whose descriptor is still to be published: claims are published in order. */
  #publishSeq = 0;
  /** When the descriptor at `#publishSeq` is given up; 0 while none is held back. */
  #waitUntilNs = 0;
  /** True while descriptors that find no room are not held back any more. */
  #isGivingUp = false;
  /** When the regions last said that this producer lives. */
  #lastActivityNs: number;
  /** True while announces find no publication. */
  #isUnheard = false;
  #finishedNs = Number.POSITIVE_INFINITY;
  #isClosed = false;

  /** Creates the regions. @throws RegionCreateError, UsageError */
  constructor(connection: AeronConnection, clock: Clock, options: ProducerOptions) {
    this.#options = options;
    this.#clock = clock;
    this.#connection = connection;
    this.streamId = options.streamId;
    this.flow = options.flow;
    this.roleName = `producer ${options.name}`;
    const producerId = options.producerId ?? randomId();
    const { streamId, name, summary = "" } = options;
    this.#messages = new ProducerMessages({ streamId, producerId, name, summary }, this.counters);
    this.#readers = new ReaderDirectory(streamId, this.counters.of.messagesRefused);
    this.#attributes = [textAttribute(FLOW_ATTRIBUTE_KEY, options.flow), ...options.attributes];

    const { channel, controlStreamId, descriptorStreamId, qosStreamId, metadataStreamId } = options.streams;
    const { nslots } = options.standalone;
    if (options.flow === "wait" && nslots < MIN_WAIT_SLOTS) {
      throw new UsageError(
        `--flow wait: expected at least ${MIN_WAIT_SLOTS} slots (half of them are under way, others being read or written), found ${nslots}`,
      );
    }
    const waitMs = Math.ceil(options.waitTimeoutNs / 1e6);
    // A source that waits gives its readers as long as it waits itself, before the driver puts them to rest.
    const timeouts = options.flow === "wait" ? { ...LIVE_TIMEOUTS, windowLimitMs: waitMs } : LIVE_TIMEOUTS;
    const descriptorChannel = descriptorPublicationChannel(channel, nslots, timeouts);
    const controlChannel = controlPublicationChannel(channel);

    this.#lastActivityNs = clock.nanoTime();
    this.#regions = createRegions(streamId, options.standalone, this.#lastActivityNs);
    this.#ring = new HeaderRing(this.#regions.headerRing.mapping, nslots);
    this.#pools = poolsOf(this.#regions);
    this.#prepareDescriptor();
    this.#export = new CounterExport(connection, "producer", this.counters.list, streamId, producerId);
    this.#descriptors = connection.addPublication(descriptorChannel, descriptorStreamId);
    this.#control = connection.addPublication(controlChannel, controlStreamId);
    this.#qos = connection.addPublication(controlChannel, qosStreamId);
    this.#metadata = connection.addPublication(controlChannel, metadataStreamId);
    this.#subscriptions = [controlStreamId, qosStreamId].map((id) =>
      connection.addSubscription(observerChannel(channel), id, this.#readers.onMessage),
    );
  }

  /** Generation of the stream's regions (W-21). */
  get epoch(): number {
    return this.#regions.epoch;
  }

  /** The regions of the present epoch: mappings for devices, URIs for tools. */
  get regions(): RegionSet {
    return this.#regions;
  }

  /** Bytes of the largest frame that fits. */
  get maxByteLength(): number {
    return (this.#pools[this.#pools.length - 1] as PayloadPool).strideBytes;
  }

  /** Consumers that have mapped the present epoch and said so within the last periods. */
  get mappedConsumers(): number {
    return this.#readers.mappedCount(this.epoch);
  }

  /** True when, after `finish`, every mapped consumer has said that it saw the newest frame. */
  get isDrained(): boolean {
    if (this.#publishSeq !== this.#nextSeq) return false;
    return this.#readers.haveSeen(this.epoch, this.#nextSeq - 1, this.#finishedNs);
  }

  /** True while a descriptor waits for room in the window: claims are refused meanwhile (`flow` "wait"). */
  get isWaiting(): boolean {
    return this.#waitUntilNs !== 0;
  }

  /**
   * Takes the next slot for a frame of `byteLength` bytes, from the smallest pool that holds it (W-05). Null when none can be
   * had; `lastRefusal` says why. Never blocks, never allocates after the first round through the ring.
   */
  tryClaim(byteLength: number): SlotClaim | null {
    if (this.#isClosed || this.#finishedNs !== Number.POSITIVE_INFINITY) return this.#refuse("closed");
    if (this.#waitUntilNs !== 0) return this.#refuse("waiting");
    const pool = this.#poolFor(byteLength);
    if (pool === null) {
      this.counters.of.noPool.increment();
      return this.#refuse("no-pool");
    }
    const seq = this.#nextSeq;
    if (seq - this.#publishSeq >= this.#ring.nslots) {
      this.counters.of.slotsBusy.increment();
      return this.#refuse("slots-busy");
    }
    const index = this.#ring.indexOf(seq);
    let claim = this.#claims[index];
    if (claim === undefined) {
      claim = new SlotClaim(this, index);
      this.#claims[index] = claim;
    }
    this.#nextSeq = seq + 1;
    claim.seq = seq;
    claim.byteLength = byteLength;
    claim.pool = pool;
    claim.state = ClaimState.CLAIMED;
    claim.claimedNs = this.#clock.nanoTime();
    this.#ring.markWriting(index, seq);
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
    const fault = explainShapeFault(shape);
    if (fault !== null) throw new ProducerError("layout", fault, { rule: "W-11" });
    const needed = shapeByteLength(shape);
    if (needed > claim.byteLength) {
      const expected = `a shape of at most ${claim.byteLength} bytes`;
      throw new ProducerError("layout", `expected ${expected}, found one of ${needed}`, { rule: "W-11", expected });
    }
    const header = this.#header;
    header.frameId = claim.seq;
    if (shape.timestampNs === undefined) {
      header.timestampHigh = monotonic.high(claim.claimedNs);
      header.timestampLow = monotonic.low(claim.claimedNs);
    } else {
      header.timestampHigh = Number(BigInt.asUintN(32, shape.timestampNs >> 32n));
      header.timestampLow = Number(BigInt.asUintN(32, shape.timestampNs));
    }
    header.metaVersion = this.#metaVersion;
    header.valuesLenBytes = claim.byteLength;
    header.payloadSlot = claim.index;
    header.payloadOffset = 0;
    header.poolId = (claim.pool as PayloadPool).poolId;
    header.dtype = DTYPES[shape.dtype].code;
    header.majorOrder = shape.majorOrder === "column" ? MAJOR_ORDER_CODES.column : MAJOR_ORDER_CODES.row;
    header.ndims = shape.dims.length;
    for (let i = 0; i < header.ndims; i++) {
      header.dims[i] = shape.dims[i] as number;
      header.strides[i] = shape.strides === undefined ? 0 : (shape.strides[i] as number);
    }
    this.#ring.writeHeader(claim.index, header);
    this.#ring.commit(claim.index, claim.seq);
    claim.timestampHigh = header.timestampHigh;
    claim.timestampLow = header.timestampLow;
    claim.state = ClaimState.COMMITTED;
    this.#publishInOrder();
  }

  abortClaim(claim: SlotClaim): void {
    // The slot stays marked as being written until its next frame: nobody takes it for a valid one.
    claim.state = ClaimState.ABORTED;
    this.counters.of.aborted.increment();
    this.#publishInOrder();
  }

  /** Replaces the attributes; frames committed from now on go with the new `metaVersion` (W-45). */
  setAttributes(attributes: readonly Attribute[]): void {
    this.#attributes = [textAttribute(FLOW_ATTRIBUTE_KEY, this.flow), ...attributes];
    this.#metaVersion++;
    this.#sendMetadata(this.#clock.nanoTime());
  }

  doWork(nowNs: number): number {
    if (this.#isClosed) return 0;
    let work = 0;
    for (let i = 0; i < this.#subscriptions.length; i++)
      work += (this.#subscriptions[i] as MessageSubscription).poll(8);
    if (this.#waitUntilNs !== 0) {
      this.#publishInOrder();
      if (this.#waitUntilNs === 0) work++;
    }
    this.#readers.now(nowNs);
    this.#export.doWork(nowNs);
    // After the end nothing may make the regions look alive again.
    if (this.#finishedNs !== Number.POSITIVE_INFINITY) return work;
    if ((this.#readers.hasNews || this.#isUnheard) && this.#answer.isDue(nowNs)) {
      this.#readers.hasNews = false;
      this.#announce(nowNs);
      work++;
    }
    if (this.#cadence.isDue(nowNs)) {
      this.#readers.expire(nowNs);
      this.#announce(nowNs);
      work++;
    }
    return work;
  }

  onLateCycle(nowNs: number, lateByNs: number): void {
    if (this.#isClosed || this.#finishedNs !== Number.POSITIVE_INFINITY) return;
    // Readers count from the last sign of life, which may be older than the pause. A period is left for what is under way:
    // one that has taken this producer for dead waits for a new epoch, and for nothing else (W-08).
    if (nowNs - this.#lastActivityNs < CADENCE_NS * (LIVENESS_PERIODS - 1)) return;
    log.warn(`${this.roleName} stood still for ${(lateByNs / 1e9).toFixed(1)} s: starting a new epoch`);
    this.#renewRegions(nowNs);
  }

  /** Says that the stream has ended: no frame will follow. Readers drain what is under way and unmap. */
  finish(): void {
    if (this.#isClosed || this.#finishedNs !== Number.POSITIVE_INFINITY) return;
    this.#messages.sendQos(this.#qos, this.epoch, this.#currentSeq);
    this.#regions.refreshActivity(0, 0);
    this.#finishedNs = this.#clock.nanoTime();
  }

  /** Ends the stream and removes its regions. Idempotent. */
  onClose(): void {
    if (this.#isClosed) return;
    this.#settleClaims();
    this.finish();
    this.#isClosed = true;
    this.#endClaims();
    this.#export.close();
    const publications = [this.#descriptors, this.#control, this.#qos, this.#metadata];
    for (const resource of [...this.#subscriptions, ...publications]) this.#connection.remove(resource);
    this.#regions.close({ unlink: true });
  }

  get #currentSeq(): number {
    return this.#nextSeq === 0 ? 0 : this.#nextSeq - 1;
  }

  #refuse(cause: ClaimRefusal): null {
    this.lastRefusal = cause;
    return null;
  }

  #poolFor(byteLength: number): PayloadPool | null {
    for (let i = 0; i < this.#pools.length; i++) {
      const pool = this.#pools[i] as PayloadPool;
      if (pool.strideBytes >= byteLength) return pool;
    }
    return null;
  }

  /** Publishes the descriptors of committed frames from the oldest on, up to the first that is still being filled. */
  #publishInOrder(): void {
    while (this.#publishSeq < this.#nextSeq) {
      const claim = this.#claims[this.#ring.indexOf(this.#publishSeq)] as SlotClaim;
      if (claim.state === ClaimState.CLAIMED) return;
      if (claim.state === ClaimState.COMMITTED && !this.#publish(claim)) return;
      claim.state = ClaimState.FREE;
      this.#publishSeq++;
    }
  }

  /** Publishes one descriptor; false when it is held back. */
  #publish(claim: SlotClaim): boolean {
    this.#descriptor.setSeqNumber(claim.seq).setHeaderIndex(claim.index).setMetaVersion(this.#metaVersion);
    this.#descriptor.setTimestampNs(claim.timestampHigh, claim.timestampLow);
    let result = this.#descriptors.publish(this.#descriptorBuffer.address, DESCRIPTOR_BYTES);
    // A log rotation succeeds at the second try.
    if (result === PublishResult.ADMIN_ACTION) {
      result = this.#descriptors.publish(this.#descriptorBuffer.address, DESCRIPTOR_BYTES);
    }
    const { of } = this.counters;
    if (result === PublishResult.PUBLISHED) {
      of.published.increment();
      of.bytes.add(claim.byteLength);
      this.#waitUntilNs = 0;
      return true;
    }
    if (this.flow === "wait" && !this.#isGivingUp && this.#holdsBack()) return false;
    if (result === PublishResult.BACK_PRESSURED) of.descriptorBackPressured.increment();
    else if (result === PublishResult.NOT_CONNECTED) of.descriptorNotConnected.increment();
    else if (result === PublishResult.ADMIN_ACTION) of.descriptorAdminAction.increment();
    else of.descriptorClosed.increment();
    return true;
  }

  /** True while the descriptor that was refused is to be tried again; false once its time is up. */
  #holdsBack(): boolean {
    const nowNs = this.#clock.nanoTime();
    if (this.#waitUntilNs === 0) {
      this.#waitUntilNs = nowNs + this.#options.waitTimeoutNs;
      this.counters.of.waits.increment();
      return true;
    }
    if (nowNs < this.#waitUntilNs) return true;
    this.#waitUntilNs = 0;
    this.counters.of.waitTimeouts.increment();
    return false;
  }

  #prepareDescriptor(): void {
    this.#descriptor.wrap(this.#descriptorBuffer.view, 0, DESCRIPTOR_BYTES);
    this.#descriptor.setStreamId(this.streamId).setEpochNumber(this.epoch);
  }

  #announce(nowNs: number): void {
    this.#regions.refreshActivity(monotonic.high(nowNs), monotonic.low(nowNs));
    this.#lastActivityNs = nowNs;
    // Before the driver has made the publications, nobody hears: that is done again soon, not a period later.
    this.#isUnheard = !(this.#control.isReady && this.#metadata.isReady && this.#qos.isReady);
    if (this.#isUnheard) return;
    this.#messages.announceRegions(this.#control, this.#regions);
    this.#sendMetadata(nowNs);
    this.#messages.sendQos(this.#qos, this.epoch, this.#currentSeq);
  }

  #sendMetadata(nowNs: number): void {
    this.#messages.announceSource(this.#metadata, this.epoch, this.#metaVersion);
    this.#messages.sendMeta(this.#metadata, this.#metaVersion, this.#attributes, nowNs);
  }

  /** Gives every claim an outcome that is counted: what is being filled is aborted, what is held back has one last try. */
  #settleClaims(): void {
    this.#isGivingUp = true;
    for (const claim of this.#claims) claim?.abort();
    this.#publishInOrder();
    this.#isGivingUp = false;
  }

  #endClaims(): void {
    for (const claim of this.#claims) {
      if (claim === undefined) continue;
      claim.state = ClaimState.FREE;
      claim.pool = null;
    }
    this.#claims = [];
    this.#nextSeq = 0;
    this.#publishSeq = 0;
    this.#waitUntilNs = 0;
  }

  #renewRegions(nowNs: number): void {
    this.#settleClaims();
    this.#endClaims();
    this.#regions.close({ unlink: true });
    this.#regions = createRegions(this.streamId, this.#options.standalone, nowNs);
    this.#ring = new HeaderRing(this.#regions.headerRing.mapping, this.#options.standalone.nslots);
    this.#pools = poolsOf(this.#regions);
    this.#prepareDescriptor();
    this.#announce(nowNs);
  }
}

function poolsOf(regions: RegionSet): PayloadPool[] {
  return regions.pools.map((pool) => new PayloadPool(pool.mapping, pool.poolId, pool.strideBytes, regions.nslots));
}
