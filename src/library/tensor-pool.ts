import { resolve } from "node:path";
import { defaultAeronDir } from "../aeron/aeron-dir.ts";
import type { AeronConnection } from "../aeron/connection.ts";
import type { Agent } from "../core/agent.ts";
import { processNs } from "../core/clock.ts";
import { NotFoundError, TensorPoolError, UsageError } from "../core/errors.ts";
import type { IdleChoice } from "../core/idle/index.ts";
import type { Scheduler } from "../core/scheduler.ts";
import { Host } from "../process/host.ts";
import type { Attribute, Flow } from "../protocol/attribute.ts";
import type { ConsumerMode } from "../protocol/mode-filter.ts";
import { type AeronStreams, DEFAULT_STREAMS } from "../protocol/stream-ids.ts";
import type { DriverClientOptions } from "../roles/attachment-options.ts";
import { AllowedBaseDirs, defaultShmDir } from "../shm/index.ts";
import { type AddDriverOptions, driverOptionsOf, poolsOf, type StreamLayoutOptions } from "./driver-setup.ts";
import { requireHope } from "./first-lease.ts";
import type { Consumer, Driver, Producer } from "./handles.ts";
import { requireAtLeast, requireAttachOptions, requireChoice, requireStreamId, requireWhole } from "./option-checks.ts";
import { PoolConsumer } from "./pool-consumer.ts";
import { PoolDriver, PoolProducer } from "./pool-roles.ts";
import { StreamNames } from "./stream-names.ts";

/** Who drives the pool's duty cycle, see `TensorPool.connect`. */
export type Drive = "busy" | "timer" | "manual";

export interface ConnectOptions {
  /** Folder of the media driver; AERON_DIR or Aeron's default when left out. */
  readonly aeronDir?: string;
  /** Folder of the regions; TENSORPOOL_SHM_BASE_DIR or `/dev/shm/tensorpool-<user>` when left out. Consumers refuse regions outside of it (W-26). */
  readonly shmDir?: string;
  /** "timer" when left out. */
  readonly drive?: Drive;
  /** How a "busy" pool rests when there is nothing to do; "backoff". "backoff:100us" rests no longer than that. */
  readonly idle?: IdleChoice;
  /** "auto" starts a media driver as a process of its own where none lives; "embedded" runs it in this process. */
  readonly mediaDriver?: "auto" | "embedded" | "external";
  /** Aeron channel and stream ids where they differ from the defaults. */
  readonly streams?: Partial<AeronStreams>;
  /** Longest wait for a media driver, in milliseconds; 10,000. */
  readonly timeoutMs?: number;
}

/** Which stream, and how it is attached to. */
interface AttachOptions {
  /** Stream id, 1 to 4294967294, or the name that a driver or the data source has for it. */
  readonly stream: number | string;
  /** Who this is for the driver; drawn at random for each lease when left out. */
  readonly clientId?: number;
  /** Longest wait for the first lease, in milliseconds; 5,000. A lease that ends later is requested again, without a limit. */
  readonly attachTimeoutMs?: number;
}

export interface AddProducerOptions extends AttachOptions {
  /** US-ASCII; `stream-<id>` when left out. */
  readonly name?: string;
  readonly summary?: string;
  /** No driver: the producer owns the regions; their size, and who may read them. Left out: a driver leases them. */
  readonly standalone?: StreamLayoutOptions & {
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

export interface AddConsumerOptions extends AttachOptions {
  /** True: no driver is asked; the regions are those that a standalone producer announces. */
  readonly standalone?: boolean;
  /** "stream" (every frame) when left out. */
  readonly mode?: ConsumerMode;
  /** Every Nth frame of mode "decimated", 1 to 65535; 2. */
  readonly decimation?: number;
  /** Frames per second that are read at most; others are skipped. No limit when left out. */
  readonly maxRateHz?: number;
  /** Skip to the newest frame when further behind than this (W-20). */
  readonly maxOutstandingSeqGap?: number;
}

/** Why a pool could not be connected. */
export class ConnectError extends TensorPoolError<"timeout"> {}

/** Type of the counter that shows a connected pool. */
const PRESENCE_TYPE_ID = 10501;
const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_DECIMATION = 2;
/** A u16 of ConsumerConfig (W-39). */
const MAX_DECIMATION = 0xffff;
const DEFAULT_WAIT_TIMEOUT_MS = 5_000;
const DEFAULT_ATTACH_TIMEOUT_MS = 5_000;
/** Data sources say their names once a second. */
const NAME_PATIENCE_NS = 2.5e9;

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
    requireChoice("drive", options.drive, ["timer", "busy", "manual"]);
    requireChoice("mediaDriver", options.mediaDriver, ["auto", "embedded", "external"]);
    requireAtLeast("timeoutMs", options.timeoutMs, 0);
    this.#options = options;
    this.#streams = { ...DEFAULT_STREAMS, ...options.streams };
    const aeronDir = resolve(options.aeronDir ?? defaultAeronDir());
    const drive = options.drive ?? "timer";
    const host = new Host({
      aeronDir,
      clientName: "tensorpool library",
      idle: options.idle ?? "backoff",
      drive: drive === "busy" ? "busy" : "timer",
      mediaDriver: options.mediaDriver ?? "auto",
    });
    this.#scheduler = host.scheduler;
    this.#connection = host.connection;
    // The media driver knows of a client when that has asked for something: one that has nothing yet is use, too.
    this.#connection.addCounter(PRESENCE_TYPE_ID, new Uint8Array(0), "tensorpool: a connected TensorPool");
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

  /**
   * A producer: with a lease of a driver on the stream's regions, or, `standalone`, with regions of its own.
   * @throws AttachError when no lease comes; ProducerError where a driver serves the stream of a standalone one; RegionCreateError,
   * ConnectError, UsageError
   */
  async addProducer(options: AddProducerOptions): Promise<Producer> {
    const { standalone } = options;
    requireAttachOptions(options);
    requireChoice("flow", options.flow, ["drop", "wait"]);
    requireAtLeast("waitTimeoutMs", options.waitTimeoutMs, 0);
    requireChoice("standalone.share", standalone?.share, ["private", "group"]);
    const streamId = await this.#streamId(options.stream);
    const producer = new PoolProducer(this.#connection, this.#scheduler.clock, {
      streamId,
      name: options.name ?? `stream-${streamId}`,
      summary: options.summary ?? "",
      ...(standalone === undefined
        ? { driver: { ...clientOf(options), baseDirs: AllowedBaseDirs.resolve([this.#shmDir]) } }
        : {
            standalone: {
              baseDir: this.#shmDir,
              namespace: standalone.namespace ?? "default",
              nslots: standalone.slots,
              pools: poolsOf(standalone),
              mode: standalone.share ?? "private",
              ...(standalone.gid === undefined ? {} : { gid: standalone.gid }),
              requireHugepages: standalone.requireHugepages ?? false,
              prefault: standalone.prefault ?? true,
            },
          }),
      streams: this.#streams,
      flow: options.flow ?? "drop",
      waitTimeoutNs: (options.waitTimeoutMs ?? DEFAULT_WAIT_TIMEOUT_MS) * 1e6,
      attributes: options.attributes ?? [],
    });
    producer.attach(this.#end);
    this.#scheduler.add(producer);
    await this.#attached(producer, options, () => producer.isReady);
    return producer;
  }

  /**
   * A consumer: with a lease of a driver, or, `standalone`, of whatever a producer announces. Its regions are mapped when there
   * are some. @throws AttachError when no lease comes; ConnectError, UsageError
   */
  async addConsumer(options: AddConsumerOptions): Promise<Consumer> {
    requireAttachOptions(options);
    requireChoice("mode", options.mode, ["stream", "latest", "decimated"]);
    requireWhole("decimation", options.decimation, 1, MAX_DECIMATION);
    requireAtLeast("maxRateHz", options.maxRateHz, 0);
    requireAtLeast("maxOutstandingSeqGap", options.maxOutstandingSeqGap, 0);
    const consumer = new PoolConsumer(this.#connection, this.#scheduler.clock, {
      streamId: await this.#streamId(options.stream),
      mode: options.mode ?? "stream",
      decimation: options.decimation ?? DEFAULT_DECIMATION,
      maxRateHz: options.maxRateHz ?? 0,
      streams: this.#streams,
      baseDirs: AllowedBaseDirs.resolve([this.#shmDir]),
      ...(options.standalone === true ? {} : { driver: clientOf(options) }),
      maxOutstandingSeqGap: options.maxOutstandingSeqGap ?? 0,
    });
    consumer.attach(this.#scheduler, this.#end);
    this.#scheduler.add(consumer);
    await this.#attached(consumer, options, () => true);
    return consumer;
  }

  /**
   * A driver in this process, for producers and consumers here and in others, and for tools (D-02). It ends with the pool, by
   * `close`, or when an operator's request carries its token. @throws DriverError, RegionCreateError, ConnectError
   */
  async addDriver(options: AddDriverOptions): Promise<Driver> {
    for (const { stream } of options.streams) requireStreamId(stream);
    requireChoice("share", options.share, ["private", "group"]);
    const driver: PoolDriver = new PoolDriver(
      this.#connection,
      this.#scheduler.clock,
      // Not within the cycle in which it asks for that.
      driverOptionsOf(options, this.#streams, this.#shmDir, () => queueMicrotask(() => void driver.close())),
    );
    driver.attach(this.#end);
    this.#scheduler.add(driver);
    try {
      await this.#until(() => {
        if (driver.failure !== null) throw driver.failure;
        return driver.isReady;
      }, "the driver's regions");
      return driver;
    } catch (error) {
      await this.#end(driver);
      throw error;
    }
  }

  /** Runs an agent of the caller on the pool's duty cycle, after those that are there. */
  add(agent: Agent): void {
    this.#scheduler.add(agent);
  }

  /** Takes an agent that was added by `add` out of this pool and closes it. Idempotent. */
  remove(agent: Agent): Promise<void> {
    return this.#end(agent);
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

  /** Closes an agent. Where nothing else drives the pool, cycles run until that is done: a driver waits for its clients. */
  readonly #end = async (agent: Agent): Promise<void> => {
    let isOver = false;
    const removing = this.#scheduler.remove(agent).finally(() => {
      isOver = true;
    });
    while (this.#run === null && !isOver && !this.#scheduler.isClosed) {
      this.#scheduler.step();
      await Bun.sleep(0);
    }
    await removing;
  };

  /** Waits until a role that was added can be used; otherwise it is taken out again. */
  async #attached(
    role: PoolProducer | PoolConsumer,
    { attachTimeoutMs = DEFAULT_ATTACH_TIMEOUT_MS }: AttachOptions,
    isReady: () => boolean,
  ): Promise<void> {
    const deadlineNs = processNs() + attachTimeoutMs * 1e6;
    try {
      await this.#until(() => {
        if (!role.isAttached) requireHope(role, attachTimeoutMs, deadlineNs);
        return role.isAttached && this.#connection.isReady && isReady();
      }, "the media driver's answer");
    } catch (error) {
      await this.#end(role);
      throw error;
    }
  }

  /** The stream's id, by itself or by its name. @throws NotFoundError, UsageError */
  async #streamId(stream: number | string): Promise<number> {
    if (typeof stream === "number") return requireStreamId(stream);
    const names = new StreamNames(this.#connection, this.#streams, stream);
    this.#scheduler.add(names);
    const deadlineNs = processNs() + NAME_PATIENCE_NS;
    await this.#until(() => names.streamId !== null || processNs() > deadlineNs, "the stream's name");
    await this.#end(names);
    if (names.streamId !== null) return names.streamId;
    const expected = `a stream that is called "${stream}", by a driver or its data source`;
    throw new NotFoundError(`expected ${expected}, found none within ${NAME_PATIENCE_NS / 1e9} s`, { expected });
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    const timeoutMs = this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const deadlineNs = processNs() + timeoutMs * 1e6;
    while (!condition()) {
      if (this.#scheduler.isClosed) throw await this.#failure();
      if (processNs() > deadlineNs) {
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

/** The pool itself waits for the first lease: the role asks without a limit. */
function clientOf({ clientId }: AttachOptions): DriverClientOptions {
  return { ...(clientId === undefined ? {} : { clientId }), attachTimeoutNs: 0 };
}
