import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { Place } from "../support/place.ts";
import type { RoleProcess } from "../support/role-process.ts";
import { elapse, PROCESS_TEST_MS, until } from "../support/until.ts";

const LIVE = ["--source", "synthetic:dtype=uint8,dims=64x64,rate=500", "--slots", "256", "--stats-interval", "50ms"];
const WATCH = ["--stats-interval", "50ms"];

/** Waits for rows after now in which frames were accepted. */
async function flows(consumer: RoleProcess): Promise<void> {
  consumer.markRows();
  const first = await consumer.row(() => true, "counters");
  const { accepted = 0 } = first.counters;
  await consumer.row((row) => (row.counters.accepted ?? 0) > accepted + 20, "more accepted frames");
}

async function start(place: Place, producerArguments: readonly string[] = []) {
  const producer = place.producer([...LIVE, ...producerArguments]);
  const consumer = place.consumer(WATCH);
  await flows(consumer);
  return { producer, consumer };
}

function epochFolders(place: Place): string[] {
  return readdirSync(`${place.shmDir}/default/standalone-10000`).sort();
}

describe("the media driver", () => {
  test(
    "any number of roles that start at once end up with one, and all of them work with it",
    async () => {
      await using place = new Place();
      const streams = ["1", "2", "3"];
      const producers = streams.map((stream) => place.producer([...LIVE, "--stream", stream]));
      const consumers = streams.map((stream) => place.consumer([...WATCH, "--stream", stream]));
      await Promise.all(consumers.map(flows));
      // Those that lost the race may still be on their way out.
      await until(
        () => place.driverPids().length === 1,
        () => `one media driver, found ${place.driverPids().length}`,
      );
      for (const role of [...producers, ...consumers]) role.signal("SIGTERM");
      const codes = await Promise.all([...producers, ...consumers].map((role) => role.exit()));
      expect(codes).toEqual([0, 0, 0, 0, 0, 0]);
      expect(place.driverPids().length).toBe(1);
    },
    PROCESS_TEST_MS,
  );

  test(
    "started by hand many times at once: one serves, the others end with 0 and say why",
    async () => {
      await using place = new Place();
      const drivers = Array.from({ length: 5 }, () =>
        place.run(["media-driver", "--aeron-dir", place.aeronDir, "--linger", "0"]),
      );
      await until(
        () => drivers.filter((driver) => driver.hasEnded).length === 4,
        () => "four drivers to end",
      );
      for (const driver of drivers) if (driver.hasEnded) expect(await driver.exit()).toBe(0);
      expect(drivers.filter((driver) => /already serves/.test(driver.stderr)).length).toBe(4);
      const serving = drivers.find((driver) => !driver.hasEnded);
      await serving?.errorLine(/media driver .* serves/);
      const consumer = place.consumer([...WATCH, "--media-driver", "external", "--count", "10"]);
      place.producer([...LIVE, "--media-driver", "external"]);
      expect(await consumer.exit()).toBe(0);
    },
    PROCESS_TEST_MS,
  );

  test(
    "ends by itself when it is unused, not while it is used, and leaves nothing behind",
    async () => {
      await using place = new Place();
      const consumer = place.consumer([...WATCH, "--media-driver", "external"]);
      await consumer.errorLine(/waiting for one/);
      const driver = await place.mediaDriver(["--linger", "1s"]);
      await elapse(1500);
      expect(driver.hasEnded).toBe(false);
      consumer.signal("SIGTERM");
      expect(await consumer.exit()).toBe(0);
      expect(await driver.exit()).toBe(0);
      expect(driver.stderr).toContain("unused for 1 s: ending");
      expect(existsSync(place.aeronDir)).toBe(false);
      await place.isEmpty();
    },
    PROCESS_TEST_MS,
  );

  test(
    "killed under load: both roles report it within about a second, start another one, and frames flow again",
    async () => {
      await using place = new Place();
      const { producer, consumer } = await start(place);
      // Both roles may have started one: the one that lost the race is about to end.
      await until(
        () => place.driverPids().length === 1,
        () => `one media driver, found ${place.driverPids().length}`,
      );
      const [driver = 0] = place.driverPids();
      const killedNs = Bun.nanoseconds();
      process.kill(driver, "SIGKILL");
      await Promise.all([producer.errorLine(/media driver died/), consumer.errorLine(/media driver died/)]);
      // A quarter of a second on a quiet machine; on any, before Aeron itself would have noticed, which takes ten.
      expect(Bun.nanoseconds() - killedNs).toBeLessThan(9e9);
      await Promise.all([producer.errorLine(/connected .* again/), consumer.errorLine(/connected .* again/)]);
      await flows(consumer);
      await until(
        () => place.driverPids().length === 1 && place.driverPids()[0] !== driver,
        () => `one media driver, another than ${driver}`,
      );
      // It is the same stream all the while: nothing was mapped again.
      expect(consumer.rows.at(-1)?.counters.maps).toBe(1);
      for (const role of [producer, consumer]) role.signal("SIGTERM");
      expect([await producer.exit(), await consumer.exit()]).toEqual([0, 0]);
      const { claimed, published, aborted, descriptorNotConnected, descriptorBackPressured } =
        producer.lastRow.counters;
      expect(claimed).toBe(
        (published ?? 0) + (aborted ?? 0) + (descriptorNotConnected ?? 0) + (descriptorBackPressured ?? 0),
      );
    },
    PROCESS_TEST_MS,
  );

  test(
    "killed while a file is sent with --flow wait: the rest of the file arrives, and what was lost is counted",
    async () => {
      await using place = new Place();
      const driver = await place.mediaDriver();
      const consumer = place.consumer([...WATCH, "--once", "--delay-per-frame", "1ms"]);
      const producer = place.producer([
        "--source",
        "synthetic:dtype=uint8,dims=64x64,rate=max,count=1500",
        ...["--flow", "wait", "--wait-consumers", "1", "--stats-interval", "50ms"],
      ]);
      await consumer.row((row) => (row.counters.accepted ?? 0) > 100, "accepted frames");
      driver.signal("SIGKILL");
      expect(await producer.exit()).toBe(0);
      expect(await consumer.exit()).toBe(0);
      const { claimed = 0, published } = producer.lastRow.counters;
      expect(claimed).toBe(1500);
      expect(published).toBe(1500);
      expect((consumer.lastRow.counters.accepted ?? 0) + consumer.lastRow.lost).toBe(claimed);
      // Only descriptors that were in the dead driver's buffers could get lost.
      expect(consumer.lastRow.lost).toBeLessThan(100);
    },
    PROCESS_TEST_MS,
  );

  test(
    "with --media-driver external a role waits for one, says so, and works when it comes",
    async () => {
      await using place = new Place();
      const external = ["--media-driver", "external"];
      const consumer = place.consumer([...WATCH, ...external, "--count", "10"]);
      await consumer.errorLine(/no media driver in .*: waiting for one/);
      expect(place.driverPids()).toEqual([]);
      await place.mediaDriver();
      place.producer([...LIVE, ...external]);
      expect(await consumer.exit()).toBe(0);
    },
    PROCESS_TEST_MS,
  );

  test(
    "embedded in the producer: others use it, and its end is survived by them",
    async () => {
      await using place = new Place();
      const producer = place.producer([...LIVE, "--media-driver", "embedded"]);
      const consumer = place.consumer([...WATCH, "--media-driver", "external"]);
      await flows(consumer);
      expect(place.driverPids()).toEqual([]);
      producer.signal("SIGTERM");
      expect(await producer.exit()).toBe(0);
      await consumer.errorLine(/waiting for one/);
      place.producer([...LIVE, "--media-driver", "embedded"]);
      await flows(consumer);
      consumer.signal("SIGTERM");
      expect(await consumer.exit()).toBe(0);
    },
    PROCESS_TEST_MS,
  );
});

describe("a producer", () => {
  test(
    "W-21: killed and started again has a greater epoch; the consumer follows, and the dead epoch's folder is swept",
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      const { producer, consumer } = await start(place);
      const [dead = ""] = epochFolders(place);
      await producer.destroy();
      expect(epochFolders(place)).toEqual([dead]);
      const next = place.producer(LIVE);
      const { epoch } = await next.row(() => true, "an epoch");
      expect(`epoch-${epoch}` > dead).toBe(true);
      await consumer.row((row) => row.epoch === String(epoch), "the new epoch mapped");
      await flows(consumer);
      // The consumer held the dead epoch while the producer started; the next start finds it free.
      next.signal("SIGTERM");
      expect(await next.exit()).toBe(0);
      const last = place.producer(LIVE);
      const { epoch: lastEpoch } = await last.row(() => true, "an epoch");
      expect(Number(lastEpoch)).toBeGreaterThan(Number(epoch));
      expect(epochFolders(place)).toEqual([`epoch-${lastEpoch}`]);
      await flows(consumer);
    },
    PROCESS_TEST_MS,
  );

  test(
    "W-08: what a predecessor announced, still in the driver's logs, is not taken for a second writer",
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      const { producer: killed, consumer } = await start(place);
      await killed.destroy();
      // The killed one's subscription still holds the logs: whoever joins them reads the announces of the second again.
      const second = place.producer(LIVE);
      await second.row((row) => (row.counters.controlSent ?? 0) > 10, "several announces");
      second.signal("SIGTERM");
      expect(await second.exit()).toBe(0);
      const third = place.producer(LIVE);
      const { epoch } = await third.row((row) => (row.counters.controlSent ?? 0) > 10, "several announces");
      await consumer.row((row) => row.epoch === String(epoch), "the third's epoch mapped");
      await flows(consumer);
      third.signal("SIGTERM");
      expect(await third.exit()).toBe(0);
    },
    PROCESS_TEST_MS,
  );

  test(
    "W-08: killed and not started again is noticed, and its last frames are not waited for",
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      const { producer, consumer } = await start(place);
      await producer.destroy();
      await consumer.errorLine(/no sign of life/);
      consumer.markRows();
      const row = await consumer.row((candidate) => candidate.epoch === null, "nothing mapped");
      expect(row.counters.ownersLost).toBe(1);
    },
    PROCESS_TEST_MS,
  );

  test(
    "stopped for longer than readers wait, it begins a new epoch, and the consumer follows",
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      const { producer, consumer } = await start(place);
      await producer.stop();
      await consumer.errorLine(/no sign of life/);
      producer.signal("SIGCONT");
      await producer.errorLine(/was paused for .* s: starting a new epoch/);
      await flows(consumer);
      for (const role of [producer, consumer]) role.signal("SIGTERM");
      expect([await producer.exit(), await consumer.exit()]).toEqual([0, 0]);
      // The last rows are of roles that have closed.
      const epochs = [producer, consumer].map(({ rows }) => rows.map(({ epoch }) => Number(epoch ?? 0)));
      const [written, read] = epochs.map((each) => each.findLast((epoch) => epoch > 0));
      expect(read).toBe(written);
      expect(place.regionFiles()).toEqual([]);
    },
    PROCESS_TEST_MS,
  );
});

describe("a consumer", () => {
  test(
    "stopped for a while: the producer and a healthy consumer continue, and it says afterwards what it missed",
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      const { producer, consumer: stopped } = await start(place);
      const healthy = place.consumer(WATCH);
      await flows(healthy);
      await stopped.stop();
      producer.markRows();
      const before = (await producer.row(() => true, "counters")).counters.claimed ?? 0;
      // A second and a half at 500 a second, and a second more than the window holds.
      await producer.row((row) => (row.counters.claimed ?? 0) > before + 750, "750 further frames");
      stopped.signal("SIGCONT");
      const line = await stopped.errorLine(/was paused for .* s and missed \d+ frames/);
      await Promise.all([flows(stopped), flows(healthy)]);
      const [, seconds, missed] = /for ([\d.]+) s and missed (\d+)/.exec(line) ?? [];
      expect(Number(seconds)).toBeGreaterThan(1.2);
      expect(Number(missed)).toBeGreaterThan(400);
      for (const role of [producer, stopped, healthy]) role.signal("SIGTERM");
      expect([await producer.exit(), await stopped.exit(), await healthy.exit()]).toEqual([0, 0, 0]);
      expect(stopped.lastRow.lost).toBeGreaterThanOrEqual(Number(missed));
    },
    PROCESS_TEST_MS,
  );

  test(
    "killed: the producer and the others do not notice, and nothing of it is left",
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      const { producer, consumer } = await start(place);
      const healthy = place.consumer(WATCH);
      await flows(healthy);
      await consumer.destroy();
      await flows(healthy);
      for (const role of [producer, healthy]) role.signal("SIGTERM");
      expect([await producer.exit(), await healthy.exit()]).toEqual([0, 0]);
      expect(place.regionFiles()).toEqual([]);
    },
    PROCESS_TEST_MS,
  );
});
