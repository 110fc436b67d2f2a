import { AeronConnection, type DriverSupply } from "../../src/aeron/connection.ts";
import { MediaDriver } from "../../src/aeron/media-driver.ts";
import type { Agent } from "../../src/core/agent.ts";
import type { Clock } from "../../src/core/clock.ts";
import { BusySpinIdle } from "../../src/core/idle/busy-spin-idle.ts";
import { Scheduler } from "../../src/core/scheduler.ts";
import { DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import { Consumer } from "../../src/roles/consumer.ts";
import type { ConsumerOptions } from "../../src/roles/consumer-options.ts";
import { Producer } from "../../src/roles/producer.ts";
import type { ProducerOptions } from "../../src/roles/producer-options.ts";
import { AllowedBaseDirs } from "../../src/shm/index.ts";
import { STREAM_ID, TemporaryDirectory } from "./shm.ts";
import { TIMEOUT_MS } from "./until.ts";

/**
 * The time of this process, which a test may let jump ahead: what a pause looks like from inside. While it is held it moves by
 * jumps only, so that rates do not depend on how long the test's own steps take.
 */
export class JumpingClock implements Clock {
  #aheadNs = 0;
  #heldNs: number | null = null;

  nanoTime(): number {
    return (this.#heldNs ?? Bun.nanoseconds()) + this.#aheadNs;
  }

  jump(byNs: number): void {
    this.#aheadNs += byNs;
  }

  hold(): void {
    this.#heldNs = Bun.nanoseconds();
  }
}

/** Steps take microseconds; this only ends tests that would wait indefinitely. */
const TIMEOUT_NS = TIMEOUT_MS * 1e6;
/** At least so long and so many steps: the media driver works by time, and a busy machine takes few steps in it. */
const SETTLE_NS = 20e6;
const SETTLE_STEPS = 200;

/**
 * A media driver, a client and any roles on one scheduler that is stepped by hand: whatever happens between two steps happens
 * in an order that the test chose.
 */
export class Rig implements AsyncDisposable {
  readonly directory = new TemporaryDirectory();
  readonly aeronDir = this.directory.at("aeron");
  readonly baseDir = this.directory.at("regions");
  readonly clock = new JumpingClock();
  readonly scheduler: Scheduler;
  readonly driver: MediaDriver;
  readonly connection: AeronConnection;

  /** `tellsPauses`: false where a test lets some agents are paused and others not, and tells them itself. */
  constructor({
    tellsPauses = true,
    supply,
    counterReuseNs,
  }: { tellsPauses?: boolean; supply?: DriverSupply; counterReuseNs?: number } = {}) {
    this.scheduler = new Scheduler({
      idle: new BusySpinIdle(),
      clock: this.clock,
      onAgentError: () => {},
      ...(tellsPauses ? {} : { lateThresholdNs: Number.POSITIVE_INFINITY }),
    });
    this.driver = MediaDriver.start({
      aeronDir: this.aeronDir,
      threading: "invoker",
      ...(counterReuseNs === undefined ? {} : { counterReuseNs }),
    });
    this.scheduler.add(this.driver, { vital: true });
    this.connection = this.connect(supply);
  }

  /** A further client, as another process would have. */
  connect(supply?: DriverSupply): AeronConnection {
    const connection = new AeronConnection({
      aeronDir: this.aeronDir,
      clientName: "test",
      ...(supply === undefined ? {} : { supply }),
    });
    this.scheduler.add(connection, { vital: true });
    return connection;
  }

  add<T extends Agent>(agent: T): T {
    this.scheduler.add(agent, { vital: true });
    return agent;
  }

  /** A standalone producer of 8 slots with one pool of 4 KiB. */
  producer(
    overrides: Partial<ProducerOptions> = {},
    standalone: Partial<ProducerOptions["standalone"]> = {},
  ): Producer {
    return this.add(
      new Producer(this.connection, this.clock, {
        streamId: STREAM_ID,
        name: "test",
        standalone: {
          baseDir: this.baseDir,
          namespace: "test",
          nslots: 8,
          pools: [{ poolId: 1, strideBytes: 4096 }],
          mode: "private",
          ...standalone,
        },
        streams: DEFAULT_STREAMS,
        flow: "drop",
        waitTimeoutNs: 5e9,
        attributes: [],
        ...overrides,
      }),
    );
  }

  /** A consumer of the same stream. Its base directory is made when it does not exist yet. */
  consumer(overrides: Partial<ConsumerOptions> = {}): Consumer {
    return this.add(
      new Consumer(this.connection, this.clock, {
        streamId: STREAM_ID,
        mode: "stream",
        streams: DEFAULT_STREAMS,
        baseDirs: AllowedBaseDirs.resolve([this.directory.path]),
        ...overrides,
      }),
    );
  }

  /** A producer and a consumer that has mapped its stream, with the descriptors' way open. */
  pair(
    producer: Partial<ProducerOptions> = {},
    standalone: Partial<ProducerOptions["standalone"]> = {},
    consumer: Partial<ConsumerOptions> = {},
  ): { producer: Producer; consumer: Consumer } {
    const made = { producer: this.producer(producer, standalone), consumer: this.consumer(consumer) };
    this.until(
      () => made.consumer.isMapped && made.consumer.hasAttributes && made.producer.hasReaders(1),
      "the consumer to map the stream",
    );
    return made;
  }

  /** Steps until the condition holds; fails with what was waited for. */
  until(condition: () => boolean, what: string): void {
    const endNs = Bun.nanoseconds() + TIMEOUT_NS;
    while (!condition()) {
      if (Bun.nanoseconds() > endNs) throw new Error(`expected ${what}, and it did not come`);
      this.scheduler.step();
    }
  }

  /** Closes an agent, while the others continue. */
  async remove(agent: Agent): Promise<void> {
    let isClosed = false;
    const closing = this.scheduler.remove(agent).finally(() => {
      isClosed = true;
    });
    while (!isClosed) {
      this.scheduler.step();
      await Bun.sleep(0);
    }
    await closing;
  }

  step(times = 1): void {
    for (let i = 0; i < times; i++) this.scheduler.step();
  }

  /** Steps until the driver and the clients have had their say about everything that was done before. */
  settle(): void {
    const endNs = Bun.nanoseconds() + SETTLE_NS;
    for (let steps = 0; steps < SETTLE_STEPS || Bun.nanoseconds() < endNs; steps++) this.scheduler.step();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.scheduler.close();
    this.directory[Symbol.dispose]();
  }
}
