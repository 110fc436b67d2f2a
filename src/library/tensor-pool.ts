import type { AeronConnection } from "../aeron/connection.ts";
import type { Agent } from "../core/agent.ts";
import { processNs } from "../core/clock.ts";
import { NotFoundError, TensorPoolError, UsageError } from "../core/errors.ts";
import { requireOptions } from "../core/rules.ts";
import type { Scheduler } from "../core/scheduler.ts";
import { quoted } from "../core/text.ts";
import { Host } from "../process/host.ts";
import { type AeronStreams, DEFAULT_STREAMS } from "../protocol/stream-ids.ts";
import { AllowedBaseDirs } from "../shm/index.ts";
import type { BridgeReceiver, BridgeSender, Decimator } from "./bridge-handles.ts";
import type { AddBridgeReceiverOptions, AddBridgeSenderOptions, AddDecimatorOptions } from "./bridge-options.ts";
import { type ConnectOptions, foldersOf } from "./connect-options.ts";
import { ConsumerFallback } from "./consumer-fallback.ts";
import { type AddDriverOptions, driverOptionsOf, poolsOf } from "./driver-setup.ts";
import { type PoolRole, throwIfAttachFailed } from "./first-lease.ts";
import type { Consumer, Driver, Producer } from "./handles.ts";
import {
  ADD_BRIDGE_RECEIVER,
  ADD_BRIDGE_SENDER,
  ADD_CONSUMER,
  ADD_DECIMATOR,
  ADD_DRIVER,
  ADD_PRODUCER,
  ADD_RECORDER,
  CONNECT,
  isAgent,
} from "./option-rules.ts";
import { PoolBridgeReceiver, PoolBridgeSender, PoolDecimator, type PoolSurroundings } from "./pool-bridges.ts";
import { PoolConsumer } from "./pool-consumer.ts";
import { PoolRecorder } from "./pool-recorder.ts";
import { PoolDriver, PoolProducer } from "./pool-roles.ts";
import type { AddRecorderOptions, Recorder } from "./recorder-handle.ts";
import {
  type AddConsumerOptions,
  type AddProducerOptions,
  type AttachOptions,
  clientOf,
  DEFAULT_DECIMATION,
  DEFAULT_WAIT_TIMEOUT_MS,
  standaloneOptionsOf,
} from "./role-options.ts";
import { StreamNames } from "./stream-names.ts";

/** Why a pool could not be connected. */
export class ConnectError extends TensorPoolError<"timeout"> {}

/** Type of the counter that shows a connected pool. */
const PRESENCE_TYPE_ID = 10501;
const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_ATTACH_TIMEOUT_MS = 5_000;
const ANY_TIME = (): boolean => true;
/** Data sources send their names once a second. */
const NAME_TIMEOUT_NS = 2.5e9;

/**
 * Connects this process to streams: one Aeron client and one scheduler for all producers and consumers that are added.
 *
 * - `drive: "timer"`: the pool shares the event loop, e.g. with a web server; it rests in timers of a millisecond.
 * - `drive: "busy"`: the pool takes the thread; the event loop runs every 100 µs.
 * - `drive: "manual"`: the pool works only in `doWork`, which the caller must call often.
 */
export class TensorPool implements AsyncDisposable {
  readonly #options: ConnectOptions;
  readonly #scheduler: Scheduler;
  readonly #connection: AeronConnection;
  readonly #streams: AeronStreams;
  readonly #run: Promise<void> | null;
  readonly #folders: ReturnType<typeof foldersOf>;

  private constructor(options: ConnectOptions) {
    requireOptions("TensorPool.connect", CONNECT, options);
    this.#options = options;
    this.#streams = { ...DEFAULT_STREAMS, ...options.streams };
    this.#folders = foldersOf(options);
    const drive = options.drive ?? "timer";
    const host = new Host({
      aeronDir: this.#folders.aeronDir,
      clientName: "tensorpool library",
      idle: options.idle ?? "backoff",
      drive: drive === "busy" ? "busy" : "timer",
      mediaDriver: options.mediaDriver ?? "auto",
    });
    this.#scheduler = host.scheduler;
    this.#connection = host.connection;
    // The media driver knows a client only after its first request: a pool that has nothing yet counts as use, too.
    this.#connection.addCounter(PRESENCE_TYPE_ID, new Uint8Array(0), "tensorpool: a connected TensorPool");
    this.#run = drive === "manual" ? null : this.#scheduler.run();
    // `close` reports failures of the run; until then they must not end the process as unhandled rejections.
    this.#run?.catch(() => undefined);
  }

  /** Connects to the media driver. @throws ConnectError "timeout", MediaDriverError */
  static async connect(options: ConnectOptions = {}): Promise<TensorPool> {
    const pool = new TensorPool(options);
    const waiting = pool.#until(() => pool.#connection.isConnected, "a media driver");
    await orUndo(waiting, () => pool.close());
    return pool;
  }

  /**
   * Adds a producer: with a driver's lease on the stream's regions, or, `standalone`, with its own regions.
   * @throws AttachError if no lease is granted; ProducerError if a driver serves the stream of a standalone producer; RegionCreateError,
   * ConnectError, UsageError
   */
  async addProducer(options: AddProducerOptions): Promise<Producer> {
    requireOptions("addProducer", ADD_PRODUCER, options);
    const { standalone } = options;
    const streamId = await this.#streamId(options.stream);
    const producer = new PoolProducer(this.#connection, this.#scheduler.clock, {
      streamId,
      name: options.name ?? `stream-${streamId}`,
      summary: options.summary ?? "",
      ...(standalone === undefined
        ? { driver: { ...clientOf(options), baseDirs: AllowedBaseDirs.resolve([this.#folders.shmDir]) } }
        : {
            standalone: {
              ...standaloneOptionsOf(standalone, this.#folders.shmDir),
              nslots: standalone.slots,
              pools: poolsOf(standalone),
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
   * Adds a consumer: with a driver's lease, or, `standalone`, on the regions that a producer announces. If shared memory cannot be used, it
   * reads the frames of its `fallback`. @throws AttachError if no lease is granted; ConnectError, OptionError, UsageError
   */
  async addConsumer(options: AddConsumerOptions): Promise<Consumer> {
    requireOptions("addConsumer", ADD_CONSUMER, options);
    const [fallback, pool] = [new ConsumerFallback(options), this.#surroundings];
    const consumer = new PoolConsumer(pool.connection, pool.clock, {
      streamId: await this.#streamId(options.stream),
      mode: options.mode ?? "stream",
      decimation: options.decimation ?? DEFAULT_DECIMATION,
      maxRateHz: options.maxRateHz ?? 0,
      streams: pool.streams,
      baseDirs: AllowedBaseDirs.resolve([pool.shmDir]),
      ...(options.standalone === true ? {} : { driver: clientOf(options) }),
      maxOutstandingSeqGap: options.maxOutstandingSeqGap ?? 0,
      usesShm: options.usesShm ?? true,
      ...(fallback.given === null ? {} : { fallback: fallback.given }),
    });
    consumer.attach(this.#scheduler, this.#end);
    for (const agent of [consumer, consumer.newFallbackReader(pool, fallback)]) this.#scheduler.add(agent);
    // A consumer that reads through a bridge needs no lease.
    await this.#attached(consumer, options, ANY_TIME, () => consumer.bridge === null);
    return consumer;
  }

  /**
   * Adds a driver to this process, for producers and consumers of this and other processes, and for tools (D-02). It ends with the pool, by
   * `close`, or by an operator's request with its token. @throws DriverError, RegionCreateError, ConnectError
   */
  async addDriver(options: AddDriverOptions): Promise<Driver> {
    requireOptions("addDriver", ADD_DRIVER, options);
    const driver: PoolDriver = new PoolDriver(
      this.#connection,
      this.#scheduler.clock,
      // Not within the cycle in which the driver requests it.
      driverOptionsOf(options, this.#streams, this.#folders.shmDir, () => queueMicrotask(() => void driver.close())),
    );
    driver.attach(this.#end);
    this.#scheduler.add(driver);
    const isReady = (): boolean => {
      if (driver.failure !== null) throw driver.failure;
      return driver.isReady;
    };
    await orUndo(this.#until(isReady, "the driver's regions"), () => this.#end(driver));
    return driver;
  }

  /**
   * Sends frames of a stream to a receiver on another host over Aeron UDP (docs/BRIDGE.md); add one sender for each receiver. It reads the
   * source only while the receiver is connected. @throws AttachError if no lease is granted; ConnectError, OptionError, UsageError
   */
  async addBridgeSender(options: AddBridgeSenderOptions): Promise<BridgeSender> {
    requireOptions("addBridgeSender", ADD_BRIDGE_SENDER, options);
    const pool = this.#surroundings;
    return await this.#addAgents(options, new PoolBridgeSender(pool, await pool.sourceOf(options), options));
  }

  /**
   * Receives frames of bridge senders on other hosts, and publishes them on streams of this host, where consumers read them like those of
   * any producer. @throws ConnectError, OptionError, UsageError
   */
  async addBridgeReceiver(options: AddBridgeReceiverOptions): Promise<BridgeReceiver> {
    requireOptions("addBridgeReceiver", ADD_BRIDGE_RECEIVER, options);
    const receiver = new PoolBridgeReceiver(this.#surroundings, options);
    for (const agent of receiver.agents) this.#scheduler.add(agent);
    const waiting = this.#until(() => receiver.isReady, `a socket at ${options.from}`);
    await orUndo(waiting, () => receiver.close());
    return receiver;
  }

  /**
   * Carries every Nth frame, a limited rate of them or the newest to a second stream of this host, under their seqs.
   * @throws AttachError if no lease on the source is granted; ConnectError, OptionError, UsageError
   */
  async addDecimator(options: AddDecimatorOptions): Promise<Decimator> {
    requireOptions("addDecimator", ADD_DECIMATOR, options);
    const pool = this.#surroundings;
    const source = await pool.sourceOf({ ...options, standalone: options.standalone !== undefined });
    return await this.#addAgents(options, new PoolDecimator(pool, source, options));
  }

  /**
   * Records streams to MCAP files, or keeps their last seconds until it is triggered (docs/RECORDING.md has the guarantees).
   * @throws RecorderError if the file cannot be created; AttachError if no lease is granted; ConnectError, OptionError
   */
  async addRecorder(options: AddRecorderOptions): Promise<Recorder> {
    requireOptions("addRecorder", ADD_RECORDER, options);
    return await this.#addAgents(options, await PoolRecorder.open(this.#surroundings, options));
  }

  /** Runs an agent of the caller on the pool's duty cycle, after the existing ones. */
  add(agent: Agent): void {
    isAgent("agent", agent);
    this.#scheduler.add(agent);
  }

  /** Removes an agent that was added by `add`, and closes it. Idempotent. */
  remove(agent: Agent): Promise<void> {
    isAgent("agent", agent);
    return this.#end(agent);
  }

  /** Runs one duty cycle (`drive: "manual"` only); returns the work done, 0 for none. */
  doWork(): number {
    return this.#scheduler.step();
  }

  /** Closes everything that was added, in reverse order, and the Aeron client. Idempotent. */
  close(): Promise<void> {
    return this.#scheduler.close("the pool was closed");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #surroundings(): PoolSurroundings {
    const { clock } = this.#scheduler;
    const sourceOf: PoolSurroundings["sourceOf"] = async (options) => {
      const streamId = await this.#streamId(options.stream);
      return { streamId, driver: options.standalone === true ? null : clientOf(options) };
    };
    const [connection, streams, shmDir, end] = [this.#connection, this.#streams, this.#folders.shmDir, this.#end];
    return { connection, clock, streams, shmDir, end, sourceOf };
  }

  /** Adds agents that read sources and carry their frames elsewhere. */
  async #addAgents<Role extends PoolBridgeSender | PoolDecimator | PoolRecorder>(
    options: Pick<AttachOptions, "attachTimeoutMs">,
    role: Role,
  ): Promise<Role> {
    for (const agent of role.agents) this.#scheduler.add(agent);
    await this.#attached(role, options, ANY_TIME);
    return role;
  }

  /** Closes an agent. If nothing else drives the pool, runs cycles until that is done: a driver waits for its clients. */
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

  /** Waits until an added role can be used; otherwise removes it. */
  async #attached(
    role: PoolRole,
    { attachTimeoutMs = DEFAULT_ATTACH_TIMEOUT_MS }: Pick<AttachOptions, "attachTimeoutMs">,
    isReady: () => boolean,
    needsLease = ANY_TIME,
  ): Promise<void> {
    const deadlineNs = processNs() + attachTimeoutMs * 1e6;
    const isUsable = (): boolean => {
      const lacksLease = needsLease() && !role.isAttached;
      if (lacksLease) throwIfAttachFailed(role, attachTimeoutMs, deadlineNs);
      return !lacksLease && this.#connection.isReady && isReady();
    };
    await orUndo(this.#until(isUsable, "a connection", attachTimeoutMs), () => role.close());
  }

  /** The stream's id, given directly or found by name. @throws NotFoundError, UsageError */
  async #streamId(stream: number | string): Promise<number> {
    if (typeof stream === "number") return stream;
    const names = new StreamNames(this.#connection, this.#streams, stream);
    this.#scheduler.add(names);
    const deadlineNs = processNs() + NAME_TIMEOUT_NS;
    const isOver = (): boolean => names.streamId !== null || processNs() > deadlineNs;
    try {
      await this.#until(isOver, "a connection", NAME_TIMEOUT_NS / 1e6);
    } finally {
      await this.#end(names);
    }
    if (names.streamId !== null) return names.streamId;
    throw new NotFoundError(`no stream is called ${quoted(stream)}: start it, or pass its id`, { expected: stream });
  }

  async #until(condition: () => boolean, what: string, longerMs = 0): Promise<void> {
    const timeoutMs = (this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS) + longerMs;
    const deadlineNs = processNs() + timeoutMs * 1e6;
    while (!condition()) {
      if (this.#scheduler.isClosed) throw await this.#failure();
      if (processNs() > deadlineNs) {
        const none = `nothing came from a media driver in ${this.#connection.aeronDir} within ${timeoutMs} ms`;
        const message = `expected ${what}, and ${none}: start one, or name another folder as aeronDir`;
        throw new ConnectError("timeout", message, { expected: what, retryable: true });
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

async function orUndo(waiting: Promise<void>, undo: () => Promise<void>): Promise<void> {
  try {
    await waiting;
  } catch (error) {
    await undo();
    throw error;
  }
}
