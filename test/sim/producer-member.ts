import { Producer } from "../../src/roles/producer.ts";
import type { SlotClaim } from "../../src/roles/slot-claim.ts";
import { BASE_DIR, BASE_DIRS, FRAME_BYTES, type Member, NSLOTS, POOLS } from "./member.ts";
import { type EpochIdentity, Violation } from "./oracle.ts";
import type { SimProcess } from "./process.ts";
import type { SeededRandom } from "./random.ts";
import type { World } from "./world.ts";

const SHAPE = { dtype: "uint8", dims: [FRAME_BYTES] } as const;

interface Held {
  readonly claim: SlotClaim;
  readonly regions: EpochIdentity;
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
  /** Where it writes. */
  #regions: EpochIdentity | null = null;
  /** Claims that are filled later. */
  readonly #held: Held[] = [];

  constructor(
    world: World,
    process: SimProcess,
    streamId: number,
    isStandalone: boolean,
    flow: "drop" | "wait",
    { instanceId = `sim-${streamId}`, baseDir = BASE_DIR } = {},
  ) {
    this.#world = world;
    this.#process = process;
    this.#random = world.random.fork();
    this.hasLease = !isStandalone;
    const regions = isStandalone
      ? {
          standalone: {
            baseDir,
            namespace: "sim",
            instanceId,
            mode: "private",
            nslots: NSLOTS,
            pools: POOLS,
          } as const,
        }
      : { driver: { baseDirs: BASE_DIRS, attachTimeoutNs: 0 } };
    const options = {
      streamId,
      name: `p${streamId}`,
      streams: world.streams,
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
    const claim = producer.tryClaim(FRAME_BYTES, nowNs);
    if (claim === null) return false;
    const clientId = this.hasLease ? producer.producerId : null;
    const { epoch, streamId } = producer;
    if (this.#regions?.epoch !== epoch) this.#regions = this.#world.disk.usedBy(this.#process, streamId, epoch);
    const regions = this.#regions;
    if (regions === null)
      throw new Violation(`D-03: ${this.#process.name} writes to epoch ${epoch}, which it has not mapped`);
    this.#world.oracle.onClaimed(this.#process, regions, claim.seq, clientId);
    const held = { claim, regions, seq: claim.seq };
    if (this.#held.length === 0 && this.#random.chance(0.1)) this.#held.push(held);
    else this.#fill(held);
    return true;
  }

  #fill({ claim, regions, seq }: Held): void {
    const isCommitted = !this.#random.chance(0.05);
    if (!isCommitted) claim.abort();
    else {
      const view = new DataView(claim.bytes.buffer, claim.bytes.byteOffset, FRAME_BYTES);
      view.setFloat64(0, regions.epoch, true);
      view.setUint32(8, seq, true);
      view.setUint32(12, this.#process.pid, true);
      claim.commit(SHAPE);
    }
    this.#world.oracle.onSettled(regions, seq, isCommitted);
  }

  /** What was claimed in an epoch that has ended is settled already. */
  #fillHeld(): void {
    if (this.#held.length === 0) return;
    for (const held of this.#held.splice(0)) if (held.regions.epoch === this.producer.epoch) this.#fill(held);
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
