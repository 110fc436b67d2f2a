import type { AeronConnection } from "../aeron/connection.ts";
import type { Agent } from "../core/agent.ts";
import type { Clock } from "../core/clock.ts";
import { getLogger } from "../core/logger.ts";
import { ANY_WAIT, type WaitPoint } from "../core/wait-point.ts";
import type { Fallback } from "../protocol/fallback-uri.ts";
import type { AeronStreams } from "../protocol/stream-ids.ts";
import { Consumer } from "../roles/consumer.ts";
import { randomId } from "../roles/random-id.ts";
import { AllowedBaseDirs } from "../shm/index.ts";
import { BridgeReceiver } from "./bridge-receiver.ts";
import type { Endpoint } from "./channels.ts";
import { receiverRoutes } from "./receiver-routes.ts";

const log = getLogger("bridge");

export interface FallbackReaderOptions {
  readonly streams: AeronStreams;
  /** Folder for the regions of frames received through the bridge. */
  readonly shmDir: string;
  /** Addresses of hosts that may send; empty: all hosts. */
  readonly peers: readonly string[];
  /** The endpoint of a fallback's frames; a text gives the reason if there is none. */
  readonly endpointOf: (fallback: Fallback) => Endpoint | string;
  /** Called with the consumer whose frames are to be read from now on. */
  readonly onSwitch: (consumer: Consumer) => void;
}

const WAIT_TIMEOUT_NS = 5e9;
const MAX_REGION_BYTES = 2 ** 30;

/**
 * Reads a consumer's stream through a bridge while its shared memory is unusable or disabled (W-39): a separate receiver publishes the
 * sender's frames on a stream with a random id, and a second consumer reads it. Both consumers share mode and rate limit, so that commands
 * to the first also apply to the second.
 */
export class FallbackReader implements Agent {
  readonly roleName: string;
  readonly #connection: AeronConnection;
  readonly #clock: Clock;
  readonly #consumer: Consumer;
  readonly #options: FallbackReaderOptions;
  readonly #ownStreamId = randomId();
  /** The current fallback or refusal; "" for shared memory. */
  #present = "";
  #endpoint: Endpoint | null = null;
  #receiver: BridgeReceiver | null = null;
  #inner: Consumer | null = null;
  #closing: Promise<void> | null = null;

  constructor(connection: AeronConnection, clock: Clock, consumer: Consumer, options: FallbackReaderOptions) {
    this.roleName = `fallback of stream ${consumer.streamId}`;
    this.#connection = connection;
    this.#clock = clock;
    this.#consumer = consumer;
    this.#options = options;
  }

  /** The consumer of frames received through a bridge; null before the first use of one. */
  get consumer(): Consumer | null {
    return this.#inner;
  }

  /** The current endpoint of frames; null while shared memory is read. */
  get endpoint(): Endpoint | null {
    return this.#endpoint;
  }

  /** @throws ProducerError */
  doWork(nowNs: number): number {
    const { state, fallback } = this.#consumer;
    const wanted = state === "fallback" ? uriOf(fallback as Fallback) : "";
    let work = 0;
    if (wanted !== this.#present && this.#closing === null) {
      this.#present = wanted;
      this.#switch(state === "fallback" ? fallback : null);
      work++;
    }
    work += this.#receiver?.doWork(nowNs) ?? 0;
    return work + (this.#inner?.doWork(nowNs) ?? 0);
  }

  /** Frames from another host do not wake a thread that is blocked here. */
  waitPoint(): WaitPoint | null {
    return this.#present === "" ? ANY_WAIT : null;
  }

  onLateCycle(nowNs: number, lateByNs: number): void {
    this.#receiver?.onLateCycle(nowNs, lateByNs);
    this.#inner?.onLateCycle?.(nowNs, lateByNs);
  }

  async onClose(): Promise<void> {
    await Promise.all([this.#closing, this.#inner?.onClose(), this.#receiver?.onClose()]);
  }

  #switch(fallback: Fallback | null): void {
    const { streamId } = this.#consumer;
    this.#endpoint = null;
    this.#leave();
    if (fallback === null) {
      this.#options.onSwitch(this.#consumer);
      log.info(`stream ${streamId}: no bridge is read any more: shared memory may be used`);
      return;
    }
    const endpoint = this.#options.endpointOf(fallback);
    if (typeof endpoint === "string") {
      log.info(`stream ${streamId}: no frame can be read through ${uriOf(fallback)}: ${endpoint}`);
      return;
    }
    this.#endpoint = endpoint;
    this.#receiver = this.#newReceiver(endpoint);
    this.#inner ??= this.#newConsumer();
    this.#options.onSwitch(this.#inner);
    log.info(
      `stream ${streamId}: shared memory is not used: reading through a bridge at ${endpoint.channel}, ` +
        `on stream ${this.#ownStreamId} of this host`,
    );
  }

  #leave(): void {
    const receiver = this.#receiver;
    if (receiver === null) return;
    this.#receiver = null;
    this.#closing = receiver.onClose().finally(() => {
      this.#closing = null;
    });
  }

  #newReceiver(from: Endpoint): BridgeReceiver {
    const { streams, shmDir, peers } = this.#options;
    const { streamId } = this.#consumer;
    return new BridgeReceiver(this.#connection, {
      from,
      peers,
      routeFor: receiverRoutes(this.#connection, this.#clock, {
        routes: [{ streamId, toStreamId: this.#ownStreamId }],
        maxRegionBytes: MAX_REGION_BYTES,
        hasOwnLayout: false,
        output: {
          name: `stream-${streamId}-through-bridge`,
          summary: `what one consumer reads of stream ${streamId}, process ${process.pid}`,
          streams,
          waitTimeoutNs: WAIT_TIMEOUT_NS,
          regions: {
            standalone: {
              baseDir: shmDir,
              namespace: "default",
              mode: "private",
              requireHugepages: false,
              prefault: true,
            },
          },
        },
      }),
    });
  }

  #newConsumer(): Consumer {
    const { streams, shmDir } = this.#options;
    return new Consumer(this.#connection, this.#clock, {
      streamId: this.#ownStreamId,
      mode: this.#consumer.mode,
      filter: this.#consumer.filter,
      streams,
      baseDirs: AllowedBaseDirs.resolve([shmDir]),
    });
  }
}

function uriOf(fallback: Fallback): string {
  return fallback.kind === "aeron" ? fallback.channel : `bridge://${fallback.bridgeId}`;
}
