import type { ConsumerMode } from "../../src/protocol/mode-filter.ts";
import { Consumer } from "../../src/roles/consumer.ts";
import { totalLost } from "../../src/roles/counters.ts";
import type { Frame } from "../../src/roles/frame.ts";
import { BASE_DIRS, FRAME_BYTES, type Member } from "./member.ts";
import { type EpochIdentity, Violation } from "./oracle.ts";
import type { SimProcess } from "./process.ts";
import type { SeededRandom } from "./random.ts";
import type { World } from "./world.ts";

/** That a reader takes at once. */
const MAX_FRAMES = 64;

interface Visit {
  readonly epoch: bigint;
  readonly regions: EpochIdentity;
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
  readonly #random: SeededRandom;
  readonly #mode: ConsumerMode;
  /** Under which it has spoken. */
  readonly ids = new Set<number>();
  readonly #visits = new Map<EpochIdentity, Visit>();
  readonly #takeFrame = (frame: Frame): void => this.#onFrame(frame.seq, frame.bytes);
  #visit: Visit | null = null;
  /** The newest when it started: it may count frames of this one and later ones. */
  readonly #firstEpoch: bigint;
  #accepted = 0;
  #watchedFrom = 0;

  constructor(world: World, process: SimProcess, streamId: number, isStandalone: boolean, mode: ConsumerMode) {
    this.#world = world;
    this.#process = process;
    this.#mode = mode;
    this.#random = world.random.fork();
    this.#firstEpoch = world.oracle.newestEpoch(streamId);
    this.hasLease = !isStandalone;
    const options = {
      streamId,
      mode,
      decimation: 2,
      streams: world.streams,
      baseDirs: BASE_DIRS,
      maxOutstandingSeqGap: 0,
    };
    const driver = isStandalone ? {} : { driver: { attachTimeoutNs: 0 } };
    this.consumer = new Consumer(process.connection, process.ports.clock, { ...options, ...driver }, process.ports);
    this.ids.add(this.consumer.consumerId);
    world.consumers.push(this);
  }

  doWork(nowNs: number): number {
    const work = this.consumer.doWork(nowNs);
    this.ids.add(this.consumer.consumerId);
    this.#follow();
    // Some readers are slow, and some stay away for a while.
    const limit = this.#random.chance(0.15) ? this.#random.between(0, 2) : MAX_FRAMES;
    const handled = limit === 0 ? 0 : this.consumer.poll(this.#takeFrame, { limit });
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
    const { disk } = this.#world;
    if (epoch === null && this.#visit === null) return;
    const regions = epoch === null ? null : disk.usedBy(this.#process, streamId, Number(epoch));
    if (this.#visit !== null) {
      if (this.#visit.regions === regions) return;
      this.#visit.committed = oracle.committed(this.#visit.regions);
    }
    if (epoch === null || regions === null) {
      this.#visit = null;
      return;
    }
    if (this.hasLease && this.#world.wallOffsetMs === 0) {
      for (const { epoch: other } of this.#visits.values()) {
        if (other > epoch) throw new Violation(`D-13: ${this.#process.name} maps epoch ${epoch} after ${other}`);
      }
    }
    let visit = this.#visits.get(regions);
    if (visit === undefined) {
      const isFromStart = oracle.claimed(regions) === 0;
      visit = { epoch, regions, isFromStart, lastSeq: -1, accepted: 0, committed: 0 };
      this.#visits.set(regions, visit);
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
    const growing = this.#world.wallOffsetMs === 0 && !this.#world.locks.isUnreadable;
    const first = growing ? this.#firstEpoch : 0n;
    // A descriptor does not say which of two epochs with one number it is of: frames of both may count once for each.
    const numbers = new Set([...this.#visits.values()].map(({ epoch }) => epoch));
    const isAmbiguous = numbers.size < this.#visits.size;
    const atMost = oracle.claimedSince(streamId, first) * (isAmbiguous ? 2 : 1);
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
        `${visit.epoch}${visit.isFromStart ? "*" : ""}: ${visit.accepted} accepted, last ${visit.lastSeq}, committed ${visit.committed}, claimed ${oracle.claimed(visit.regions)}`,
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
