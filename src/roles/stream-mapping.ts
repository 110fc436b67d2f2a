import { monotonic } from "../aeron/monotonic.ts";
import type { Clock } from "../core/clock.ts";
import { getLogger } from "../core/logger.ts";
import { PeriodicTimer } from "../core/timers.ts";
import type { Fallback } from "../protocol/fallback-uri.ts";
import { EpochChoice, LIVENESS_NS, ownerStateOf } from "../protocol/stream-owner.ts";
import type { ShmPoolAnnounceDecoder } from "../sbe/generated/control/index.ts";
import { type AllowedBaseDirs, type PoolAnnouncement, RegionError } from "../shm/index.ts";
import type { ConsumerCounters } from "./counters.ts";
import { FrameReader } from "./frame-reader.ts";
import type { MappedRegions, RegionMaker } from "./ports.ts";

const log = getLogger("consumer");
/** Other processes determine how often an announce is refused; this limits how often that is logged. */
const REFUSED_LOG_PERIOD_NS = 1e9;

/** How often the owner's activity timestamp is checked; an orderly end is detected at once. */
const ACTIVITY_CHECK_PERIOD_NS = 50e6;

/** "fallback": shared memory is disabled or unusable, and there is a fallback. "failed": unusable, and there is none (W-22, W-31). */
export type MappingState = "unmapped" | "mapped" | "fallback" | "failed";

/**
 * "ended": the owner announced that no frame will follow. "lost": it fell silent. "followed": another epoch has begun. "remap": the epoch
 * may continue.
 */
export type StreamEnd = "ended" | "lost" | "followed" | "remap";

/** Receives every change of the mapping. */
export interface MappingListener {
  onMapped(): void;
  /** Called before anything is unmapped. */
  onUnmapping(reason: string, end: StreamEnd): void;
}

export interface StreamMappingOptions {
  readonly streamId: number;
  readonly baseDirs: AllowedBaseDirs;
  /** True in a driver deployment: nothing is mapped without a lease. */
  readonly needsLease: boolean;
  readonly clock: Clock;
  readonly regions: RegionMaker;
}

/**
 * UNMAPPED → MAPPED(E) → UNMAPPED (W-22): maps announced regions after checking them, checks them again at every announce (W-07), and
 * unmaps them when another epoch is followed, the owner falls silent or a second owner appears (W-08). An announced epoch replaces the
 * mapped one only after it is mapped itself, and by the rules of `EpochChoice`.
 */
export class StreamMapping {
  readonly #options: StreamMappingOptions;
  readonly #counters: ConsumerCounters;
  readonly #listener: MappingListener;
  readonly #activityCheck = new PeriodicTimer(ACTIVITY_CHECK_PERIOD_NS);
  readonly #choice: EpochChoice;
  readonly #refusedLog = log.every(REFUSED_LOG_PERIOD_NS);
  #livenessNs = LIVENESS_NS;
  #stream: MappedRegions | null = null;
  #reader: FrameReader | null = null;
  /** The announce refused last, so that the same refusal is logged once. */
  #refusedAnnounce = "";
  #ownerEnded = false;
  #isEnabled = true;
  #holdsLease = false;
  #isClosed = false;
  /** The source of payloads if shared memory cannot be used. */
  fallback: Fallback | null = null;
  /** Why the announced regions are refused, if nothing is mapped for that reason. */
  refusal: RegionError | null = null;

  constructor(options: StreamMappingOptions, counters: ConsumerCounters, listener: MappingListener) {
    this.#options = options;
    this.#counters = counters;
    this.#listener = listener;
    this.#choice = new EpochChoice(options.needsLease);
  }

  get state(): MappingState {
    if (this.#stream !== null) return "mapped";
    if (this.#isEnabled && this.refusal === null) return "unmapped";
    return this.fallback === null ? "failed" : "fallback";
  }

  /** False while the use of shared memory is disabled (W-39). */
  get isEnabled(): boolean {
    return this.#isEnabled;
  }

  /** Allows or forbids the use of shared memory (W-39). */
  setEnabled(isEnabled: boolean): void {
    this.#isEnabled = isEnabled;
    // A stream unmapped on request may be mapped again under the same epoch.
    if (!isEnabled) this.remap("shared memory is not to be used (ConsumerConfig)");
  }

  /** A lease was granted: its regions are mapped, as are those announced from now on (D-07). */
  grant(announce: PoolAnnouncement): void {
    this.#holdsLease = true;
    this.#choice.grant(announce.epoch);
    if (!this.#isEnabled) return;
    // The driver's answer proves that their owner is alive.
    const stream = this.#tryMap(announce);
    if (stream !== null) this.#follow(stream);
  }

  /** The lease has ended: nothing is mapped until there is another (D-14). */
  revoke(reason: string): void {
    this.#holdsLease = false;
    this.unmap(reason, "remap");
  }

  /** Reads the mapped epoch's frames; null while unmapped. */
  get reader(): FrameReader | null {
    return this.#reader;
  }

  get stream(): MappedRegions | null {
    return this.#stream;
  }

  /** True from the owner's announced end of the stream: frames in transit may still be read. */
  get hasEnded(): boolean {
    return this.#ownerEnded;
  }

  /** Handles an announce of any stream. */
  onAnnounce(message: ShmPoolAnnounceDecoder): void {
    if (message.streamId !== this.#options.streamId || !this.#isEnabled) return;
    if (this.#options.needsLease && !this.#holdsLease) return;
    const announce = announcementOf(message);
    if (announce.epoch === this.#stream?.epoch) this.#recheck(this.#stream, announce);
    else if (this.#choice.isCandidate(announce.epoch)) this.#consider(announce);
  }

  /** `livenessNs`: an owner without a sign of life for longer than this is dead (W-08). */
  doWork(nowNs: number, livenessNs: number = LIVENESS_NS): number {
    this.#livenessNs = livenessNs;
    if (this.#stream === null || !this.#activityCheck.isDue(nowNs)) return 0;
    const activityNs = activityOf(this.#stream);
    switch (ownerStateOf(activityNs, nowNs, livenessNs)) {
      case "alive":
        return 0;
      case "ended":
        this.#ownerEnded = true;
        return 0;
      case "silent": {
        this.#counters.of.ownersLost.increment();
        const silentNs = nowNs - (activityNs ?? 0);
        this.unmap(`the producer gave no sign of life for ${(silentNs / 1e9).toFixed(1)} s`, "lost");
        return 1;
      }
    }
  }

  /** Unmaps the epoch permanently. */
  unmap(reason: string, end: StreamEnd = this.#ownerEnded ? "ended" : "remap"): void {
    this.#choice.leave(this.#options.clock.nanoTime(), this.#stream?.pid ?? null);
    this.#release(reason, end);
  }

  /** Unmaps the epoch; the next announce maps it again (W-22). */
  remap(reason: string): void {
    this.#choice.pause();
    this.#release(reason, "remap");
  }

  /** Unmaps the epoch and maps no other: announces still arrive while the end of a lease is awaited. */
  close(reason: string): void {
    this.#isClosed = true;
    this.unmap(reason);
  }

  /** The regions are unmapped whatever the listener does. */
  #release(reason: string, end: StreamEnd): void {
    const stream = this.#stream;
    if (stream === null) return;
    try {
      this.#listener.onUnmapping(reason, end);
    } finally {
      this.#stream = null;
      this.#reader = null;
      this.#ownerEnded = false;
      stream.close();
    }
  }

  /** An epoch other than the mapped one: its regions decide whether it is followed. */
  #consider(announce: PoolAnnouncement): void {
    const stream = this.#tryMap(announce);
    if (stream === null) return;
    const nowNs = this.#options.clock.nanoTime();
    if (this.#choice.follows(stream.epoch, stream.pid, activityOf(stream), nowNs, this.#livenessNs)) {
      this.#follow(stream);
      return;
    }
    log.debug(`stream ${stream.streamId}: epoch ${stream.epoch} is announced, and its owner does not live: ignored`);
    stream.close();
  }

  /** Maps the regions of an announce; null if they are refused or this object is closed. */
  #tryMap(announce: PoolAnnouncement): MappedRegions | null {
    if (this.#isClosed) return null;
    try {
      return this.#options.regions.map(announce, this.#options.baseDirs);
    } catch (error) {
      // Another epoch has begun since: the consumer waits for its announce (D-19).
      if (error instanceof RegionError && error.code === "region-gone") log.debug(error.message);
      else this.#refuse(error, announce);
      return null;
    }
  }

  /** Replaces the previously mapped regions. */
  #follow(stream: MappedRegions): void {
    try {
      const before = this.#stream;
      if (before !== null) {
        const isOther = before.epoch !== stream.epoch;
        const end = this.#ownerEnded ? "ended" : isOther ? "followed" : "remap";
        this.#release(`epoch ${before.epoch} was followed by ${stream.epoch}`, end);
      }
      this.#reader = new FrameReader(stream);
    } catch (error) {
      stream.close();
      throw error;
    }
    this.#stream = stream;
    this.#choice.begin(stream.epoch);
    this.refusal = null;
    this.#refusedAnnounce = "";
    this.#ownerEnded = false;
    this.#counters.of.maps.increment();
    this.#listener.onMapped();
  }

  #recheck(stream: MappedRegions, announce: PoolAnnouncement): void {
    // The owner has ended the stream and may have removed its files since: frames in transit are still read.
    if (stream.activity() === 0n) {
      this.#ownerEnded = true;
      return;
    }
    try {
      stream.recheck();
    } catch (error) {
      // Removed by hand: the owner is alive and continues to write until it begins another epoch.
      if (error instanceof RegionError && error.code === "region-gone") return;
      // Another pid under the same epoch: there are two writers, and neither can be trusted.
      if (error instanceof RegionError && error.rule === "W-08") this.#counters.of.ownersLost.increment();
      this.#choice.leave(this.#options.clock.nanoTime(), null);
      this.#release("the mapped regions are not what they were any more", this.#ownerEnded ? "ended" : "remap");
      this.#refuse(error, announce);
      return;
    }
    try {
      stream.requireSame(announce);
    } catch (error) {
      // Another owner announces the same epoch: the mapped regions are unchanged and are still read.
      this.#refuse(error, announce);
    }
  }

  #refuse(error: unknown, announce: PoolAnnouncement): void {
    if (!(error instanceof RegionError)) throw error;
    if (this.#stream === null) this.refusal = error;
    const key = `${announce.epoch} ${announce.headerRegionUri} ${error.code}`;
    if (key === this.#refusedAnnounce) return;
    this.#refusedAnnounce = key;
    this.#counters.of.regionsRefused.increment();
    const instead = this.#stream === null ? "" : `; epoch ${this.#stream.epoch} is still read`;
    this.#refusedLog.warn(`stream ${announce.streamId}: ${error.message}${instead}`, { error });
  }
}

/** The owner's last sign of life in process time; null once it has ended the stream. */
function activityOf(stream: MappedRegions): number | null {
  const activityNs = stream.activity();
  return activityNs === 0n ? null : monotonic.fromBigint(activityNs);
}

export function announcementOf(message: ShmPoolAnnounceDecoder): PoolAnnouncement {
  const pools: { poolId: number; poolNslots: number; strideBytes: number; regionUri: string }[] = [];
  const group = message.payloadPools;
  for (group.rewind(); group.next(); ) {
    const { poolId, poolNslots, strideBytes } = group;
    pools.push({ poolId, poolNslots, strideBytes, regionUri: group.regionUri() });
  }
  const { streamId, producerId, epoch, layoutVersion, headerNslots, headerSlotBytes, maxDims } = message;
  return {
    streamId,
    producerId,
    epoch,
    layoutVersion,
    headerNslots,
    headerSlotBytes,
    maxDims,
    pools,
    headerRegionUri: message.headerRegionUri(),
  };
}
