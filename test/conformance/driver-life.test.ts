import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import { Driver } from "../../src/roles/driver/driver.ts";
import type { DriverError } from "../../src/roles/driver/driver-errors.ts";
import { TestClient } from "../support/driver-client.ts";
import { DriverRig, smallPlan } from "../support/driver-rig.ts";
import { STREAM_ID } from "../support/shm.ts";

const SHAPE = { dtype: "uint8", dims: [16] } as const;
const SECOND_NS = 1e9;

function failureOf(action: () => unknown): DriverError {
  try {
    action();
  } catch (error) {
    return error as DriverError;
  }
  throw new Error("expected an error, and nothing was thrown");
}

/** Folders of epochs of the small stream, ascending. */
function epochFolders(rig: DriverRig): string[] {
  const folder = `${rig.baseDir}/test/driver-test-${STREAM_ID}`;
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

describe("one driver a stream", () => {
  test("D-02: a second driver of a control stream is refused, and so is one of the same stream elsewhere", async () => {
    await using rig = new DriverRig();
    const driver = rig.startDriver();
    const second = (overrides: Parameters<DriverRig["driverOptions"]>[0]) =>
      failureOf(() => new Driver(rig.connection, rig.clock, rig.driverOptions(overrides)));
    expect(second({ instanceId: "other", streams: [smallPlan(1)] }).code).toBe("already-running");
    const { channels } = rig.driverOptions();
    const apart = { ...channels, controlStreamId: 1001, announceStreamId: 1001 };
    const taken = second({ instanceId: "other", channels: apart });
    expect([taken.code, taken.rule]).toEqual(["stream-taken", "D-02"]);
    expect(taken.message).toContain(String(STREAM_ID));
    // What was refused has left nothing locked: the streams of the second are free.
    const third = rig.startDriver({ instanceId: "third", channels: apart, streams: [smallPlan(2)] });
    expect(third.streams.find(2)?.regions).not.toBeNull();
    expect(driver.streams.find(STREAM_ID)?.regions).not.toBeNull();
  });

  test("D-02: locks end with their driver, also one that ended without a word", async () => {
    await using rig = new DriverRig();
    const driver = rig.startDriver();
    await rig.remove(driver);
    rig.startDriver({ instanceId: "next" });
  });

  const FOREIGN = {
    streamId: STREAM_ID,
    producerId: 3,
    epoch: "5",
    layoutVersion: 1,
    headerNslots: 8,
    headerSlotBytes: 256,
    maxDims: 8,
    payloadPools: [],
    headerRegionUri: "shm:file?path=/dev/shm/elsewhere",
  };

  /** Announces as an owner that lives: at its cadence. */
  function announceAlive(rig: DriverRig, client: TestClient, fields = {}): void {
    for (let period = 0; period < 3; period++) {
      client.say("ShmPoolAnnounce", { ...FOREIGN, ...fields });
      rig.settle();
      rig.clock.jump(SECOND_NS);
    }
  }

  test("D-02: announces that a dead predecessor left in its log, read in one go, disturb neither the driver nor its clients", async () => {
    await using rig = new DriverRig();
    const client = new TestClient(rig);
    for (let period = 0; period < 10; period++) client.say("ShmPoolAnnounce", FOREIGN);
    const driver = rig.startDriver();
    const { producer } = rig.leasedPair();
    for (let period = 0; period < 10; period++) client.say("ShmPoolAnnounce", FOREIGN);
    rig.settle();
    expect(driver.counters.of.foreignAnnounces.value).toBe(0);
    expect(producer.counters.of.leasesLost.value).toBe(0);
    expect(driver.leaseCount).toBe(2);
  });

  test("D-02, D-17: a driver whose stream is announced by another that lives and was first ends while it is new, with an error that clients are told", async () => {
    await using rig = new DriverRig({ tellsPauses: false });
    const client = new TestClient(rig);
    const old = rig.startDriver();
    rig.clock.jump(10 * SECOND_NS);
    announceAlive(rig, client);
    rig.until(() => old.counters.of.foreignAnnounces.value > 0, "the announces to be heard");
    await rig.remove(old);
    const fresh = new Driver(rig.connection, rig.clock, rig.driverOptions());
    const errors: DriverError[] = [];
    rig.add({
      roleName: "driver under test",
      doWork: (nowNs) => {
        if (errors.length > 0) return 0;
        try {
          return fresh.doWork(nowNs);
        } catch (error) {
          errors.push(error as DriverError);
          return 0;
        }
      },
      onClose: () => fresh.onClose(),
    });
    rig.until(() => fresh.isReady, "the driver to be ready");
    // One that came later: that is logged, and this driver stays.
    const later = (fresh.streams.find(STREAM_ID)?.regions?.epoch ?? 0) + 1000;
    announceAlive(rig, client, { epoch: String(later) });
    rig.until(() => fresh.counters.of.foreignAnnounces.value > 0, "the newcomer to be heard");
    expect(errors).toEqual([]);
    client.say("ShmPoolAnnounce", FOREIGN);
    rig.until(() => errors.length > 0, "the driver to give way");
    expect([errors[0]?.code, errors[0]?.rule]).toEqual(["stream-taken", "D-02"]);
    client.tap.forget();
    await fresh.onClose();
    rig.until(() => client.tap.of("ShmDriverShutdown").length > 0, "the notice");
    expect(client.tap.of("ShmDriverShutdown")).toMatchObject([
      { reason: "ERROR", errorMessage: expect.stringContaining("announced by another owner") },
    ]);
  });
});

describe("end and start of a driver", () => {
  test("D-17: an orderly end tells clients, who let go, and leaves nothing", async () => {
    await using rig = new DriverRig();
    const driver = rig.startDriver({ shutdownTimeoutNs: 5 * SECOND_NS });
    const client = new TestClient(rig);
    const { producer, consumer } = rig.leasedPair();
    await rig.remove(driver);
    rig.until(() => !producer.isAttached && !consumer.isMapped, "the roles to let go");
    expect(client.tap.of("ShmDriverShutdown")).toMatchObject([{ reason: "NORMAL" }]);
    expect(existsSync(rig.baseDir)).toBe(false);
    expect([producer, consumer].map(({ counters }) => counters.of.leasesLost.value)).toEqual([1, 1]);
  });

  test("D-04: announces on a stream of their own reach producers and consumers that are configured for it", async () => {
    await using rig = new DriverRig({ tellsPauses: false });
    const { channels } = rig.driverOptions();
    const announceStreamId = 1001;
    rig.startDriver({ channels: { ...channels, announceStreamId } });
    const streams = { ...DEFAULT_STREAMS, announceStreamId };
    const consumer = rig.leasedConsumer({ streams });
    rig.until(() => consumer.isMapped, "the idle epoch");
    const producer = rig.leasedProducer({ streams });
    rig.untilJoined({ producer, consumer });
    // For longer than a silent driver is borne.
    for (let tenth = 0; tenth < 60; tenth++) {
      rig.clock.jump(SECOND_NS / 10);
      rig.step(3);
    }
    expect([producer, consumer].map(({ counters }) => counters.of.leasesLost.value)).toEqual([0, 0]);
  });

  test("D-17, D-18: after a restart clients attach by themselves, to strictly higher epochs", async () => {
    await using rig = new DriverRig();
    const pair = rig.leasedPairLater();
    let highest = 0;
    for (let round = 0; round < 3; round++) {
      const driver = rig.startDriver();
      rig.untilJoined(pair);
      expect(pair.producer.epoch).toBeGreaterThan(highest);
      highest = pair.producer.epoch;
      expect(pair.producer.offer(new Uint8Array(16).fill(round + 1), SHAPE)).toBe("published");
      const seen: number[] = [];
      rig.until(() => pair.consumer.poll((frame) => void seen.push(frame.bytes[0] ?? 0)) > 0, "the frame");
      expect(seen).toEqual([round + 1]);
      await rig.remove(driver);
    }
    expect(pair.consumer.counters.of.accepted.value).toBe(3);
  });

  test("D-13, D-18: epochs grow when the folders of the one before were removed, and when a folder names a later one", async () => {
    await using rig = new DriverRig();
    const first = rig.startDriver();
    const before = first.streams.find(STREAM_ID)?.regions?.epoch ?? 0;
    await rig.remove(first);
    rmSync(rig.baseDir, { recursive: true, force: true });
    const second = rig.startDriver();
    const again = second.streams.find(STREAM_ID)?.regions?.epoch ?? 0;
    expect(again).toBeGreaterThan(before);
    await rig.remove(second);
    const future = again + 1_000_000_000;
    mkdirSync(`${rig.baseDir}/test/driver-test-${STREAM_ID}/epoch-${future}`, { recursive: true, mode: 0o700 });
    const third = rig.startDriver();
    expect(third.streams.find(STREAM_ID)?.regions?.epoch).toBe(future + 1);
  });

  test("D-19: ended epochs that carried frames are kept by number and age, those without a frame go at once", async () => {
    await using rig = new DriverRig({ tellsPauses: false });
    // No machine takes so long for what the test does between its jumps.
    const minAgeNs = 600 * SECOND_NS;
    const retention = { isEnabled: true, keep: 2, minAgeNs, atStart: false };
    rig.startDriver({ retention });
    const carried: string[] = [];
    for (let round = 0; round < 4; round++) {
      const producer = rig.leasedProducer();
      rig.until(() => producer.isReady, "the producer to attach");
      const claim = producer.tryClaim(16);
      claim?.commit(SHAPE);
      carried.push(`epoch-${producer.epoch}`);
      await rig.remove(producer);
    }
    rig.clock.jump(minAgeNs / 2);
    rig.settle();
    // Too young: all four are there, beside the one that is current.
    expect(epochFolders(rig).slice(0, -1)).toEqual(carried);
    rig.clock.jump(minAgeNs);
    rig.until(() => epochFolders(rig).length === 3, "the older two to be swept");
    expect(epochFolders(rig).slice(0, -1)).toEqual(carried.slice(2));
  });

  test("D-19: an epoch that a process maps is not swept, whatever its age", async () => {
    await using rig = new DriverRig();
    rig.startDriver();
    const { producer, consumer } = rig.leasedPair();
    producer.offer(new Uint8Array(16), SHAPE);
    const held = `epoch-${producer.epoch}`;
    // The consumer does not work: it maps on.
    const { AllowedBaseDirs, MappedStream } = await import("../../src/shm/index.ts");
    using reader = MappedStream.map(
      {
        streamId: STREAM_ID,
        producerId: 0,
        epoch: BigInt(producer.epoch),
        layoutVersion: 1,
        headerNslots: 8,
        headerSlotBytes: 256,
        maxDims: 8,
        headerRegionUri: producer.regions.headerRing.uri,
        pools: producer.regions.pools.map(({ poolId, strideBytes, uri }) => ({
          poolId,
          strideBytes,
          poolNslots: 8,
          regionUri: uri,
        })),
      },
      AllowedBaseDirs.resolve([rig.directory.path]),
    );
    await rig.remove(producer);
    rig.until(() => consumer.isMapped, "the next epoch");
    rig.settle();
    expect(epochFolders(rig)).toContain(held);
    reader.close();
    rig.until(() => !epochFolders(rig).includes(held), "the epoch to be swept");
  });

  test("D-19: what a predecessor left is swept by the same rule, or at once where that is asked for", async () => {
    for (const atStart of [false, true]) {
      await using rig = new DriverRig({ tellsPauses: false });
      const minAgeNs = 600 * SECOND_NS;
      const retention = { isEnabled: true, keep: 1, minAgeNs, atStart };
      const { InstanceDirectory, RegionSet, regionRights } = await import("../../src/shm/index.ts");
      const left: string[] = [];
      {
        using directory = InstanceDirectory.open({
          baseDir: rig.baseDir,
          namespace: "test",
          instanceId: `driver-test-${STREAM_ID}`,
          rights: regionRights("private"),
        });
        for (let i = 0; i < 3; i++) {
          const plan = { ...smallPlan(), startTimestampNs: 1n, retains: () => true };
          const set = RegionSet.createIn(directory, plan);
          // Each carried a frame.
          new Uint8Array(set.headerRing.mapping.window(64, 256))[0] = 1;
          left.push(`epoch-${set.epoch}`);
          set.close({ unlink: false });
        }
      }
      rig.startDriver({ retention });
      if (!atStart) {
        expect(epochFolders(rig).slice(0, -1)).toEqual(left);
        rig.clock.jump(2 * minAgeNs);
        rig.until(() => epochFolders(rig).length === 2, "all but the newest to be swept");
        expect(epochFolders(rig)[0]).toBe(left[2] as string);
      } else {
        rig.until(() => epochFolders(rig).length === 1, "all of them to be swept");
      }
    }
  });

  test("a stream that does not fit with its retained epochs is refused at start, with the numbers", async () => {
    await using rig = new DriverRig();
    const huge = smallPlan(9, { nslots: 2 ** 20, pools: [{ poolId: 1, strideBytes: 2 ** 20 }] });
    const error = failureOf(() => new Driver(rig.connection, rig.clock, rig.driverOptions({ streams: [huge] })));
    expect(error.code).toBe("no-space");
    expect(error.message).toMatch(/stream 9 .*needs 2 TiB.*has .* free.*epoch_gc_keep/);
    expect(existsSync(rig.baseDir)).toBe(false);
    rig.startDriver();
  });

  test("W-28: hugepages that are required and missing stop the start; nothing is left", async () => {
    await using rig = new DriverRig();
    const { storage } = rig.driverOptions();
    const options = rig.driverOptions({ storage: { ...storage, requireHugepages: true } });
    const driver = new Driver(rig.connection, rig.clock, options);
    const error = failureOf(() => {
      for (let cycle = 0; cycle < 100; cycle++) driver.doWork(rig.clock.nanoTime());
    });
    expect([String(error.code), error.rule]).toEqual(["not-hugepages", "W-28"]);
    await driver.onClose();
    expect(existsSync(rig.baseDir)).toBe(false);
  });

  test("memory is locked where that is asked for", async () => {
    await using rig = new DriverRig();
    const { storage } = rig.driverOptions();
    const driver = new Driver(rig.connection, rig.clock, rig.driverOptions({ storage: { ...storage, mlock: true } }));
    rig.add(driver);
    rig.until(() => driver.isReady, "the regions to be made and locked");
    const locked = /^VmLck:\s+(\d+) kB/m.exec(await Bun.file("/proc/self/status").text())?.[1];
    expect(Number(locked)).toBeGreaterThanOrEqual(40);
  });
});
