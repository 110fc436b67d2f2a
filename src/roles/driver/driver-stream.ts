import { monotonic } from "../../aeron/monotonic.ts";
import type { Clock } from "../../core/clock.ts";
import { getLogger } from "../../core/logger.ts";
import { RetryBackoff } from "../../protocol/retry-backoff.ts";
import { RegionCreateError } from "../../shm/index.ts";
import type { EpochFolder, OwnedRegions, RegionsInMaking } from "../ports.ts";
import { streamCounters } from "./driver-counters.ts";
import type { DriverStorage, RetentionPolicy, StreamPlan } from "./driver-options.ts";
import { EndedEpochs } from "./ended-epochs.ts";
import { lockRegions } from "./lock-regions.ts";
import { onNumaNode } from "./numa.ts";

const log = getLogger("driver");

/** The amount reserved at a time is chosen to keep a cycle below this. */
const SLICE_NS = 0.5e6;
const FIRST_SLICE_BYTES = 1024 * 1024;
const MIN_SLICE_BYTES = 64 * 1024;
const MAX_SLICE_BYTES = 64 * 1024 * 1024;
/** Retry periods for regions that could not be created; space may become available. */
const RETRY = { firstNs: 250e6, maxNs: 4e9 };

/**
 * One stream of a driver: creates the regions of an epoch in slices, so that the duty cycle continues; ends epochs; and sweeps ended ones
 * (D-01, D-13, D-19). It does not handle leases.
 */
export class DriverStream {
  readonly plan: StreamPlan;
  /** True for a stream created on demand. */
  readonly isDynamic: boolean;
  readonly counters = streamCounters();
  /** Why there are no regions; null while they exist or are being created. */
  failure: RegionCreateError | null = null;
  readonly #clock: Clock;
  readonly #openDirectory: () => EpochFolder;
  readonly #storage: DriverStorage;
  readonly #retention: RetentionPolicy;
  readonly #retry: RetryBackoff;
  #directory: EpochFolder;
  #ended: EndedEpochs;
  #regions: OwnedRegions | null = null;
  #making: RegionsInMaking | null = null;
  /** When to begin creating the regions of the next epoch; infinite while regions exist. */
  #beginNs = Number.POSITIVE_INFINITY;
  #sliceBytes = FIRST_SLICE_BYTES;

  /**
   * `openDirectory`: opens the stream's own folder, and reopens it after it was removed; this object closes it at the end.
   * @throws RegionCreateError
   */
  constructor(
    plan: StreamPlan,
    isDynamic: boolean,
    clock: Clock,
    openDirectory: () => EpochFolder,
    storage: DriverStorage,
    retention: RetentionPolicy,
    random: () => number = Math.random,
  ) {
    this.#retry = new RetryBackoff(RETRY, random);
    this.plan = plan;
    this.isDynamic = isDynamic;
    this.#clock = clock;
    this.#openDirectory = openDirectory;
    this.#storage = storage;
    this.#retention = retention;
    this.#directory = openDirectory();
    this.#ended = new EndedEpochs(this.#directory, retention);
    this.#ended.adopt(clock.nanoTime());
  }

  get streamId(): number {
    return this.plan.streamId;
  }

  /** The current epoch's regions; null while they are being created or cannot be created. */
  get regions(): OwnedRegions | null {
    return this.#regions;
  }

  /** True while regions are being created or are about to be: requests wait for them. */
  get isMaking(): boolean {
    return this.#regions === null && this.failure === null;
  }

  /** Folder of the stream's epochs. */
  get path(): string {
    return this.#directory.path;
  }

  /** Ends the current epoch, if any, and begins to create the next (D-13). The old one is not announced again. */
  beginEpoch(nowNs: number): void {
    this.#making?.abort();
    this.#making = null;
    this.#retire(nowNs);
    this.failure = null;
    this.#beginNs = nowNs;
  }

  /**
   * Creates the next slice of the regions. @returns "made" in the cycle that completes the regions, "failed" in the cycle in which they
   * could not be created (`failure` has the reason; creation is retried)
   * @throws DriverError "mlock"; RegionCreateError if the first regions of a configured stream can never be created as configured
   */
  doWork(nowNs: number): "idle" | "working" | "made" | "failed" {
    if (nowNs < this.#beginNs && this.#making === null) return "idle";
    try {
      return onNumaNode(this.#storage.numaNode, () => this.#make(nowNs));
    } catch (error) {
      if (!(error instanceof RegionCreateError)) throw error;
      this.#making = null;
      // An error that waiting cannot resolve needs a changed setting; it is reported before any client relies on the stream.
      if (!error.retryable && !this.isDynamic && this.counters.of.epochsMade.value === 0) throw error;
      const isNews = this.failure?.message !== error.message;
      this.failure = error;
      this.#beginNs = nowNs + this.#retry.next();
      if (isNews) log.error(`stream ${this.streamId}: ${error.message}; trying again`);
      return "failed";
    }
  }

  /** Refreshes the driver's activity timestamp in the superblocks (D-04). */
  refreshActivity(nowNs: number): void {
    this.#regions?.refreshActivity(monotonic.high(nowNs), monotonic.low(nowNs));
  }

  /** Removes ended epochs that may be swept and that no process uses (D-19). @returns the number removed */
  sweep(nowNs: number): number {
    const swept = this.#ended.sweep(nowNs);
    this.counters.of.retainedEpochs.set(this.#ended.count);
    return swept;
  }

  /** Ends the current epoch and begins no other. */
  end(nowNs: number): void {
    this.#making?.abort();
    this.#making = null;
    this.#beginNs = Number.POSITIVE_INFINITY;
    // Marks the stream as ended in shared memory, for readers that receive no message (W-08).
    this.#regions?.refreshActivity(0, 0);
    this.#retire(nowNs);
  }

  /** Removes epochs that no process uses. @returns the number of epochs still in use */
  sweepAll(): number {
    return this.#ended.sweepAll();
  }

  /** Closes the folder. Epochs still in use stay for a later sweep. Idempotent. */
  close(): void {
    this.#making?.abort();
    this.#making = null;
    this.#regions?.close();
    this.#regions = null;
    this.#directory.close();
  }

  #make(nowNs: number): "working" | "made" {
    if (this.#making === null) {
      const { nslots, pools, streamId } = this.plan;
      const { requireHugepages, prefault } = this.#storage;
      this.failure = null;
      this.#reopenIfDisplaced();
      this.#making = this.#directory.beginEpoch({
        streamId,
        nslots,
        pools,
        requireHugepages,
        prefault,
        startTimestampNs: monotonic.toBigint(nowNs),
        retains: this.#ended.retained(nowNs),
      });
      this.#beginNs = Number.POSITIVE_INFINITY;
    }
    if (!this.#slice(this.#making)) return "working";
    const regions = this.#making.finish();
    this.#making = null;
    if (this.#storage.mlock) lockRegions(regions);
    this.#regions = regions;
    this.#retry.reset();
    this.refreshActivity(nowNs);
    const { of } = this.counters;
    of.epoch.set(regions.epoch);
    of.regionBytes.set(regions.totalBytes);
    of.epochsMade.increment();
    return "made";
  }

  /** Files in a folder that was moved stay there. */
  #reopenIfDisplaced(): void {
    if (this.#directory.isInPlace) return;
    this.#directory.close();
    this.#directory = this.#openDirectory();
    this.#ended = new EndedEpochs(this.#directory, this.#retention);
  }

  /** Runs one slice; its size follows from the duration of the last one. True when complete. */
  #slice(making: RegionsInMaking): boolean {
    const beganNs = this.#clock.nanoTime();
    const isDone = making.step(this.#sliceBytes);
    const tookNs = Math.max(1, this.#clock.nanoTime() - beganNs);
    const fitting = this.#sliceBytes * Math.min(2, SLICE_NS / tookNs);
    this.#sliceBytes = Math.min(MAX_SLICE_BYTES, Math.max(MIN_SLICE_BYTES, Math.floor(fitting)));
    return isDone;
  }

  #retire(nowNs: number): void {
    const regions = this.#regions;
    if (regions === null) return;
    this.#regions = null;
    const hadFrames = regions.hasCarriedFrames;
    regions.close({ unlink: false });
    this.#ended.add(BigInt(regions.epoch), nowNs, hadFrames);
    this.counters.of.epoch.set(0);
    this.counters.of.regionBytes.set(0);
    this.counters.of.retainedEpochs.set(this.#ended.count);
  }
}
