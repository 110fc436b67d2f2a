import type { AeronConnection } from "../../src/aeron/connection.ts";
import { DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import { Consumer } from "../../src/roles/consumer.ts";
import type { ConsumerOptions } from "../../src/roles/consumer-options.ts";
import { Driver } from "../../src/roles/driver/driver.ts";
import type { DriverOptions, StreamPlan } from "../../src/roles/driver/driver-options.ts";
import { Producer } from "../../src/roles/producer.ts";
import type { ProducerOptions } from "../../src/roles/producer-options.ts";
import { AllowedBaseDirs } from "../../src/shm/index.ts";
import { Rig } from "./rig.ts";
import { STREAM_ID } from "./shm.ts";

/** A stream of 8 slots with one pool of 4 KiB. */
export function smallPlan(streamId: number = STREAM_ID, overrides: Partial<StreamPlan> = {}): StreamPlan {
  return { streamId, name: `camera-${streamId}`, nslots: 8, pools: [{ poolId: 1, strideBytes: 4096 }], ...overrides };
}

/** Makes the driver, and the roles that attach to it, on the scheduler of a rig that is stepped by hand. */
export class DriverRig extends Rig {
  /** How many times an operator's request asked for the end of a driver. */
  shutdownRequests = 0;

  driverOptions(overrides: Partial<DriverOptions> = {}): DriverOptions {
    return {
      instanceId: "driver-test",
      channels: {
        channel: DEFAULT_STREAMS.channel,
        controlStreamId: DEFAULT_STREAMS.controlStreamId,
        announceStreamId: DEFAULT_STREAMS.controlStreamId,
      },
      streams: [smallPlan()],
      storage: {
        baseDir: this.baseDir,
        namespace: "test",
        sharing: "private",
        requireHugepages: false,
        prefault: true,
        mlock: false,
      },
      retention: { isEnabled: true, keep: 0, minAgeNs: 0, atStart: false },
      announcePeriodNs: 1e9,
      keepaliveIntervalNs: 1e9,
      graceIntervals: 3,
      shutdownTimeoutNs: 200e6,
      token: "",
      onShutdownRequested: () => {
        this.shutdownRequests++;
      },
      ...overrides,
    };
  }

  /** A driver of one small stream; steps until it can be asked. */
  startDriver(overrides: Partial<DriverOptions> = {}, connection: AeronConnection = this.connection): Driver {
    const driver = this.add(new Driver(connection, this.clock, this.driverOptions(overrides)));
    this.until(() => driver.isReady, "the driver to be ready");
    return driver;
  }

  leasedProducer(overrides: Partial<ProducerOptions> = {}, connection: AeronConnection = this.connection): Producer {
    return this.add(
      new Producer(connection, this.clock, {
        streamId: STREAM_ID,
        name: "test",
        driver: { attachTimeoutNs: 0, baseDirs: AllowedBaseDirs.resolve([this.directory.path]) },
        streams: DEFAULT_STREAMS,
        flow: "drop",
        waitTimeoutNs: 5e9,
        attributes: [],
        ...overrides,
      }),
    );
  }

  leasedConsumer(overrides: Partial<ConsumerOptions> = {}, connection: AeronConnection = this.connection): Consumer {
    return this.add(
      new Consumer(connection, this.clock, {
        streamId: STREAM_ID,
        mode: "stream",
        streams: DEFAULT_STREAMS,
        baseDirs: AllowedBaseDirs.resolve([this.directory.path]),
        driver: { attachTimeoutNs: 0 },
        ...overrides,
      }),
    );
  }

  /** A producer and a consumer that wait for a driver. */
  leasedPairLater(): { producer: Producer; consumer: Consumer } {
    return { producer: this.leasedProducer(), consumer: this.leasedConsumer() };
  }

  /** A producer and a consumer with leases, and the descriptors' way open. */
  leasedPair(
    producer: Partial<ProducerOptions> = {},
    consumer: Partial<ConsumerOptions> = {},
  ): { producer: Producer; consumer: Consumer } {
    const made = { producer: this.leasedProducer(producer), consumer: this.leasedConsumer(consumer) };
    this.untilJoined(made);
    return made;
  }

  untilJoined({ producer, consumer }: { producer: Producer; consumer: Consumer }): void {
    this.until(
      () =>
        consumer.isMapped &&
        producer.isAttached &&
        consumer.epoch === BigInt(producer.epoch) &&
        consumer.hasAttributes &&
        producer.isConnected &&
        producer.hasReaders(1),
      "the consumer to map the producer's epoch",
    );
  }
}
