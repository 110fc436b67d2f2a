import type { AeronConnection } from "../../../aeron/connection.ts";
import type { IdleChoice } from "../../../core/idle/index.ts";
import type { Scheduler } from "../../../core/scheduler.ts";
import { Host } from "../../../process/host.ts";
import { type AeronStreams, DEFAULT_STREAMS } from "../../../protocol/stream-ids.ts";
import { Consumer } from "../../../roles/consumer.ts";
import { Producer } from "../../../roles/producer.ts";
import type { ProducerOptions } from "../../../roles/producer-options.ts";
import type { StandaloneOptions } from "../../../roles/standalone-regions.ts";
import { AllowedBaseDirs } from "../../../shm/index.ts";
import type { Deployment } from "../options.ts";

const MIN_STRIDE_BYTES = 4096;
const ATTACH_TIMEOUT_NS = 20e9;

/** Stride of a slot that holds a frame of this size. */
export function strideFor(payloadBytes: number): number {
  return Math.max(MIN_STRIDE_BYTES, 2 ** Math.ceil(Math.log2(Math.max(1, payloadBytes))));
}

export interface RoleSetUpOptions {
  readonly aeronDir: string;
  readonly shmDir: string;
  readonly embedded: boolean;
  readonly idle: IdleChoice;
  readonly deployment?: Deployment;
}

/** The common part of all bench processes: a scheduler with an Aeron client, as every role has. */
export class RoleSetUp {
  readonly scheduler: Scheduler;
  readonly connection: AeronConnection;
  readonly #shmDir: string;
  readonly #deployment: Deployment;

  constructor({ aeronDir, shmDir, embedded, idle, deployment = "standalone" }: RoleSetUpOptions) {
    this.#shmDir = shmDir;
    this.#deployment = deployment;
    const mediaDriver = embedded ? "embedded" : "external";
    const host = new Host({ aeronDir, clientName: "tensorpool bench", idle, mediaDriver });
    this.scheduler = host.scheduler;
    this.connection = host.connection;
  }

  addProducer(options: {
    streamId: number;
    slots: number;
    payloadBytes: number;
    flow: ProducerOptions["flow"];
    /** Number of size classes: frames use the largest; each further one is half as large. */
    pools?: number;
    streams?: AeronStreams;
  }): Producer {
    const { streamId, slots, payloadBytes, flow, pools = 1, streams = DEFAULT_STREAMS } = options;
    const strideBytes = strideFor(payloadBytes);
    const standalone: StandaloneOptions = {
      baseDir: this.#shmDir,
      namespace: "bench",
      nslots: slots,
      pools: Array.from({ length: pools }, (_, i) => ({ poolId: i + 1, strideBytes: strideBytes / 2 ** i })),
      // Every page is mapped before the first frame, so that page faults are not measured.
      prefault: true,
      requireHugepages: false,
      mode: "private",
    };
    const producer = new Producer(this.connection, this.scheduler.clock, {
      streamId,
      name: `bench-${streamId}`,
      ...(this.#deployment === "standalone"
        ? { standalone }
        : { driver: { attachTimeoutNs: ATTACH_TIMEOUT_NS, baseDirs: this.#baseDirs } }),
      streams,
      flow,
      waitTimeoutNs: 5e9,
      attributes: [],
    });
    this.scheduler.add(producer, { vital: true });
    return producer;
  }

  get #baseDirs(): AllowedBaseDirs {
    return AllowedBaseDirs.resolve([this.#shmDir]);
  }

  addConsumer(streamId: number, streams: AeronStreams = DEFAULT_STREAMS): Consumer {
    const consumer = new Consumer(this.connection, this.scheduler.clock, {
      streamId,
      mode: "stream",
      streams,
      baseDirs: this.#baseDirs,
      ...(this.#deployment === "driver" ? { driver: { attachTimeoutNs: ATTACH_TIMEOUT_NS } } : {}),
    });
    this.scheduler.add(consumer, { vital: true });
    return consumer;
  }
}
