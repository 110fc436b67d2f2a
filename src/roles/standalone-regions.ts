import { monotonic } from "../aeron/monotonic.ts";
import { lookOr, ServiceLocks } from "../aeron/service-locks.ts";
import type { MessageHandler } from "../aeron/subscription.ts";
import type { Counter } from "../core/counters.ts";
import { getLogger } from "../core/logger.ts";
import { Deadline } from "../core/timers.ts";
import { CADENCE_NS, LIVENESS_PERIODS } from "../protocol/stream-ids.ts";
import { instanceIdFor, RegionSet, type RegionSetOptions } from "../shm/index.ts";
import { ProducerError } from "./errors.ts";
import type { RegionHost, RegionProvider } from "./region-provider.ts";
import { SecondWriterWatch } from "./second-writer-watch.ts";

const log = getLogger("producer");

/** Where and how a producer of the standalone deployment keeps its regions. */
export interface StandaloneOptions
  extends Omit<RegionSetOptions, "startTimestampNs" | "streamId" | "instanceId" | "pid"> {
  /** Names the owner under the namespace; contains the stream id (W-30). Left out: made of the stream id. */
  readonly instanceId?: string;
}

/** By then readers of a dead predecessor have let go of its regions, at the latest because it fell silent (W-08). */
const PREDECESSOR_SWEEP_NS = CADENCE_NS * (LIVENESS_PERIODS + 1);

/** Regions that the producer makes and owns itself. */
export class StandaloneRegions implements RegionProvider {
  readonly refusal = null;
  readonly producerId: number;
  readonly onMessage: MessageHandler;
  readonly #aeronDir: string;
  readonly #streamId: number;
  readonly #options: StandaloneOptions;
  readonly #host: RegionHost;
  readonly #watch: SecondWriterWatch;
  readonly #sweep = new Deadline();
  #regions: RegionSet | null = null;

  constructor(
    { aeronDir, streamId, producerId }: { aeronDir: string; streamId: number; producerId: number },
    options: StandaloneOptions,
    host: RegionHost,
    refused: Counter,
  ) {
    this.#aeronDir = aeronDir;
    this.#streamId = streamId;
    this.producerId = producerId;
    this.#options = options;
    this.#host = host;
    this.#watch = new SecondWriterWatch({ streamId, producerId }, () => host.announceSoon(), refused);
    this.onMessage = this.#watch.onMessage;
  }

  /** Makes an epoch. @throws RegionCreateError, ProducerError "second-writer" where a driver serves the stream */
  begin(nowNs: number): void {
    // Its clients would take each new epoch of ours for one of their driver's. A stream that is established ends for nobody.
    const isServed = (): boolean => ServiceLocks.isStreamServed(this.#aeronDir, this.#streamId);
    if (this.#regions === null && lookOr(false, isServed)) {
      throw new ProducerError(
        "second-writer",
        `stream ${this.#streamId} is served by a driver in ${this.#aeronDir}: expected one without a driver for --standalone; ` +
          "leave that out, so that the driver gives a lease, or choose another stream",
        { rule: "D-02", expected: "a stream without a driver", found: "one that a driver serves" },
      );
    }
    const { instanceId = instanceIdFor(this.#streamId, "standalone") } = this.#options;
    const regions = RegionSet.create({
      ...this.#options,
      streamId: this.#streamId,
      instanceId,
      startTimestampNs: monotonic.toBigint(nowNs),
    });
    this.#regions = regions;
    this.#watch.epoch = regions.epoch;
    this.#sweep.start(nowNs, PREDECESSOR_SWEEP_NS);
    this.#host.beginEpoch(regions);
  }

  doWork(nowNs: number): number {
    this.#watch.now(nowNs);
    if (this.#sweep.hasExpired(nowNs)) this.#sweepPredecessors(nowNs);
    return 0;
  }

  onLateCycle(nowNs: number, lateByNs: number): void {
    // Readers count from the last sign of life, which may be older than the pause. A period is left for what is under way:
    // one that has taken this producer for dead waits for a new epoch, and for nothing else (W-08).
    if (this.#host.silentNs(nowNs) < CADENCE_NS * (LIVENESS_PERIODS - 1)) return;
    log.warn(`stream ${this.#streamId} stood still for ${(lateByNs / 1e9).toFixed(1)} s: starting a new epoch`);
    this.#host.endEpoch();
    this.begin(nowNs);
  }

  close(): void {
    this.#sweep.clear();
  }

  /** Removes what readers still held when this epoch was made (D-19), and looks again while some of them stand still. */
  #sweepPredecessors(nowNs: number): void {
    this.#sweep.clear();
    const kept = this.#regions?.directory.sweep().kept ?? [];
    if (kept.length > 1) this.#sweep.start(nowNs, PREDECESSOR_SWEEP_NS);
  }
}
