import { monotonic } from "../aeron/monotonic.ts";
import type { MessageHandler } from "../aeron/subscription.ts";
import type { Counter } from "../core/counters.ts";
import { getLogger } from "../core/logger.ts";
import { Deadline } from "../core/timers.ts";
import { CADENCE_NS, LIVENESS_PERIODS } from "../protocol/stream-ids.ts";
import { instanceIdFor, RegionSet, type RegionSetOptions } from "../shm/index.ts";
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
  readonly #streamId: number;
  readonly #options: StandaloneOptions;
  readonly #host: RegionHost;
  readonly #watch: SecondWriterWatch;
  readonly #sweep = new Deadline();
  #regions: RegionSet | null = null;

  constructor(streamId: number, producerId: number, options: StandaloneOptions, host: RegionHost, refused: Counter) {
    this.#streamId = streamId;
    this.producerId = producerId;
    this.#options = options;
    this.#host = host;
    this.#watch = new SecondWriterWatch({ streamId, producerId }, () => host.announceSoon(), refused);
    this.onMessage = this.#watch.onMessage;
  }

  /** Makes an epoch. @throws RegionCreateError */
  begin(nowNs: number): void {
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
