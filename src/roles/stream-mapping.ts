import { monotonic } from "../aeron/monotonic.ts";
import { getLogger } from "../core/logger.ts";
import { PeriodicTimer } from "../core/timers.ts";
import type { Fallback } from "../protocol/fallback-uri.ts";
import { CADENCE_NS, LIVENESS_PERIODS } from "../protocol/stream-ids.ts";
import type { ShmPoolAnnounceDecoder } from "../sbe/generated/control/index.ts";
import { type AllowedBaseDirs, MappedStream, type PoolAnnouncement, RegionError } from "../shm/index.ts";
import type { ConsumerCounters } from "./counters.ts";
import { FrameReader } from "./frame-reader.ts";

const log = getLogger("consumer");

/** How often the owner's sign of life is looked at; a clean end shows at once. */
const ACTIVITY_CHECK_PERIOD_NS = 50e6;

/** "fallback": shared memory is not to be used, or unusable, and there is a fallback. "failed": unusable, and there is none (W-22, W-31). */
export type MappingState = "unmapped" | "mapped" | "fallback" | "failed";

/** "ended": the owner said that no frame will follow. "lost": it fell silent. "remap": the stream goes on. */
export type StreamEnd = "ended" | "lost" | "remap";

/** Told about every change of the mapping. */
export interface MappingListener {
  onMapped(): void;
  /** Called before anything is unmapped. */
  onUnmapping(reason: string, end: StreamEnd): void;
}

/**
 * UNMAPPED → MAPPED(E) → UNMAPPED (W-22): maps what is announced after checking it, checks it again at every announce (W-07),
 * and lets go when the epoch changes, the owner falls silent or a second owner shows (W-08).
 */
export class StreamMapping {
  readonly #streamId: number;
  readonly #baseDirs: AllowedBaseDirs;
  readonly #counters: ConsumerCounters;
  readonly #listener: MappingListener;
  /** True in a driver deployment: nothing is mapped without a lease. */
  readonly #needsLease: boolean;
  readonly #activityCheck = new PeriodicTimer(ACTIVITY_CHECK_PERIOD_NS);
  #stream: MappedStream | null = null;
  #reader: FrameReader | null = null;
  /** Epochs that have ended for this reader: only a higher one is mapped after that. */
  #deadEpoch = -1n;
  /** The announce that was refused last, so that the same refusal is said once. */
  #refusedAnnounce = "";
  #ownerEnded = false;
  #isEnabled = true;
  #holdsLease = false;
  /** Where payloads come from instead, when shared memory cannot be used. */
  fallback: Fallback | null = null;
  /** Why the announced regions are refused, while they are. */
  refusal: RegionError | null = null;

  constructor(
    { streamId, baseDirs, needsLease }: { streamId: number; baseDirs: AllowedBaseDirs; needsLease: boolean },
    counters: ConsumerCounters,
    listener: MappingListener,
  ) {
    this.#streamId = streamId;
    this.#baseDirs = baseDirs;
    this.#needsLease = needsLease;
    this.#counters = counters;
    this.#listener = listener;
  }

  get state(): MappingState {
    if (this.#stream !== null) return "mapped";
    if (this.#isEnabled && this.refusal === null) return "unmapped";
    return this.fallback === null ? "failed" : "fallback";
  }

  /** Allows or forbids the use of shared memory (W-39). */
  setEnabled(isEnabled: boolean): void {
    this.#isEnabled = isEnabled;
    // A stream that was left on request may be mapped again under the same epoch.
    if (!isEnabled && this.#stream !== null) {
      this.unmap("shared memory is not to be used (ConsumerConfig)");
      this.#deadEpoch = -1n;
    }
  }

  /** There is a lease: its regions are mapped, and what is announced from now on (D-07). */
  grant(announce: PoolAnnouncement): void {
    this.#holdsLease = true;
    this.#deadEpoch = -1n;
    if (this.#isEnabled) this.#map(announce);
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

  get stream(): MappedStream | null {
    return this.#stream;
  }

  /** True from the moment that the owner said the stream has ended: what is under way may still be read. */
  get hasEnded(): boolean {
    return this.#ownerEnded;
  }

  /** Takes an announce of any stream. */
  onAnnounce(message: ShmPoolAnnounceDecoder): void {
    if (message.streamId !== this.#streamId || !this.#isEnabled) return;
    if (this.#needsLease && !this.#holdsLease) return;
    const announce = announcementOf(message);
    // A driver's epochs only grow (D-13): a lower one was announced before the lease was granted.
    if (this.#needsLease && announce.epoch < (this.#stream?.epoch ?? this.#deadEpoch)) return;
    if (this.#stream !== null) {
      if (announce.epoch === this.#stream.epoch) {
        this.#recheck(this.#stream, announce);
        return;
      }
      this.unmap(`epoch ${this.#stream.epoch} was followed by ${announce.epoch}`);
    }
    if (announce.epoch !== this.#deadEpoch) this.#map(announce);
  }

  /** `livenessNs`: without a sign of life for longer than this, the owner is dead (W-08). */
  doWork(nowNs: number, livenessNs: number = CADENCE_NS * LIVENESS_PERIODS): number {
    if (this.#stream === null || !this.#activityCheck.isDue(nowNs)) return 0;
    const activityNs = this.#stream.activity();
    if (activityNs === 0n) {
      this.#ownerEnded = true;
      return 0;
    }
    const silentNs = nowNs - monotonic.fromBigint(activityNs);
    if (silentNs > livenessNs) {
      this.#counters.of.ownersLost.increment();
      this.unmap(`the producer gave no sign of life for ${(silentNs / 1e9).toFixed(1)} s`, "lost");
      return 1;
    }
    return 0;
  }

  /** Lets go of the mapped epoch, which is not mapped again. */
  unmap(reason: string, end: StreamEnd = this.#ownerEnded ? "ended" : "remap"): void {
    const stream = this.#stream;
    if (stream === null) return;
    this.#listener.onUnmapping(reason, end);
    this.#deadEpoch = stream.epoch;
    this.#stream = null;
    this.#reader = null;
    this.#ownerEnded = false;
    stream.close();
  }

  /** Lets go of the mapped epoch, which the next announce maps anew (W-22). */
  remap(reason: string): void {
    this.unmap(reason, "remap");
    this.#deadEpoch = -1n;
  }

  #map(announce: PoolAnnouncement): void {
    try {
      const stream = MappedStream.map(announce, this.#baseDirs);
      this.#stream = stream;
      this.#reader = new FrameReader(stream);
    } catch (error) {
      // Another epoch has begun since: its announce is waited for (D-19).
      if (error instanceof RegionError && error.code === "region-gone") log.debug(error.message);
      else this.#refuse(error, announce);
      return;
    }
    this.refusal = null;
    this.#refusedAnnounce = "";
    this.#ownerEnded = false;
    this.#counters.of.maps.increment();
    this.#listener.onMapped();
  }

  #recheck(stream: MappedStream, announce: PoolAnnouncement): void {
    // The owner has ended the stream and may have removed its files since: what is under way is still read.
    if (stream.activity() === 0n) {
      this.#ownerEnded = true;
      return;
    }
    try {
      stream.recheck(announce);
    } catch (error) {
      // Another pid under the same epoch: two write here, and neither can be believed.
      if (error instanceof RegionError && error.rule === "W-08") this.#counters.of.ownersLost.increment();
      this.unmap("the mapped regions do not agree with their announce any more");
      this.#refuse(error, announce);
    }
  }

  #refuse(error: unknown, announce: PoolAnnouncement): void {
    if (!(error instanceof RegionError)) throw error;
    this.refusal = error;
    const key = `${announce.epoch} ${announce.headerRegionUri} ${error.code}`;
    if (key === this.#refusedAnnounce) return;
    this.#refusedAnnounce = key;
    this.#counters.of.regionsRefused.increment();
    log.warn(`stream ${this.#streamId}: ${error.message}`);
  }
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
