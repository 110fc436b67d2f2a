import { resolve } from "node:path";
import { defaultAeronDir } from "../aeron/aeron-dir.ts";
import { AeronConnection } from "../aeron/connection.ts";
import { DriverLauncher } from "../aeron/driver-launcher.ts";
import { MediaDriver } from "../aeron/media-driver.ts";
import { nativeParker } from "../aeron/native-parker.ts";
import { selfCommand } from "../aeron/self-command.ts";
import type { Agent } from "../core/agent.ts";
import { TensorPoolError, UsageError } from "../core/errors.ts";
import { createIdleStrategy, type IdleStrategyName } from "../core/idle/index.ts";
import { Scheduler } from "../core/scheduler.ts";
import type { Attribute, Flow } from "../protocol/attribute.ts";
import type { ConsumerMode } from "../protocol/mode-filter.ts";
import { type AeronStreams, DEFAULT_STREAMS } from "../protocol/stream-ids.ts";
import { Producer } from "../roles/producer.ts";
import { AllowedBaseDirs, defaultShmDir, type PoolOptions } from "../shm/index.ts";
import { PoolConsumer } from "./pool-consumer.ts";

/** Who drives the pool's duty cycle, see `TensorPool.connect`. */
export type Drive = "busy" | "timer" | "manual";

export interface ConnectOptions {
  /** Folder of the media driver; AERON_DIR or Aeron's default when left out. */
  readonly aeronDir?: string;
  /** Folder of the regions; TENSORPOOL_SHM_BASE_DIR or `/dev/shm/tensorpool` when left out. Consumers refuse regions outside of it (W-26). */
  readonly shmDir?: string;
  /** "timer" when left out. */
  readonly drive?: Drive;
  /** How a "busy" pool rests when there is nothing to do; "backoff". */
  readonly idle?: IdleStrategyName;
  /** "auto" starts a media driver as a process of its own where none lives; "embedded" runs it in this process. */
  readonly mediaDriver?: "auto" | "embedded" | "external";
  /** Aeron channel and stream ids where they differ from the defaults. */
  readonly streams?: Partial<AeronStreams>;
  /** Longest wait for a media driver, in milliseconds; 10,000. */
  readonly timeoutMs?: number;
}

export interface AddProducerOptions {
  /** Stream id, 1 to 4294967295. */
  readonly stream: number;
  /** US-ASCII; `stream-<id>` when left out. */
  readonly name?: string;
  readonly summary?: string;
  /** The producer owns the regions: their size, and who may read them. */
  readonly standalone: {
    /** A power of two. */
    readonly slots: number;
    /** Slot sizes in bytes, powers of two from 4,096 on; a frame goes to the smallest that holds it (W-05). */
    readonly strideBytes: number | readonly number[];
    readonly namespace?: string;
    readonly share?: "private" | "group";
    readonly gid?: number;
    readonly requireHugepages?: boolean;
    readonly prefault?: boolean;
  };
  /** "drop" (live) when left out; "wait" lets readers hold the producer back. */
  readonly flow?: Flow;
  /** Longest wait of `flow` "wait", in milliseconds; 5,000. */
  readonly waitTimeoutMs?: number;
  readonly attributes?: readonly Attribute[];
}

export interface AddConsumerOptions {
  /** Stream id, 1 to 4294967295. */
  readonly stream: number;
  /** "stream" (every frame) when left out. */
  readonly mode?: ConsumerMode;
  /** Skip to the newest frame when further behind than this (W-20). */
  readonly maxOutstandingSeqGap?: number;
}

/** Why a pool could not be connected. */
export class ConnectError extends TensorPoolError<"timeout"> {}

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_WAIT_TIMEOUT_MS = 5_000;

/**
 * This process's access to streams: one Aeron client and one scheduler for all producers and consumers that are added.
 *
 * - `drive: "timer"`: a guest in an event loop, e.g. beside a web server; rests in timers of a millisecond.
 * - `drive: "busy"`: the thread is the pool's; the event loop has its turn every 100 µs.
 * - `drive: "manual"`: nothing happens but in `doWork`, which the caller calls often.
 */
export class TensorPool implements AsyncDisposable {
  readonly #options: ConnectOptions;
  readonly #scheduler: Scheduler;
  readonly #connection: AeronConnection;
  readonly #streams: AeronStreams;
  readonly #run: Promise<void> | null;

  private constructor(options: ConnectOptions) {
    this.#options = options;
    this.#streams = { ...DEFAULT_STREAMS, ...options.streams };
    const aeronDir = resolve(options.aeronDir ?? defaultAeronDir());
    const drive = options.drive ?? "timer";
    this.#scheduler = new Scheduler({
      idle: createIdleStrategy(options.idle ?? "backoff", nativeParker),
      drive: drive === "busy" ? "busy" : "timer",
    });
    if (options.mediaDriver === "embedded") {
      this.#scheduler.add(MediaDriver.start({ aeronDir, threading: "invoker" }), { vital: true });
    }
    const isAuto = (options.mediaDriver ?? "auto") === "auto";
    this.#connection = new AeronConnection({
      aeronDir,
      clientName: "tensorpool library",
      ...(isAuto ? { supply: new DriverLauncher(selfCommand(), aeronDir) } : {}),
    });
    this.#scheduler.add(this.#connection, { vital: true });
    this.#run = drive === "manual" ? null : this.#scheduler.run();
    // Failures of the run come out of `close`; until then they must not end the process as unhandled.
    this.#run?.catch(() => undefined);
  }

  /** Connects to the media driver. @throws ConnectError "timeout", MediaDriverError */
  static async connect(options: ConnectOptions = {}): Promise<TensorPool> {
    const pool = new TensorPool(options);
    try {
      await pool.#until(() => pool.#connection.isConnected, "a media driver");
      return pool;
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  /** Creates the stream's regions and announces them. @throws RegionCreateError, ConnectError */
  async addProducer(options: AddProducerOptions): Promise<Producer> {
    const { stream, standalone } = options;
    requireStreamId(stream);
    const strides = typeof standalone.strideBytes === "number" ? [standalone.strideBytes] : standalone.strideBytes;
    const pools: PoolOptions[] = strides.map((strideBytes, index) => ({ poolId: index + 1, strideBytes }));
    const producer = new Producer(this.#connection, this.#scheduler.clock, {
      streamId: stream,
      name: options.name ?? `stream-${stream}`,
      summary: options.summary ?? "",
      standalone: {
        baseDir: this.#shmDir,
        namespace: standalone.namespace ?? "default",
        nslots: standalone.slots,
        pools,
        mode: standalone.share ?? "private",
        ...(standalone.gid === undefined ? {} : { gid: standalone.gid }),
        requireHugepages: standalone.requireHugepages ?? false,
        prefault: standalone.prefault ?? true,
      },
      streams: this.#streams,
      flow: options.flow ?? "drop",
      waitTimeoutNs: (options.waitTimeoutMs ?? DEFAULT_WAIT_TIMEOUT_MS) * 1e6,
      attributes: options.attributes ?? [],
    });
    this.#scheduler.add(producer);
    await this.#until(() => this.#connection.isReady, "the media driver's answer");
    return producer;
  }

  /** Subscribes to a stream; its regions are mapped when a producer announces them. @throws ConnectError */
  async addConsumer(options: AddConsumerOptions): Promise<PoolConsumer> {
    requireStreamId(options.stream);
    const consumer = new PoolConsumer(this.#connection, this.#scheduler.clock, {
      streamId: options.stream,
      mode: options.mode ?? "stream",
      streams: this.#streams,
      baseDirs: AllowedBaseDirs.resolve([this.#shmDir]),
      maxOutstandingSeqGap: options.maxOutstandingSeqGap ?? 0,
    });
    consumer.attach(this.#scheduler);
    this.#scheduler.add(consumer);
    await this.#until(() => this.#connection.isReady, "the media driver's answer");
    return consumer;
  }

  /** Runs an agent of the caller on the pool's duty cycle, after those that are there. */
  add(agent: Agent): void {
    this.#scheduler.add(agent);
  }

  /** Ends a producer, a consumer or an agent, which was added to this pool. */
  remove(agent: Agent): Promise<void> {
    return this.#scheduler.remove(agent);
  }

  /** One duty cycle (`drive: "manual"` only); returns the work done, 0 when there was nothing to do. */
  doWork(): number {
    return this.#scheduler.step();
  }

  /** Ends everything that was added, in reverse order, and the Aeron client. Idempotent. */
  close(): Promise<void> {
    return this.#scheduler.close("the pool was closed");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #shmDir(): string {
    return resolve(this.#options.shmDir ?? defaultShmDir());
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    const timeoutMs = this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const deadlineNs = Bun.nanoseconds() + timeoutMs * 1e6;
    while (!condition()) {
      if (this.#scheduler.isClosed) throw await this.#failure();
      if (Bun.nanoseconds() > deadlineNs) {
        const expected = `${what} in ${this.#connection.aeronDir} within ${timeoutMs} ms`;
        throw new ConnectError("timeout", `expected ${expected}, found none`, { expected, retryable: true });
      }
      if (this.#run === null) this.#scheduler.step();
      await Bun.sleep(1);
    }
  }

  async #failure(): Promise<unknown> {
    try {
      await this.#run;
    } catch (error) {
      return error;
    }
    return new UsageError("the pool was closed");
  }
}

function requireStreamId(stream: number): void {
  if (Number.isInteger(stream) && stream >= 1 && stream <= 0xffff_ffff) return;
  const expected = "a stream id from 1 to 4294967295";
  throw new UsageError(`expected ${expected}, found ${stream}`, { expected, found: String(stream) });
}
