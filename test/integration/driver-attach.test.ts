import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import type { Consumer } from "../../src/roles/consumer.ts";
import type { Producer } from "../../src/roles/producer.ts";
import { DriverRig, smallPlan } from "../support/driver-rig.ts";
import { tamper } from "../support/shm.ts";

const SHAPE = { dtype: "uint8", dims: [16] } as const;

/** Sends frames filled with 1, 2, ... and returns what was read of each. */
function exchange(
  rig: DriverRig,
  { producer, consumer }: { producer: Producer; consumer: Consumer },
  count: number,
): number[] {
  const seen: number[] = [];
  for (let i = 1; i <= count; i++) {
    expect(producer.offer(new Uint8Array(16).fill(i), SHAPE)).toBe("published");
    rig.until(() => consumer.poll((frame) => void seen.push(frame.bytes[0] ?? 0)) > 0, "the frame");
    // The media driver sees that there is room again.
    rig.step(2);
  }
  return seen;
}

describe("a producer and a consumer with leases of a driver", () => {
  test("D-03, D-04, D-06: frames flow, and the driver announces who produces", async () => {
    await using rig = new DriverRig();
    const driver = rig.startDriver();
    const pair = rig.leasedPair();
    expect(exchange(rig, pair, 20)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(driver.leaseCount).toBe(2);
    const stream = driver.streams.find(pair.producer.streamId);
    expect(stream?.counters.of.producerId.value).toBe(pair.producer.producerId);
    expect(stream?.counters.of.consumers.value).toBe(1);
    expect(pair.consumer.counters.of.accepted.value).toBe(20);
  });

  test("D-13: each coming and going of a producer begins an epoch, and consumers follow without another lease", async () => {
    await using rig = new DriverRig();
    const driver = rig.startDriver();
    const consumer = rig.leasedConsumer();
    rig.until(() => consumer.isMapped, "the consumer to map the idle epoch");
    const epochs = [consumer.epoch ?? 0n];
    for (let round = 0; round < 3; round++) {
      const producer = rig.leasedProducer();
      rig.untilJoined({ producer, consumer });
      epochs.push(BigInt(producer.epoch));
      expect(exchange(rig, { producer, consumer }, 3)).toEqual([1, 2, 3]);
      await rig.remove(producer);
      const { epoch } = producer;
      expect(epoch).toBe(0);
      rig.until(() => consumer.isMapped && (consumer.epoch ?? 0n) > (epochs.at(-1) as bigint), "the next idle epoch");
      epochs.push(consumer.epoch ?? 0n);
    }
    expect(epochs).toEqual([...epochs].sort((a, b) => (a < b ? -1 : 1)));
    expect(new Set(epochs).size).toBe(epochs.length);
    expect(consumer.counters.of.attaches.value).toBe(1);
    expect(driver.counters.of.attaches.value).toBe(4);
    expect(driver.counters.of.detaches.value).toBe(3);
  });

  test("D-01, D-19: one epoch's folder is left while it is used, and nothing once the driver has ended", async () => {
    const rig = new DriverRig();
    const driver = rig.startDriver({ streams: [smallPlan(), smallPlan(77_078)] });
    const pair = rig.leasedPair();
    exchange(rig, pair, 3);
    const folder = driver.streams.find(pair.producer.streamId)?.path as string;
    rig.until(() => readdirSync(folder).length === 1, "ended epochs to be swept");
    expect(readdirSync(folder)).toEqual([`epoch-${pair.producer.epoch}`]);
    await rig.remove(driver);
    expect(readdirSync(rig.directory.path).filter((name) => name !== "aeron" && name !== "aeron.lock")).toEqual([]);
    await rig[Symbol.asyncDispose]();
  });
});

test("a standalone producer of a stream that a driver serves is refused, and disturbs no stream; others are not", async () => {
  await using rig = new DriverRig();
  const driver = rig.startDriver();
  const pair = rig.leasedPair();
  const made = readdirSync(rig.baseDir, { recursive: true });
  expect(() => rig.producer()).toThrow(
    `stream ${pair.producer.streamId} is served by a driver (process ${process.pid}) in ${rig.aeronDir}: start the producer as one that is not standalone`,
  );
  expect(readdirSync(rig.baseDir, { recursive: true })).toEqual(made);
  expect(exchange(rig, pair, 3)).toEqual([1, 2, 3]);
  expect(driver.counters.of.foreignAnnounces.value).toBe(0);
  expect(rig.producer({ streamId: 77_077 }).isAttached).toBe(true);
  for (const each of [pair.consumer, pair.producer, driver]) await rig.remove(each);
  expect(rig.producer().isAttached).toBe(true);
});

describe("regions that others have changed", () => {
  test("W-07: a flipped bit in any superblock begins another epoch within a second, and the stream flows again", async () => {
    await using rig = new DriverRig();
    const driver = rig.startDriver();
    const pair = rig.leasedPair();
    for (const region of [pair.producer.regions.headerRing, ...pair.producer.regions.pools]) {
      const epoch = driver.streams.find(pair.producer.streamId)?.regions?.epoch ?? 0;
      // The rings of later epochs have other paths.
      const path = region.uri.slice("shm:file?path=".length).replace(/epoch-\d+/, `epoch-${epoch}`);
      tamper(path, (view) => view.setUint8(20, view.getUint8(20) ^ 0x10));
      rig.clock.jump(1e9);
      rig.until(() => pair.producer.epoch > epoch, "the producer's next epoch");
      rig.untilJoined(pair);
      expect(exchange(rig, pair, 3)).toEqual([1, 2, 3]);
    }
  });
});

describe("requests that take their time", () => {
  const DYNAMIC = { ranges: [{ first: 20_000, last: 20_009 }], nslots: 8, pools: [{ poolId: 1, strideBytes: 4096 }] };
  const LARGE = { ...DYNAMIC, nslots: 1024, pools: [{ poolId: 1, strideBytes: 256 * 1024 }] };

  test("D-06, D-09: a stream on demand that takes longer to make than one is kept unused is made, and its request answered", async () => {
    await using rig = new DriverRig({ tellsPauses: false });
    const driver = rig.startDriver({ dynamic: LARGE });
    const producer = rig.leasedProducer({ streamId: 20_001 });
    rig.until(() => driver.streams.find(20_001)?.isMaking === true, "the stream to be begun");
    for (let passed = 0; passed < 40; passed += 5) {
      rig.clock.jump(5e9);
      rig.step(2);
    }
    rig.until(() => producer.isAttached, "the lease");
    expect(driver.streams.find(20_001)?.regions?.epoch).toBe(producer.epoch);
    await rig.remove(producer);
    // Unused, it is given up as ever.
    rig.until(() => driver.leaseCount === 0, "the end of the lease");
    rig.clock.jump(31e9);
    rig.until(() => driver.streams.find(20_001) === null, "the stream to be given up");
  });

  test("D-03, D-16: a producer that closes while its lease is asked for leaves the stream to the next one at once", async () => {
    await using rig = new DriverRig();
    const driver = rig.startDriver({ dynamic: DYNAMIC });
    for (let round = 0; round < 3; round++) {
      const closing = rig.leasedProducer({ streamId: 20_001 });
      rig.until(() => rig.connection.isReady, "the producer's publications");
      closing.doWork(rig.clock.nanoTime());
      await rig.remove(closing);
      rig.until(() => driver.leaseCount === 0, "no lease to be left");
    }
    const next = rig.leasedProducer({ streamId: 20_001 });
    rig.until(() => next.isAttached, "the next producer's lease");
    expect(next.counters.of.attachesRefused.value).toBe(0);
    expect(driver.counters.of.leasesExpired.value).toBe(0);
  });

  test("D-06: a client that has gone while its regions were made is granted nothing", async () => {
    await using rig = new DriverRig({ tellsPauses: false });
    const driver = rig.startDriver({ dynamic: LARGE });
    const other = rig.connect();
    const gone = rig.leasedProducer({ streamId: 20_001 }, other);
    rig.until(() => driver.streams.find(20_001)?.isMaking === true, "the stream to be begun");
    // As a process that is killed, and of which the media driver has noticed that.
    await rig.scheduler.remove(gone);
    await other.onClose();
    rig.until(() => driver.streams.find(20_001)?.isMaking === false, "the regions to be made");
    rig.settle();
    expect(driver.leaseCount).toBe(0);
    expect(driver.counters.of.attaches.value).toBe(0);
  });
});
