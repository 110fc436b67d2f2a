import { AeronConnection } from "../../src/aeron/connection.ts";
import { MediaDriver } from "../../src/aeron/media-driver.ts";
import { nativeParker } from "../../src/aeron/native-parker.ts";
import { createIdleStrategy, type IdleStrategyName } from "../../src/core/idle/index.ts";
import { Scheduler } from "../../src/core/scheduler.ts";
import { DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import { Consumer } from "../../src/roles/consumer.ts";
import { Producer } from "../../src/roles/producer.ts";
import type { ProducerOptions } from "../../src/roles/producer-options.ts";
import type { SlotClaim } from "../../src/roles/slot-claim.ts";
import { AllowedBaseDirs } from "../../src/shm/index.ts";

/** What the subjects of measurements have in common: a scheduler with an Aeron client, as every role has. */
export class RoleSetUp {
  readonly scheduler: Scheduler;
  readonly connection: AeronConnection;
  readonly #shmDir: string;

  constructor(aeronDir: string, shmDir: string, options: { embedded: boolean; idle?: IdleStrategyName }) {
    this.#shmDir = shmDir;
    this.scheduler = new Scheduler({ idle: createIdleStrategy(options.idle ?? "backoff", nativeParker) });
    if (options.embedded) this.scheduler.add(MediaDriver.start({ aeronDir, threading: "invoker" }), { vital: true });
    this.connection = new AeronConnection({ aeronDir, clientName: "tensorpool bench" });
    this.scheduler.add(this.connection, { vital: true });
  }

  addProducer(options: {
    streamId: number;
    nslots: number;
    strideBytes: number;
    flow: ProducerOptions["flow"];
  }): Producer {
    const producer = new Producer(this.connection, this.scheduler.clock, {
      streamId: options.streamId,
      name: `bench-${options.streamId}`,
      standalone: {
        baseDir: this.#shmDir,
        namespace: "bench",
        nslots: options.nslots,
        pools: [{ poolId: 1, strideBytes: options.strideBytes }],
        // Every page is there before the first frame: what is measured are frames, not page faults.
        prefault: true,
        requireHugepages: false,
        mode: "private",
      },
      streams: DEFAULT_STREAMS,
      flow: options.flow,
      waitTimeoutNs: 5e9,
      attributes: [],
    });
    this.scheduler.add(producer, { vital: true });
    return producer;
  }

  addConsumer(streamId: number): Consumer {
    const consumer = new Consumer(this.connection, this.scheduler.clock, {
      streamId,
      mode: "stream",
      streams: DEFAULT_STREAMS,
      baseDirs: AllowedBaseDirs.resolve([this.#shmDir]),
    });
    this.scheduler.add(consumer, { vital: true });
    return consumer;
  }
}

/** A shape's claim must be there: in a measurement nothing else holds slots. */
export function claimed(claim: SlotClaim | null, producer: Producer): SlotClaim {
  if (claim === null) throw new Error(`expected a slot, found ${producer.lastRefusal}`);
  return claim;
}
