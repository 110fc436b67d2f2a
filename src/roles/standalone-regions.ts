import { monotonic } from "../aeron/monotonic.ts";
import { probeLockOr } from "../aeron/service-locks.ts";
import type { MessageHandler } from "../aeron/subscription.ts";
import type { Clock } from "../core/clock.ts";
import type { Counter } from "../core/counters.ts";
import { getLogger } from "../core/logger.ts";
import { Deadline, PeriodicTimer } from "../core/timers.ts";
import { RetryBackoff } from "../protocol/retry-backoff.ts";
import { CADENCE_NS, LIVENESS_PERIODS } from "../protocol/stream-ids.ts";
import { instanceIdFor, RegionCreateError, type RegionSetOptions } from "../shm/index.ts";
import { ProducerError } from "./errors.ts";
import type { OwnedRegions, OwnerLocks, RolePorts } from "./ports.ts";
import type { RegionHost, RegionProvider } from "./region-provider.ts";
import { SecondWriterWatch } from "./second-writer-watch.ts";

const log = getLogger("producer");

/** Where and how a producer of the standalone deployment stores its regions. */
export interface StandaloneOptions
  extends Omit<RegionSetOptions, "startTimestampNs" | "streamId" | "instanceId" | "pid"> {
  /** Name of the owner under the namespace; contains the stream id (W-30). Omitted: derived from the stream id. */
  readonly instanceId?: string;
}

/** After this time, readers of a dead predecessor have unmapped its regions, at the latest because it fell silent (W-08). */
const PREDECESSOR_SWEEP_NS = CADENCE_NS * (LIVENESS_PERIODS + 1);
/** How often the regions are checked to be in their place. */
const LOOK_PERIOD_NS = 1e9;
/** Retry periods for regions that could not be created; space may become available. */
const RETRY = { firstNs: 250e6, maxNs: 4e9 };

/** Regions that the producer creates and owns. */
export class StandaloneRegions implements RegionProvider {
  readonly refusal = null;
  readonly producerId: number;
  readonly onMessage: MessageHandler;
  readonly #aeronDir: string;
  readonly #streamId: number;
  readonly #options: StandaloneOptions;
  readonly #host: RegionHost;
  readonly #ports: RolePorts;
  readonly #watch: SecondWriterWatch;
  readonly #sweep = new Deadline();
  readonly #look = new PeriodicTimer(LOOK_PERIOD_NS);
  readonly #retry: RetryBackoff;
  readonly #again = new Deadline();
  /** Holds the stream's lock; null before the first epoch, and if the lock file cannot be used. */
  #locks: OwnerLocks | null = null;
  #regions: OwnedRegions | null = null;

  constructor(
    { aeronDir, streamId, producerId }: { aeronDir: string; streamId: number; producerId: number },
    options: StandaloneOptions,
    host: RegionHost,
    refused: Counter,
    cycle: Clock,
    ports: RolePorts,
  ) {
    this.#ports = ports;
    this.#retry = new RetryBackoff(RETRY, ports.random.unit);
    this.#aeronDir = aeronDir;
    this.#streamId = streamId;
    this.producerId = producerId;
    this.#options = options;
    this.#host = host;
    this.#watch = new SecondWriterWatch({ streamId, producerId }, refused, cycle);
    this.onMessage = this.#watch.onMessage;
  }

  /** Takes the stream's lock and creates an epoch. @throws RegionCreateError, ProducerError "second-writer" if the stream has an owner */
  begin(nowNs: number): void {
    this.#locks = probeLockOr(null, () => this.#takeStream());
    this.#begin(nowNs);
  }

  doWork(nowNs: number): number {
    if (this.#host.isHearing()) this.#watch.begin();
    if (this.#sweep.hasExpired(nowNs)) this.#sweepPredecessors(nowNs);
    if (this.#again.hasExpired(nowNs)) this.#beginAgain(nowNs);
    else if (this.#look.isDue(nowNs)) this.#lookAtRegions(nowNs);
    return 0;
  }

  onLateCycle(nowNs: number, lateByNs: number): void {
    this.#watch.onPause();
    // Readers count from the last sign of life, which may be older than the pause. One period is left for messages in transit: a reader
    // that takes this producer for dead waits for a new epoch and nothing else (W-08).
    if (this.#host.silentNs(nowNs) < CADENCE_NS * (LIVENESS_PERIODS - 1)) return;
    log.warn(
      `the producer of stream ${this.#streamId} was paused for ${(lateByNs / 1e9).toFixed(1)} s: starting a new epoch`,
    );
    this.#beginAgain(nowNs);
  }

  close(): null {
    this.#sweep.clear();
    this.#again.clear();
    this.#locks?.close();
    this.#locks = null;
    return null;
  }

  #takeStream(): OwnerLocks {
    const locks = this.#ports.locks.open(this.#aeronDir);
    if (locks.tryStream(this.#streamId, "producer")) return locks;
    locks.close();
    throw ownedStream(this.#streamId, this.#aeronDir, this.#ports);
  }

  #begin(nowNs: number): void {
    const { instanceId = instanceIdFor(this.#streamId, "standalone") } = this.#options;
    const regions = this.#ports.regions.create({
      ...this.#options,
      streamId: this.#streamId,
      instanceId,
      startTimestampNs: monotonic.toBigint(nowNs),
    });
    this.#watch.epoch = regions.epoch;
    this.#sweep.start(nowNs, PREDECESSOR_SWEEP_NS);
    try {
      this.#host.beginEpoch(regions);
    } catch (error) {
      regions.close();
      throw error;
    }
    this.#regions = regions;
  }

  /** Replaces the current epoch with another one; retried while there is no room for it. */
  #beginAgain(nowNs: number): void {
    this.#again.clear();
    this.#regions = null;
    this.#host.endEpoch();
    try {
      this.#begin(nowNs);
      this.#retry.reset();
    } catch (error) {
      if (!(error instanceof RegionCreateError) || !error.retryable) throw error;
      log.error(`stream ${this.#streamId}: ${error.message}; trying again`);
      this.#again.start(nowNs, this.#retry.next());
    }
  }

  #lookAtRegions(nowNs: number): void {
    const damage = this.#regions?.findDamage() ?? null;
    if (damage === null) return;
    log.error(`stream ${this.#streamId}: ${damage}: starting a new epoch`);
    this.#beginAgain(nowNs);
  }

  /** Removes regions that readers still held when this epoch was created (D-19), and retries while some of those readers are paused. */
  #sweepPredecessors(nowNs: number): void {
    this.#sweep.clear();
    const kept = this.#regions?.sweepPredecessors() ?? 0;
    if (kept > 1) this.#sweep.start(nowNs, PREDECESSOR_SWEEP_NS);
  }
}

function ownedStream(streamId: number, aeronDir: string, { locks }: RolePorts): ProducerError {
  const owner = probeLockOr(null, () => locks.ownerOf(aeronDir, streamId));
  const isDrivers = owner?.kind === "driver";
  const process = owner?.pid == null ? "" : ` (process ${owner.pid})`;
  const found = `${isDrivers ? "served by a driver" : "owned by another standalone producer"}${process}`;
  const remedy = isDrivers ? "start the producer as one that is not standalone" : "end that producer";
  return new ProducerError(
    "second-writer",
    `stream ${streamId} is ${found} in ${aeronDir}: ${remedy}, or choose another stream`,
    { rule: isDrivers ? "D-02" : "W-08", expected: "a stream without an owner", found: `one that is ${found}` },
  );
}
