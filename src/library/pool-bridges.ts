import type { AeronConnection } from "../aeron/connection.ts";
import { BridgeLink } from "../bridge/bridge-link.ts";
import { BridgeReceiver } from "../bridge/bridge-receiver.ts";
import { Decimator } from "../bridge/decimator.ts";
import { OutputStream, type OutputStreamOptions } from "../bridge/output-stream.ts";
import { explainRoutesFault, receiverRoutes } from "../bridge/receiver-routes.ts";
import type { Agent } from "../core/agent.ts";
import type { Clock } from "../core/clock.ts";
import { OptionError } from "../core/errors.ts";
import type { AeronStreams } from "../protocol/stream-ids.ts";
import type { DriverClientOptions } from "../roles/attachment-options.ts";
import { Consumer } from "../roles/consumer.ts";
import { AllowedBaseDirs } from "../shm/index.ts";
import type {
  BridgedStream,
  BridgeReceiver as BridgeReceiverHandle,
  BridgeSender as BridgeSenderHandle,
  Decimator as DecimatorHandle,
} from "./bridge-handles.ts";
import type { AddBridgeReceiverOptions, AddBridgeSenderOptions, AddDecimatorOptions } from "./bridge-options.ts";
import { requireEndpoint } from "./consumer-fallback.ts";
import type { EndRole } from "./pool-roles.ts";
import { type AttachOptions, DEFAULT_WAIT_TIMEOUT_MS, standaloneOptionsOf } from "./role-options.ts";

/** The parts of a pool that its roles use. */
export interface PoolSurroundings {
  readonly connection: AeronConnection;
  readonly clock: Clock;
  readonly streams: AeronStreams;
  readonly shmDir: string;
  readonly end: EndRole;
  /** The stream that a role attaches to. @throws NotFoundError, OptionError */
  sourceOf(options: AttachOptions & { readonly standalone?: boolean }): Promise<CarriedSource>;
}

/** The source of a role that reads one stream, with a lease or without. */
export interface CarriedSource {
  readonly streamId: number;
  readonly driver: DriverClientOptions | null;
}

const DEFAULT_MAX_MEMORY_BYTES = 2 ** 30;

/** Several agents that form one role for the pool's user. */
export abstract class PoolAgents implements AsyncDisposable {
  /** In the order in which they must be added. */
  abstract readonly agents: readonly Agent[];
  readonly #end: EndRole;

  constructor(end: EndRole) {
    this.#end = end;
  }

  async close(): Promise<void> {
    for (const agent of [...this.agents].reverse()) await this.#end(agent);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The sender behind the interface: its own consumer, and the agent that sends its frames. */
export class PoolBridgeSender extends PoolAgents implements BridgeSenderHandle {
  readonly agents: readonly Agent[];
  readonly ended: Promise<void>;
  readonly #link: BridgeLink;

  /** @throws OptionError */
  constructor(pool: PoolSurroundings, { streamId, driver }: CarriedSource, options: AddBridgeSenderOptions) {
    super(pool.end);
    const { mode, decimation, maxRateHz, checksum } = options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#link = new BridgeLink(pool.connection, pool.clock, {
      streamId,
      to: requireEndpoint("to", options.to),
      mode: mode ?? "latest",
      decimation: decimation ?? 1,
      maxRateHz: maxRateHz ?? 0,
      checksum: checksum ?? false,
      streams: pool.streams,
      baseDirs: AllowedBaseDirs.resolve([pool.shmDir]),
      ...(driver === null ? {} : { driver }),
      onEnd: resolve,
    });
    this.agents = this.#link.agents;
  }

  get streamId() {
    return this.#link.consumer.streamId;
  }

  get to() {
    return this.#link.to.text;
  }

  get isAttached() {
    return this.#link.consumer.isAttached;
  }

  get attachRefusal() {
    return this.#link.consumer.attachRefusal;
  }

  get isMapped() {
    return this.#link.consumer.isMapped;
  }

  get isConnected() {
    return this.#link.sender.isConnected;
  }

  get bytes() {
    return this.#link.sender.bytes;
  }

  get ledger() {
    return this.#link.sender.ledger;
  }
}

/** The receiver behind the interface. */
export class PoolBridgeReceiver extends PoolAgents implements BridgeReceiverHandle {
  readonly agents: readonly Agent[];
  readonly #receiver: BridgeReceiver;

  /** @throws OptionError, UsageError */
  constructor(pool: PoolSurroundings, options: AddBridgeReceiverOptions) {
    super(pool.end);
    const { routes: given = [], peers = [], maxMemoryBytes, standalone } = options;
    const routes = given.map(({ stream, to }) => ({
      streamId: stream,
      toStreamId: to,
    }));
    const fault = explainRoutesFault(routes);
    if (fault !== null) throw new OptionError("routes", fault);
    const { connection, clock } = pool;
    this.#receiver = new BridgeReceiver(connection, {
      from: requireEndpoint("from", options.from),
      peers,
      routeFor: receiverRoutes(connection, clock, {
        routes,
        maxRegionBytes: maxMemoryBytes ?? DEFAULT_MAX_MEMORY_BYTES,
        hasOwnLayout:
          standalone === undefined || (standalone.slots !== undefined && standalone.strideBytes !== undefined),
        output: outputOptions(pool, options),
      }),
    });
    this.agents = [this.#receiver];
  }

  get isReady() {
    return this.#receiver.isReady;
  }

  get streams() {
    return this.#receiver.routes.map(
      ({ streamId, output, account, isOpen }): BridgedStream => ({
        streamId,
        toStreamId: output.streamId,
        isConnected: isOpen,
        sender: account.sender,
        receiver: account.receiver,
      }),
    );
  }
}

/** The decimator behind the interface: a consumer of the source, and the agent that carries its frames. */
export class PoolDecimator extends PoolAgents implements DecimatorHandle {
  readonly agents: readonly Agent[];
  readonly toStreamId: number;
  readonly #consumer: Consumer;
  readonly #decimator: Decimator;

  /** @throws OptionError, UsageError */
  constructor(pool: PoolSurroundings, { streamId, driver }: CarriedSource, options: AddDecimatorOptions) {
    super(pool.end);
    const { every, rateHz, latest = false } = options;
    if ([every !== undefined, rateHz !== undefined, latest].filter(Boolean).length !== 1) {
      throw new OptionError("every", "expected one of every, rateHz and latest");
    }
    this.toStreamId = options.to;
    if (this.toStreamId === streamId) {
      throw new OptionError("to", `expected another stream than the source's, found ${streamId}`);
    }
    const { connection, clock, streams } = pool;
    this.#consumer = new Consumer(connection, clock, {
      streamId,
      mode: every !== undefined ? "decimated" : latest ? "latest" : "stream",
      decimation: every ?? 1,
      maxRateHz: rateHz ?? 0,
      streams,
      baseDirs: AllowedBaseDirs.resolve([pool.shmDir]),
      ...(driver === null ? {} : { driver }),
    });
    const output = new OutputStream(connection, clock, {
      name: `stream-${this.toStreamId}`,
      ...outputOptions(pool, options),
      streamId: this.toStreamId,
    });
    this.#decimator = new Decimator(this.#consumer, output, {
      every: every ?? 0,
      nslots: options.standalone?.slots ?? null,
      count: Number.POSITIVE_INFINITY,
      once: false,
      onDone: () => undefined,
    });
    this.agents = [this.#consumer, this.#decimator];
  }

  get streamId() {
    return this.#consumer.streamId;
  }

  get isAttached() {
    return this.#consumer.isAttached;
  }

  get attachRefusal() {
    return this.#consumer.attachRefusal;
  }

  get carried() {
    return this.#decimator.carried;
  }

  get counters() {
    return this.#consumer.counters;
  }
}

/** Options of the streams that carry the frames of others. @throws OptionError */
function outputOptions(
  { streams, shmDir }: PoolSurroundings,
  { standalone, flow, waitTimeoutMs, name, summary }: Omit<AddBridgeReceiverOptions, "from">,
): Omit<OutputStreamOptions, "streamId" | "name"> & { readonly name?: string } {
  return {
    ...(name === undefined ? {} : { name }),
    ...(summary === undefined ? {} : { summary }),
    streams,
    ...(flow === undefined ? {} : { flow }),
    waitTimeoutNs: (waitTimeoutMs ?? DEFAULT_WAIT_TIMEOUT_MS) * 1e6,
    regions:
      standalone === undefined
        ? { driver: { attachTimeoutNs: 0, baseDirs: AllowedBaseDirs.resolve([shmDir]) } }
        : { standalone: standaloneOptionsOf(standalone, shmDir) },
  };
}
