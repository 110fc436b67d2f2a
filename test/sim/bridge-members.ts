import { BridgeLink } from "../../src/bridge/bridge-link.ts";
import { BridgeReceiver } from "../../src/bridge/bridge-receiver.ts";
import type { BridgeMode, Endpoint } from "../../src/bridge/channels.ts";
import { receivedTotal, SENDER_CAUSES, type SenderLedger } from "../../src/bridge/ledger.ts";
import { OutputStream } from "../../src/bridge/output-stream.ts";
import { ReceiverRoute } from "../../src/bridge/receiver-route.ts";
import { streamIdentity } from "../../src/bridge/stream-path.ts";
import { Producer } from "../../src/roles/producer.ts";
import type { BridgeOracle } from "./bridge-oracle.ts";
import { AERON_DIR, BASE_DIR, BASE_DIRS, type Member, NSLOTS } from "./member.ts";
import { Violation } from "./oracle.ts";
import type { SimProcess } from "./process.ts";
import type { SeededRandom } from "./random.ts";
import type { World } from "./world.ts";

export const SOURCE_STREAM = 40_000;
export const OUTPUT_STREAM = 41_000;
const STRIDES = [4096, 8192, 65_536] as const;
export const SECOND_STREAM = 42_000;
/** Small terms: the largest frames take more than a window. */
function endpointAt(port: number): Endpoint {
  const text = `127.0.0.1:${port}`;
  return { text, channel: `aeron:udp?endpoint=${text}|mtu=1408|term-length=64k`, host: "127.0.0.1" };
}

/** One way of a stream to another host. */
export interface Hop {
  readonly fromStreamId: number;
  readonly toStreamId: number;
  readonly endpoint: Endpoint;
  /** The output's stream among all hosts. */
  readonly identity: string;
}

export const FIRST_HOP: Hop = {
  fromStreamId: SOURCE_STREAM,
  toStreamId: OUTPUT_STREAM,
  endpoint: endpointAt(4400),
  identity: "sim/41000",
};

/** From the output on; where it is a loop, to the stream that the source is. */
export function secondHop(isLoop: boolean): Hop {
  const identity = isLoop ? streamIdentity(AERON_DIR, SOURCE_STREAM) : "sim/42000";
  return { fromStreamId: OUTPUT_STREAM, toStreamId: SECOND_STREAM, endpoint: endpointAt(4401), identity };
}

export function standalone(name: string) {
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

  readonly #name: string;
  readonly #isRefused: boolean;
  #reported = 0;

  /** `isRefused`: true where no receiver takes what it sends. */
  constructor(world: World, process: SimProcess, mode: BridgeMode, hop = FIRST_HOP, isRefused = false) {
    this.#name = process.name;
    this.#isRefused = isRefused;
    const options = { decimation: 1, maxRateHz: 0, streams: world.streams, baseDirs: BASE_DIRS };
    this.#link = new BridgeLink(
      process.connection,
      process.ports.clock,
      { ...options, streamId: hop.fromStreamId, to: hop.endpoint, mode },
      process.ports,
    );
  }

  get ledger(): SenderLedger {
    return this.#link.sender.ledger;
  }

  /** What the receivers have reported. */
  get far(): BridgeLink["sender"]["far"] {
    return this.#link.sender.far;
  }

  doWork(nowNs: number): number {
    const work = this.#link.consumer.doWork(nowNs) + this.#link.sender.doWork(nowNs);
    const { far, ledger } = this;
    const causes = SENDER_CAUSES.reduce((sum, cause) => sum + ledger[cause], ledger.sent);
    if (causes !== ledger.seen) {
      throw new Violation(`${this.#name}: ${ledger.seen} frames are seen, and ${causes} have an outcome`);
    }
    const reported = receivedTotal(far);
    if (far.unreported < 0) throw new Violation(`${this.#name}: ${reported} frames are reported of ${ledger.sent}`);
    if (reported < this.#reported) {
      throw new Violation(`${this.#name}: ${reported} frames are reported after ${this.#reported}`);
    }
    this.#reported = reported;
    return work;
  }
  onLateCycle(nowNs: number, lateByNs: number): void {
    this.#link.consumer.onLateCycle(nowNs, lateByNs);
  }
  onClose(): void | Promise<void> {
    this.#link.sender.onClose();
    return this.#link.consumer.onClose();
  }
  problem(): string | null {
    return this.#link.sender.isConnected || this.#isRefused ? null : "no receiver is connected";
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
  readonly #isRefusing: boolean;

  /** `isRefusing`: true where nothing of what it receives may be carried. */
  constructor(world: World, process: SimProcess, hop = FIRST_HOP, isRefusing = false) {
    this.#name = process.name;
    this.#isRefusing = isRefusing;
    const { connection, ports } = process;
    const options = {
      streamId: hop.toStreamId,
      name: "output",
      streams: world.streams,
      regions: { standalone: standalone(`output-${hop.toStreamId}`) },
      waitTimeoutNs: 1e9,
    };
    this.route = new ReceiverRoute({
      streamId: hop.fromStreamId,
      output: new OutputStream(connection, ports.clock, options, ports),
      identity: hop.identity,
      maxRegionBytes: 2 ** 24,
      hasOwnLayout: false,
    });
    const routeFor = (streamId: number): ReceiverRoute | null => (streamId === hop.fromStreamId ? this.route : null);
    this.#receiver = new BridgeReceiver(connection, {
      from: hop.endpoint,
      peers: [],
      routeFor,
      openCounters: () => world.openCounters(),
    });
  }

  doWork(nowNs: number): number {
    const work = this.#receiver.doWork(nowNs);
    const { account } = this.route;
    if (!account.hasBegun) return work;
    const known = receivedTotal(account.receiver);
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
    const isReady = this.route.output.producer?.isReady === true;
    if (this.#isRefusing) return isReady ? "the receiver carries frames that have passed its stream already" : null;
    return isReady ? null : "the receiver has no output";
  }
  watch(): void {}
  upheavals(): number {
    return 0;
  }
}
