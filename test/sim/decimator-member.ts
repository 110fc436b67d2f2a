import { Decimator } from "../../src/bridge/decimator.ts";
import { OutputStream } from "../../src/bridge/output-stream.ts";
import { Consumer } from "../../src/roles/consumer.ts";
import { OUTPUT_STREAM, standalone } from "./bridge-members.ts";
import { BASE_DIRS, type Member } from "./member.ts";
import { Violation } from "./oracle.ts";
import type { SimProcess } from "./process.ts";
import type { World } from "./world.ts";

export const DECIMATED_STREAM = 43_000;
/** Frames whose seq is a multiple of this are carried. */
export const EVERY = 3;

/** The shipped decimator with its consumer, which reads the output of the bridge. */
export class DecimatorMember implements Member {
  readonly roleName = "decimator";
  readonly #name: string;
  readonly #consumer: Consumer;
  readonly #output: OutputStream;
  readonly #decimator: Decimator;

  constructor(world: World, process: SimProcess) {
    this.#name = process.name;
    const { connection, ports } = process;
    const { streams } = world;
    const reading = { mode: "decimated", decimation: EVERY, baseDirs: BASE_DIRS, maxOutstandingSeqGap: 0 } as const;
    this.#consumer = new Consumer(connection, ports.clock, { streamId: OUTPUT_STREAM, streams, ...reading }, ports);
    const options = {
      streamId: DECIMATED_STREAM,
      name: "decimated",
      streams,
      regions: { standalone: standalone(`decimated-${DECIMATED_STREAM}`) },
      waitTimeoutNs: 1e9,
    };
    this.#output = new OutputStream(connection, ports.clock, options, ports);
    this.#decimator = new Decimator(this.#consumer, this.#output, {
      every: EVERY,
      nslots: null,
      count: Number.POSITIVE_INFINITY,
      once: false,
      onDone: () => {},
    });
  }

  /** Frames that were carried. */
  get carried(): number {
    return this.#decimator.carried;
  }

  doWork(nowNs: number): number {
    const work = this.#consumer.doWork(nowNs) + this.#decimator.doWork(nowNs);
    const { carried } = this.#decimator;
    const accepted = this.#consumer.counters.of.accepted.value;
    if (carried !== accepted) {
      throw new Violation(`W-48: ${this.#name} has carried ${carried} frames, and accepted ${accepted}`);
    }
    return work;
  }

  onLateCycle(nowNs: number, lateByNs: number): void {
    this.#consumer.onLateCycle(nowNs, lateByNs);
    this.#decimator.onLateCycle(nowNs, lateByNs);
  }
  async onClose(): Promise<void> {
    await this.#decimator.onClose();
    await this.#consumer.onClose();
  }
  problem(): string | null {
    return this.#output.producer?.isReady === true ? null : "the decimator has no output";
  }
  watch(): void {}
  upheavals(): number {
    return 0;
  }
}
