import type { Messaging } from "../../aeron/ports.ts";
import { probeLockOr } from "../../aeron/service-locks.ts";
import type { Clock } from "../../core/clock.ts";
import { getLogger } from "../../core/logger.ts";
import { PeriodicTimer } from "../../core/timers.ts";
import { instanceIdFor, RegionCreateError, regionRights } from "../../shm/index.ts";
import { CounterExport, EXPORT_PERIOD_NS } from "../counter-export.ts";
import type { EpochFolder, OwnerLocks, RolePorts } from "../ports.ts";
import type { DriverCounters } from "./driver-counters.ts";
import { DriverError } from "./driver-errors.ts";
import { type DriverOptions, epochBytes, type StreamPlan } from "./driver-options.ts";
import { DriverStream } from "./driver-stream.ts";

const log = getLogger("driver");

/** A dynamic stream is closed after this long without a lease. */
const DYNAMIC_IDLE_NS = 30e9;

/** How often the regions are checked to be in their place. */
const LOOK_PERIOD_NS = 1e9;

interface Entry {
  readonly stream: DriverStream;
  readonly export: CounterExport;
  /** When a dynamic stream was last in use. */
  usedNs: number;
}

/** The streams of a driver: the configured ones, and those created on demand. */
export class StreamSet {
  readonly #connection: Messaging;
  readonly #clock: Clock;
  readonly #locks: OwnerLocks;
  readonly #ports: RolePorts;
  readonly #options: DriverOptions;
  readonly #counters: DriverCounters;
  readonly #entries = new Map<number, Entry>();
  /** Streams with regions to create, in turn. */
  readonly #making = new Set<DriverStream>();
  readonly #export = new PeriodicTimer(EXPORT_PERIOD_NS, { immediate: true });
  readonly #look = new PeriodicTimer(LOOK_PERIOD_NS);

  /** @throws DriverError "stream-taken", "no-space"; RegionCreateError: in these cases nothing stays open */
  constructor(
    connection: Messaging,
    clock: Clock,
    locks: OwnerLocks,
    options: DriverOptions,
    counters: DriverCounters,
    ports: RolePorts,
  ) {
    this.#ports = ports;
    this.#connection = connection;
    this.#clock = clock;
    this.#locks = locks;
    this.#options = options;
    this.#counters = counters;
    try {
      for (const plan of options.streams) this.#add(plan, false);
      this.#requireRoom();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get all(): readonly DriverStream[] {
    return [...this.#entries.values()].map(({ stream }) => stream);
  }

  find(streamId: number): DriverStream | null {
    return this.#entries.get(streamId)?.stream ?? null;
  }

  /** Creates a stream on demand. @throws DriverError "stream-taken", RegionCreateError */
  create(plan: StreamPlan): DriverStream {
    const stream = this.#add(plan, true);
    log.info(`stream ${plan.streamId} is made on demand: ${plan.nslots} slots, ${plan.pools.length} pool(s)`);
    return stream;
  }

  /** The stream begins another epoch: its regions are created in the next cycles. */
  beginEpoch(stream: DriverStream, nowNs: number): void {
    stream.beginEpoch(nowNs);
    this.#making.add(stream);
  }

  /** Creates a slice of the regions of one stream. @returns the stream that was worked on; null if there is nothing to create */
  doWork(nowNs: number): DriverStream | null {
    for (const stream of this.#making) {
      const result = stream.doWork(nowNs);
      if (result === "idle") continue;
      // Moved to the end of the queue: a large stream does not delay small ones.
      this.#making.delete(stream);
      if (result === "made") {
        this.#counters.of.epochsMade.increment();
        this.#countBytes();
      } else {
        if (result === "failed") this.#counters.of.epochsFailed.increment();
        this.#making.add(stream);
      }
      return stream;
    }
    return null;
  }

  /** Sweeps ended epochs and closes dynamic streams without a lease; `onGone` is called for those first. */
  sweep(nowNs: number, isUsed: (streamId: number) => boolean, onGone: (stream: DriverStream) => void): void {
    const looksForRegions = this.#look.isDue(nowNs);
    for (const [streamId, entry] of this.#entries) {
      const { stream } = entry;
      this.#counters.of.epochsSwept.add(stream.sweep(nowNs));
      const damage = looksForRegions ? (stream.regions?.findDamage() ?? null) : null;
      if (damage !== null) {
        log.error(`stream ${streamId}: ${damage}: beginning another epoch`);
        this.beginEpoch(stream, nowNs);
      }
      if (!stream.isDynamic) continue;
      if (isUsed(streamId)) entry.usedNs = nowNs;
      if (nowNs - entry.usedNs < DYNAMIC_IDLE_NS) continue;
      log.info(`stream ${streamId}, created on demand, was removed: no client has a lease on it`);
      onGone(stream);
      stream.end(nowNs);
      stream.sweepAll();
      this.#remove(streamId, entry);
    }
  }

  exportCounters(nowNs: number): void {
    // One timer for all: checking each stream in each cycle would cost more than everything else.
    if (!this.#export.isDue(nowNs)) return;
    for (const entry of this.#entries.values()) entry.export.copy();
  }

  /** Removes ended epochs that no process uses any more. @returns the number still in use */
  sweepAll(): number {
    let inUse = 0;
    for (const { stream } of this.#entries.values()) inUse += stream.sweepAll();
    return inUse;
  }

  close(): void {
    for (const [streamId, entry] of [...this.#entries]) this.#remove(streamId, entry);
  }

  #add(plan: StreamPlan, isDynamic: boolean): DriverStream {
    const { streamId, name } = plan;
    const { instanceId, storage, retention } = this.#options;
    if (!this.#locks.tryStream(streamId, "driver")) throw taken(streamId, this.#connection.aeronDir, this.#ports);
    let stream: DriverStream;
    const nowNs = this.#clock.nanoTime();
    try {
      const openDirectory = (): EpochFolder =>
        this.#ports.regions.openFolder({
          baseDir: storage.baseDir,
          namespace: storage.namespace,
          instanceId: instanceIdFor(streamId, instanceId),
          rights: regionRights(storage.sharing, storage.gid),
        });
      stream = new DriverStream(
        plan,
        isDynamic,
        this.#clock,
        openDirectory,
        storage,
        retention,
        this.#ports.random.unit,
      );
    } catch (error) {
      this.#locks.releaseStream(streamId);
      throw error;
    }
    const remark = `name=${name} instance=${instanceId}`;
    const counters = stream.counters.list;
    this.#entries.set(streamId, {
      stream,
      usedNs: nowNs,
      export: new CounterExport(this.#connection, "stream", counters, streamId, 0, { remark }),
    });
    this.#counters.of.streams.set(this.#entries.size);
    this.beginEpoch(stream, nowNs);
    return stream;
  }

  #remove(streamId: number, entry: Entry): void {
    this.#entries.delete(streamId);
    this.#making.delete(entry.stream);
    entry.stream.close();
    entry.export.close();
    this.#locks.releaseStream(streamId);
    this.#counters.of.streams.set(this.#entries.size);
    this.#countBytes();
  }

  #countBytes(): void {
    let bytes = 0;
    for (const { stream } of this.#entries.values()) bytes += stream.counters.of.regionBytes.value;
    this.#counters.of.regionBytes.set(bytes);
  }

  /** All streams with their retained epochs must fit at once; otherwise a later epoch would not. @throws DriverError "no-space" */
  #requireRoom(): void {
    const { keep, isEnabled } = this.#options.retention;
    // The current epoch, the retained ones, and at least the one that readers are about to leave.
    const epochs = 1 + Math.max(1, isEnabled ? keep : 1);
    const lines: string[] = [];
    let total = 0;
    for (const { stream } of this.#entries.values()) {
      const bytes = epochBytes(stream.plan) * epochs;
      total += bytes;
      lines.push(`stream ${stream.streamId} (${stream.plan.name})`);
      try {
        this.#ports.regions.requireSpaceIn(stream.path, total);
      } catch (error) {
        if (!(error instanceof RegionCreateError)) throw error;
        throw new DriverError(
          "no-space",
          `${lines.at(-1)} does not fit${lines.length > 1 ? ` beside the ${lines.length - 1} before it` : ""}: ` +
            `${error.message} (with ${epochs} epochs of each stream, see policies.epoch_gc_keep)`,
          {
            ...(error.expected === undefined ? {} : { expected: error.expected }),
            found: error.found ?? "",
            cause: error,
          },
        );
      }
    }
  }
}

function taken(streamId: number, aeronDir: string, { locks }: RolePorts): DriverError {
  const owner = probeLockOr(null, () => locks.ownerOf(aeronDir, streamId));
  const process = owner?.pid == null ? "" : ` (process ${owner.pid})`;
  const isProducers = owner?.kind === "producer";
  const found = `owned by ${isProducers ? "a standalone producer" : "another driver, on another control stream"}${process}`;
  const remedy = isProducers ? "end that producer, or start it as one that is not standalone" : "end that driver";
  return new DriverError(
    "stream-taken",
    `stream ${streamId} is ${found} in ${aeronDir}: ${remedy}, or serve another stream`,
    {
      rule: "D-02",
      expected: "a stream without an owner",
      found: `one that is ${found}`,
    },
  );
}
