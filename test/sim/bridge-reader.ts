import { Consumer } from "../../src/roles/consumer.ts";
import { totalLost } from "../../src/roles/counters.ts";
import type { Frame } from "../../src/roles/frame.ts";
import { OUTPUT_STREAM } from "./bridge-members.ts";
import type { BridgeOracle } from "./bridge-oracle.ts";
import { BASE_DIRS, type Member } from "./member.ts";
import { Violation } from "./oracle.ts";
import type { SimProcess } from "./process.ts";
import type { World } from "./world.ts";

/** That it takes at once. */
const MAX_FRAMES = 64;

/** A consumer on the host of a receiver, or of one that decimates. */
export class ReaderMember implements Member {
  readonly roleName = "consumer";
  readonly #process: SimProcess;
  readonly #consumer: Consumer;
  readonly #oracle: BridgeOracle;
  readonly #isSeen = new Set<string>();
  /** Which epoch of the source each epoch of its stream carries. */
  readonly #sources = new Map<bigint, number>();
  readonly #every: number;
  #newest = { epoch: 0, seq: -1 };
  #accepted = 0;
  #watchedFrom = 0;

  /** `every`: only frames whose seq is a multiple of it are there. */
  constructor(world: World, process: SimProcess, oracle: BridgeOracle, streamId = OUTPUT_STREAM, every = 1) {
    this.#process = process;
    this.#oracle = oracle;
    this.#every = every;
    const options = {
      streamId,
      mode: "stream",
      streams: world.streams,
      baseDirs: BASE_DIRS,
      maxOutstandingSeqGap: 0,
    } as const;
    this.#consumer = new Consumer(process.connection, process.ports.clock, options, process.ports);
  }

  doWork(nowNs: number): number {
    const work = this.#consumer.doWork(nowNs);
    return work + this.#consumer.poll((frame: Frame) => this.#onFrame(frame.seq, frame.bytes), { limit: MAX_FRAMES });
  }

  #onFrame(seq: number, bytes: Uint8Array): void {
    const { name } = this.#process;
    const { epoch, fault } = this.#oracle.check(bytes, seq);
    if (fault !== null) throw new Violation(`W-48: ${name} accepts frame ${seq}: ${fault}`);
    if (seq % this.#every !== 0)
      throw new Violation(`W-48: ${name} accepts frame ${seq}, one of ${this.#every} is carried`);
    const mapped = this.#consumer.epoch ?? 0n;
    const source = this.#sources.get(mapped) ?? epoch;
    if (source !== epoch) {
      throw new Violation(
        `W-48: ${name} accepts frames of the epochs ${source} and ${epoch} of the source in one epoch`,
      );
    }
    this.#sources.set(mapped, epoch);
    const key = `${epoch}/${seq}`;
    if (this.#isSeen.has(key)) throw new Violation(`W-48: ${name} accepts frame ${seq} of epoch ${epoch} twice`);
    this.#isSeen.add(key);
    const { newest } = { newest: this.#newest };
    if (epoch < newest.epoch || (epoch === newest.epoch && seq <= newest.seq)) {
      throw new Violation(
        `W-48: ${name} accepts frame ${seq} of epoch ${epoch} after ${newest.seq} of epoch ${newest.epoch}`,
      );
    }
    this.#newest = { epoch, seq };
    this.#accepted++;
    this.#oracle.accepted++;
  }

  onLateCycle(nowNs: number, lateByNs: number): void {
    this.#consumer.onLateCycle(nowNs, lateByNs);
  }
  onClose(): void | Promise<void> {
    return this.#consumer.onClose();
  }
  /** Frames of those that its stream carries of which it knows the outcome. */
  get known(): number {
    const { counters } = this.#consumer;
    return counters.of.accepted.value + totalLost(counters);
  }

  problem(): string | null {
    const missing = this.#watchedFrom + 3 - this.#accepted;
    return missing <= 0 ? null : `${missing} frames are still to come`;
  }
  watch(): void {
    this.#watchedFrom = this.#accepted;
  }
  upheavals(): number {
    return 0;
  }
}
