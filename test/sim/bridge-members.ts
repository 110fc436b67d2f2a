import { BridgeLink } from "../../src/bridge/bridge-link.ts";
import { BridgeReceiver } from "../../src/bridge/bridge-receiver.ts";
import type { BridgeMode, Endpoint } from "../../src/bridge/channels.ts";
import type { ReceiverLedger, SenderLedger } from "../../src/bridge/ledger.ts";
import { OutputStream } from "../../src/bridge/output-stream.ts";
import { ReceiverRoute } from "../../src/bridge/receiver-route.ts";
import { Consumer } from "../../src/roles/consumer.ts";
import type { Frame } from "../../src/roles/frame.ts";
import { Producer } from "../../src/roles/producer.ts";
import type { BridgeOracle } from "./bridge-oracle.ts";
import { BASE_DIR, BASE_DIRS, type Member, NSLOTS } from "./member.ts";
import { Violation } from "./oracle.ts";
import type { SimProcess } from "./process.ts";
import type { SeededRandom } from "./random.ts";
import type { World } from "./world.ts";

export const SOURCE_STREAM = 40_000;
export const OUTPUT_STREAM = 41_000;
const STRIDES = [4096, 8192, 65_536] as const;
const MAX_FRAMES = 64;
/** Small terms: the largest frames take more than a window. */
const ENDPOINT: Endpoint = {
  text: "127.0.0.1:4400",
  channel: "aeron:udp?endpoint=127.0.0.1:4400|mtu=1408|term-length=64k",
  host: "127.0.0.1",
};

function standalone(name: string) {
  return { baseDir: BASE_DIR, namespace: "sim", instanceId: name, mode: "private" } as const;
}

/** Publishes frames of all sizes; each time that it starts, with another layout. */
export class SourceMember implements Member {
  readonly roleName = "producer";
  readonly producer: Producer;
  readonly #oracle: BridgeOracle;
  readonly #random: SeededRandom;
  readonly #strideBytes: number;
  /** When it begins to publish. */
  readonly #fromNs: number;

  constructor(world: World, process: SimProcess, oracle: BridgeOracle, flow: "drop" | "wait") {
    this.#oracle = oracle;
    this.#random = world.random.fork();
    this.#strideBytes = this.#random.pick(STRIDES);
    this.#fromNs = world.nowNs + oracle.holdNs;
    const options = {
      streamId: SOURCE_STREAM,
      name: "source",
      streams: world.streams,
      flow,
      waitTimeoutNs: 1e9,
      attributes: [],
      wakeWord: () => {},
      standalone: {
        ...standalone(`source-${SOURCE_STREAM}`),
        nslots: NSLOTS,
        pools: [{ poolId: 1, strideBytes: this.#strideBytes }],
      },
    };
    this.producer = new Producer(process.connection, process.ports.clock, options, process.ports);
  }

  doWork(nowNs: number): number {
    const work = this.producer.doWork(nowNs);
    const count = nowNs < this.#fromNs ? 0 : this.#random.between(0, 3);
    for (let i = 0; i < count; i++) if (!this.#publish(nowNs)) break;
    return work;
  }

  #publish(nowNs: number): boolean {
    const { producer } = this;
    const isLarge = this.#random.chance(0.3);
    const byteLength = this.#random.between(16, isLarge ? this.#strideBytes : 1024);
    const claim = producer.tryClaim(byteLength, nowNs);
    if (claim === null) return false;
    this.#oracle.fill(claim.bytes.subarray(0, byteLength), producer.epoch, claim.seq);
    claim.commit({ dtype: "uint8", dims: [byteLength] });
    return true;
  }

  onLateCycle(nowNs: number, lateByNs: number): void {
    this.producer.onLateCycle(nowNs, lateByNs);
  }
  onClose(): void | Promise<void> {
    return this.producer.onClose();
  }
  problem(): string | null {
    return this.producer.isReady ? null : "the source is not ready";
  }
  watch(): void {}
  upheavals(): number {
    return 0;
  }
}

/** The shipped sender with its consumer. */
export class SenderMember implements Member {
  readonly roleName = "bridge sender";
  readonly #link: BridgeLink;

  constructor(world: World, process: SimProcess, mode: BridgeMode) {
    const options = { decimation: 1, maxRateHz: 0, streams: world.streams, baseDirs: BASE_DIRS };
    this.#link = new BridgeLink(
      process.connection,
      process.ports.clock,
      { ...options, streamId: SOURCE_STREAM, to: ENDPOINT, mode },
      process.ports,
    );
  }

  get ledger(): SenderLedger {
    return this.#link.sender.ledger;
  }

  doWork(nowNs: number): number {
    return this.#link.consumer.doWork(nowNs) + this.#link.sender.doWork(nowNs);
  }
  onLateCycle(nowNs: number, lateByNs: number): void {
    this.#link.consumer.onLateCycle(nowNs, lateByNs);
  }
  onClose(): void | Promise<void> {
    this.#link.sender.onClose();
    return this.#link.consumer.onClose();
  }
  problem(): string | null {
    return this.#link.sender.isConnected ? null : "no receiver is connected";
  }
  watch(): void {}
  upheavals(): number {
    return 0;
  }
}

/** The shipped receiver with its output stream. */
export class ReceiverMember implements Member {
  readonly roleName = "bridge receiver";
  readonly route: ReceiverRoute;
  readonly #receiver: BridgeReceiver;
  readonly #name: string;

  constructor(world: World, process: SimProcess) {
    this.#name = process.name;
    const { connection, ports } = process;
    const options = {
      streamId: OUTPUT_STREAM,
      name: "output",
      streams: world.streams,
      regions: { standalone: standalone(`output-${OUTPUT_STREAM}`) },
      waitTimeoutNs: 1e9,
    };
    this.route = new ReceiverRoute({
      streamId: SOURCE_STREAM,
      output: new OutputStream(connection, ports.clock, options, ports),
      identity: "sim/41000",
      maxRegionBytes: 2 ** 24,
      hasOwnLayout: false,
    });
    const routeFor = (streamId: number): ReceiverRoute | null => (streamId === SOURCE_STREAM ? this.route : null);
    this.#receiver = new BridgeReceiver(connection, {
      from: ENDPOINT,
      peers: [],
      routeFor,
      openCounters: () => world.openCounters(),
    });
  }

  doWork(nowNs: number): number {
    const work = this.#receiver.doWork(nowNs);
    const { account } = this.route;
    if (!account.hasBegun) return work;
    const known = receivedOf(account.receiver);
    if (known !== account.sender.sent) {
      throw new Violation(
        `${this.#name}: the account has ${known} frames, and the sender has sent ${account.sender.sent}`,
      );
    }
    return work;
  }
  onLateCycle(nowNs: number, lateByNs: number): void {
    this.#receiver.onLateCycle(nowNs, lateByNs);
  }
  onClose(): Promise<void> {
    return this.#receiver.onClose();
  }
  problem(): string | null {
    return this.route.output.producer?.isReady === true ? null : "the receiver has no output";
  }
  watch(): void {}
  upheavals(): number {
    return 0;
  }
}

/** Frames that a receiver knows the outcome of. */
export function receivedOf(ledger: ReceiverLedger): number {
  return Object.values(ledger).reduce((sum, frames) => sum + frames, 0);
}

/** A consumer on the host of the receiver. */
export class ReaderMember implements Member {
  readonly roleName = "consumer";
  readonly #process: SimProcess;
  readonly #consumer: Consumer;
  readonly #oracle: BridgeOracle;
  readonly #isSeen = new Set<string>();
  #newest = { epoch: 0, seq: -1 };
  #accepted = 0;
  #watchedFrom = 0;

  constructor(world: World, process: SimProcess, oracle: BridgeOracle) {
    this.#process = process;
    this.#oracle = oracle;
    const options = {
      streamId: OUTPUT_STREAM,
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
