import type { Agent } from "../../src/core/agent.ts";
import type { ConsumerMode } from "../../src/protocol/mode-filter.ts";
import { DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import { Consumer } from "../../src/roles/consumer.ts";
import { totalLost } from "../../src/roles/counters.ts";
import { Driver } from "../../src/roles/driver/driver.ts";
import type { DriverOptions } from "../../src/roles/driver/driver-options.ts";
import { Producer } from "../../src/roles/producer.ts";
import type { SlotClaim } from "../../src/roles/slot-claim.ts";
import { Supervisor } from "../../src/roles/supervisor.ts";
import { AllowedBaseDirs } from "../../src/shm/index.ts";
import { LEASE_NS, Violation } from "./oracle.ts";
import type { SimProcess } from "./process.ts";
import type { SeededRandom } from "./random.ts";
import type { World } from "./world.ts";

const FRAME_BYTES = 16;
const SHAPE = { dtype: "uint8", dims: [FRAME_BYTES] } as const;
const POOLS = [{ poolId: 1, strideBytes: 4096 }];
export const NSLOTS = 8;
const BASE_DIR = "/dev/shm";
const BASE_DIRS = AllowedBaseDirs.resolve([BASE_DIR]);
/** Streams that a driver makes on demand. */
export const DYNAMIC_STREAM = 20_000;

/** A role in a process, as the world sees it. */
export interface Member extends Agent {
  /** Why it does not do its work; null while it does. */
  problem(): string | null;
  /** Frames from now on count for `problem`. */
  watch(): void;
  /** What must not change while nothing fails. */
  upheavals(): number;
}

/** A driver of streams. */
export class DriverMember implements Member {
  readonly roleName = "driver";
  readonly driver: Driver;

  constructor(process: SimProcess, streamIds: readonly number[]) {
    const options: DriverOptions = {
      instanceId: "sim",
      channels: {
        channel: "aeron:ipc",
        controlStreamId: DEFAULT_STREAMS.controlStreamId,
        announceStreamId: DEFAULT_STREAMS.controlStreamId,
      },
      streams: streamIds.map((streamId) => ({ streamId, name: `stream-${streamId}`, nslots: NSLOTS, pools: POOLS })),
      dynamic: { ranges: [{ first: DYNAMIC_STREAM, last: DYNAMIC_STREAM + 9 }], nslots: NSLOTS, pools: POOLS },
      storage: {
        baseDir: BASE_DIR,
        namespace: "sim",
        sharing: "private",
        requireHugepages: false,
        prefault: false,
        mlock: false,
      },
      retention: { isEnabled: true, keep: 1, minAgeNs: 1e9, atStart: false },
      announcePeriodNs: 1e9,
      keepaliveIntervalNs: LEASE_NS / 3,
      graceIntervals: 3,
      shutdownTimeoutNs: 2e9,
      token: "",
      onShutdownRequested: () => {},
    };
    this.driver = new Driver(process.connection, process.ports.clock, options, process.ports);
  }

  doWork(nowNs: number): number {
    return this.driver.doWork(nowNs);
  }
  onLateCycle(nowNs: number, lateByNs: number): void {
    this.driver.onLateCycle(nowNs, lateByNs);
  }
  onClose(): Promise<void> {
    return this.driver.onClose();
  }
  problem(): string | null {
    return this.driver.isReady ? null : "the driver is not ready";
  }
  watch(): void {}
  upheavals(): number {
    const { epochsMade, leasesExpired, leasesRevoked } = this.driver.counters.of;
    return epochsMade.value + leasesExpired.value + leasesRevoked.value;
  }
}

interface Held {
  readonly claim: SlotClaim;
  readonly epoch: number;
  readonly seq: number;
}

/** A producer that publishes frames now and then. */
export class ProducerMember implements Member {
  readonly roleName = "producer";
  readonly producer: Producer;
  readonly #world: World;
  readonly #process: SimProcess;
  readonly #random: SeededRandom;
  readonly hasLease: boolean;
  /** Claims that are filled later. */
  readonly #held: Held[] = [];

  constructor(world: World, process: SimProcess, streamId: number, isStandalone: boolean, flow: "drop" | "wait") {
    this.#world = world;
    this.#process = process;
    this.#random = world.random.fork();
    this.hasLease = !isStandalone;
    const regions = isStandalone
      ? { standalone: { baseDir: BASE_DIR, namespace: "sim", mode: "private", nslots: NSLOTS, pools: POOLS } as const }
      : { driver: { baseDirs: BASE_DIRS, attachTimeoutNs: 0 } };
    const options = {
      streamId,
      name: `p${streamId}`,
      streams: DEFAULT_STREAMS,
      flow,
      waitTimeoutNs: 1e9,
      attributes: [],
      wakeWord: () => {},
      ...regions,
    };
    this.producer = new Producer(process.connection, process.ports.clock, options, process.ports);
  }

  doWork(nowNs: number): number {
    const work = this.producer.doWork(nowNs);
    this.#fillHeld();
    const count = this.#random.between(0, 3);
    for (let i = 0; i < count; i++) if (!this.#publish(nowNs)) break;
    return work;
  }

  #publish(nowNs: number): boolean {
    const { producer } = this;
    const { epoch } = producer;
    const claim = producer.tryClaim(FRAME_BYTES, nowNs);
    if (claim === null) return false;
    const clientId = this.hasLease ? producer.producerId : null;
    this.#world.oracle.onClaimed(this.#process, producer.streamId, epoch, claim.seq, clientId);
    const held = { claim, epoch, seq: claim.seq };
    if (this.#held.length === 0 && this.#random.chance(0.1)) this.#held.push(held);
    else this.#fill(held);
    return true;
  }

  #fill({ claim, epoch, seq }: Held): void {
    const isCommitted = !this.#random.chance(0.05);
    if (!isCommitted) claim.abort();
    else {
      const view = new DataView(claim.bytes.buffer, claim.bytes.byteOffset, FRAME_BYTES);
      view.setFloat64(0, epoch, true);
      view.setUint32(8, seq, true);
      view.setUint32(12, this.#process.pid, true);
      claim.commit(SHAPE);
    }
    this.#world.oracle.onSettled(this.producer.streamId, epoch, seq, isCommitted);
  }

  /** What was claimed in an epoch that has ended is settled already. */
  #fillHeld(): void {
    for (const held of this.#held.splice(0)) if (held.epoch === this.producer.epoch) this.#fill(held);
  }

  onLateCycle(nowNs: number, lateByNs: number): void {
    this.producer.onLateCycle(nowNs, lateByNs);
  }

  onClose(): void | Promise<void> {
    this.#held.length = 0;
    return this.producer.onClose();
  }

  problem(): string | null {
    const { producer } = this;
    if (producer.isReady) return null;
    return producer.isAttached
      ? "the producer has no publication"
      : `the producer has no regions: ${producer.attachRefusal?.message ?? "no answer"}`;
  }
  watch(): void {}
  upheavals(): number {
    return this.producer.counters.of.leasesLost.value + this.producer.counters.of.attaches.value;
  }
}

interface Visit {
  readonly epoch: bigint;
  /** True when it was mapped before its first frame was claimed. */
  readonly isFromStart: boolean;
  /** The last frame that was accepted. */
  lastSeq: number;
  accepted: number;
  /** Frames up to the last that had been committed when it was unmapped last. */
  committed: number;
}

/** A consumer that checks what it reads. */
export class ConsumerMember implements Member {
  readonly roleName = "consumer";
  readonly consumer: Consumer;
  readonly #world: World;
  readonly #process: SimProcess;
  readonly hasLease: boolean;
  readonly #mode: ConsumerMode;
  readonly #visits = new Map<bigint, Visit>();
  #visit: Visit | null = null;
  /** The newest when it started: it may count frames of this one and later ones. */
  readonly #firstEpoch: bigint;
  #accepted = 0;
  #watchedFrom = 0;

  constructor(world: World, process: SimProcess, streamId: number, isStandalone: boolean, mode: ConsumerMode) {
    this.#world = world;
    this.#process = process;
    this.#mode = mode;
    this.#firstEpoch = world.oracle.newestEpoch(streamId);
    this.hasLease = !isStandalone;
    const options = {
      streamId,
      mode,
      decimation: 2,
      streams: DEFAULT_STREAMS,
      baseDirs: BASE_DIRS,
      maxOutstandingSeqGap: 0,
    };
    const driver = isStandalone ? {} : { driver: { attachTimeoutNs: 0 } };
    this.consumer = new Consumer(process.connection, process.ports.clock, { ...options, ...driver }, process.ports);
  }

  doWork(nowNs: number): number {
    const work = this.consumer.doWork(nowNs);
    this.#follow();
    const handled = this.consumer.poll((frame) => {
      this.#onFrame(frame.seq, frame.bytes);
    });
    this.#follow();
    if (this.consumer.counters.of.accepted.value !== this.#accepted) {
      throw new Violation(
        `${this.#process.name}: ${this.#accepted} frames were handled, ${this.consumer.counters.of.accepted.value} counted`,
      );
    }
    return work + handled;
  }

  /** Notes which epoch is mapped now. */
  #follow(): void {
    const { epoch, streamId } = this.consumer;
    const { oracle } = this.#world;
    if (this.#visit !== null) {
      if (this.#visit.epoch === epoch) return;
      this.#visit.committed = oracle.committed(streamId, this.#visit.epoch);
    }
    if (epoch === null) {
      this.#visit = null;
      return;
    }
    if (this.hasLease && this.#world.wallOffsetMs === 0) {
      for (const other of this.#visits.keys()) {
        if (other > epoch) throw new Violation(`D-13: ${this.#process.name} maps epoch ${epoch} after ${other}`);
      }
    }
    let visit = this.#visits.get(epoch);
    if (visit === undefined) {
      visit = { epoch, isFromStart: oracle.claimed(streamId, epoch) === 0, lastSeq: -1, accepted: 0, committed: 0 };
      this.#visits.set(epoch, visit);
    }
    this.#visit = visit;
  }

  #onFrame(seq: number, bytes: Uint8Array): void {
    const { consumer } = this;
    const { name } = this.#process;
    const visit = this.#visit;
    if (visit === null || consumer.epoch !== visit.epoch)
      throw new Violation(`W-23: ${name} accepts a frame of an epoch that is not mapped`);
    if (this.hasLease) this.#world.oracle.requireLease(this.#process, consumer.consumerId, `reads frame ${seq}`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME_BYTES);
    const [epoch, writtenSeq] = [view.getFloat64(0, true), view.getUint32(8, true)];
    if (BigInt(epoch) !== visit.epoch || writtenSeq !== seq) {
      throw new Violation(
        `W-16: ${name} accepts frame ${writtenSeq} of epoch ${epoch} as frame ${seq} of epoch ${visit.epoch}`,
      );
    }
    if (seq <= visit.lastSeq)
      throw new Violation(`W-22: ${name} accepts frame ${seq} of epoch ${epoch} after ${visit.lastSeq}`);
    visit.lastSeq = seq;
    visit.accepted++;
    this.#accepted++;
    this.#world.oracle.accepted++;
  }

  onLateCycle(nowNs: number, lateByNs: number): void {
    this.consumer.onLateCycle(nowNs, lateByNs);
  }

  onClose(): void | Promise<void> {
    this.#follow();
    const closing = this.consumer.onClose();
    this.#checkAccount();
    return closing;
  }

  /** Each frame of the epochs that were mapped has one outcome. */
  #checkAccount(): void {
    const { counters, streamId } = this.consumer;
    const { oracle } = this.#world;
    const counted = counters.of.accepted.value + counters.of.skipped.value + totalLost(counters);
    let atLeast = 0;
    // What it has read of while nothing was mapped counts as well.
    const first = this.#world.wallOffsetMs === 0 ? this.#firstEpoch : 0n;
    const atMost = oracle.claimedSince(streamId, first);
    for (const visit of this.#visits.values()) {
      const isOpen = visit === this.#visit;
      if (!visit.isFromStart) atLeast += visit.accepted;
      else atLeast += isOpen ? visit.lastSeq + 1 : visit.committed;
    }
    if (counted >= atLeast && counted <= atMost) return;
    const account = Object.entries(counters.of)
      .filter(([, { value }]) => value !== 0)
      .map(([key, { value }]) => `${key} ${value}`);
    const visits = [...this.#visits.values()].map(
      (visit) =>
        `${visit.epoch}${visit.isFromStart ? "*" : ""}: ${visit.accepted} accepted, last ${visit.lastSeq}, committed ${visit.committed}, claimed ${oracle.claimed(streamId, visit.epoch)}`,
    );
    throw new Violation(
      `${this.#process.name}: ${counted} frames are counted, expected ${atLeast} to ${atMost} (${account.join(", ")}; ${visits.join("; ")})`,
    );
  }

  problem(): string | null {
    const { consumer } = this;
    if (consumer.epoch === null)
      return `nothing is mapped (${consumer.state}, ${consumer.isAttached ? "attached" : "no lease"}; ${consumer.refusal?.message ?? consumer.attachRefusal?.message ?? ""})`;
    const missing = this.#watchedFrom + 3 - this.#accepted;
    return missing <= 0
      ? null
      : `mode ${this.#mode}: ${missing} frames are still to be accepted of epoch ${consumer.epoch}`;
  }

  watch(): void {
    this.#watchedFrom = this.#accepted;
  }

  upheavals(): number {
    const { leasesLost, attaches, maps } = this.consumer.counters.of;
    return leasesLost.value + attaches.value + maps.value;
  }
}

/** A supervisor with a rule. */
export class SupervisorMember implements Member {
  readonly roleName = "supervisor";
  readonly supervisor: Supervisor;

  constructor(process: SimProcess) {
    const rule = {
      name: "slow",
      streams: null,
      consumers: null,
      dropRatioAbove: 0.3,
      forNs: 1e9,
      mode: "latest",
      decimation: 1,
      restoreAfterNs: 2e9,
    } as const;
    const options = { streams: DEFAULT_STREAMS, descriptorStreamIds: [], rules: [rule] };
    this.supervisor = new Supervisor(process.connection, options, process.ports);
  }

  doWork(nowNs: number): number {
    return this.supervisor.doWork(nowNs);
  }
  onClose(): void {
    this.supervisor.onClose();
  }
  problem(): string | null {
    return this.supervisor.isReady ? null : "the supervisor is not ready";
  }
  watch(): void {}
  upheavals(): number {
    return 0;
  }
}
