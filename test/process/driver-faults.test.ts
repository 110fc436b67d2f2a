import { describe, expect, test } from "bun:test";
import { DriverPlace } from "../support/driver-place.ts";
import { flows } from "../support/flow.ts";
import type { RoleProcess } from "../support/role-process.ts";
import { elapse, PROCESS_TEST_MS, until } from "../support/until.ts";

const LIVE = ["--source", "synthetic:dtype=uint8,dims=64x64,rate=500", "--stats-interval", "50ms"];
const WATCH = ["--stats-interval", "50ms"];
const SERVE = ["--stream", "10000", "--slots", "256", "--pool", "4KiB"];
const EXTERNAL = [...SERVE, "--media-driver", "external"];

async function start(place: DriverPlace, serve: readonly string[]) {
  const driver = place.driver(serve);
  const producer = place.producer(LIVE);
  const consumer = place.consumer(WATCH);
  await flows(consumer);
  return { driver, producer, consumer };
}

function epochOf(role: RoleProcess): bigint {
  return BigInt(role.rows.at(-1)?.epoch ?? 0);
}

/** Roles first: then the driver has nothing to wait for. */
async function end(place: DriverPlace, ...processes: readonly RoleProcess[]): Promise<void> {
  for (const process of processes) {
    process.signal("SIGTERM");
    expect(await process.exit()).toBe(0);
  }
  await place.isEmpty();
}

describe("a driver", () => {
  test(
    "D-10, D-17, D-18: killed and started again at once under load: both clients have another lease, of a greater epoch",
    async () => {
      await using place = new DriverPlace();
      const mediaDriver = await place.mediaDriver();
      const { driver, producer, consumer } = await start(place, EXTERNAL);
      const epoch = epochOf(producer);
      driver.signal("SIGKILL");
      const next = place.driver(EXTERNAL);
      await Promise.all(
        [producer, consumer].map(async (role) => {
          await role.errorLine(
            /the lease on stream 10000 has ended: .*(another driver|was followed by|fell silent|no such lease)/,
          );
          await role.errorLine(/attached to stream 10000 again/);
        }),
      );
      await flows(consumer);
      // Rows of two processes: either may be the older one.
      await until(
        () => epochOf(producer) > epoch && epochOf(consumer) === epochOf(producer),
        () => `both in an epoch above ${epoch}, found ${epochOf(producer)} and ${epochOf(consumer)}`,
      );
      await end(place, producer, consumer, next, mediaDriver);
      // Keepalives of leases that the new driver never gave would continue indefinitely.
      expect(/keepalivesUnknown +(\d+)/.exec(next.stderr)?.[1] ?? "0").toMatch(/^[0-9]$/);
    },
    PROCESS_TEST_MS,
  );

  test(
    "W-08, D-17: that was paused for longer than its leases last continues, and so do its clients",
    async () => {
      await using place = new DriverPlace();
      const { driver, producer, consumer } = await start(place, SERVE);
      await driver.stop();
      await elapse(6000);
      driver.signal("SIGCONT");
      await driver.errorLine(/was paused for/);
      await flows(consumer);
      // And it stays like that.
      await elapse(1000);
      await flows(consumer);
      await end(place, producer, consumer, driver);
    },
    PROCESS_TEST_MS,
  );

  test(
    "D-13, D-18: killed, and its folders removed by hand: epochs grow all the same",
    async () => {
      await using place = new DriverPlace();
      const { driver, producer, consumer } = await start(place, SERVE);
      const epoch = epochOf(producer);
      await driver.destroy();
      await place.shell('rm -r "$1"', [place.shmDir]);
      const next = place.driver(SERVE);
      await producer.errorLine(/attached to stream 10000 again/);
      await consumer.errorLine(/attached to stream 10000 again/);
      await flows(consumer);
      expect(epochOf(producer)).toBeGreaterThan(epoch);
      await until(
        () => epochOf(consumer) === epochOf(producer),
        () => "the consumer to be in the producer's epoch",
      );
      await end(place, producer, consumer, next);
    },
    PROCESS_TEST_MS,
  );

  test(
    "D-13: whose folders are removed while it runs makes regions again, under a greater epoch, and readers can come",
    async () => {
      await using place = new DriverPlace();
      const { driver, producer, consumer } = await start(place, SERVE);
      const epoch = epochOf(producer);
      await place.shell('rm -r "$1"', [place.shmDir]);
      await driver.errorLine(/its regions were removed or moved/);
      await producer.errorLine(/attached to stream 10000 again/);
      await flows(consumer);
      const late = place.consumer(WATCH);
      await flows(late);
      expect(epochOf(producer)).toBeGreaterThan(epoch);
      await end(place, producer, consumer, late, driver);
    },
    PROCESS_TEST_MS,
  );
});

describe("a consumer", () => {
  test(
    "W-19, D-14: stopped until its lease has expired counts the frames that passed, and says so: all that were published have an outcome",
    async () => {
      await using place = new DriverPlace();
      const driver = place.driver(SERVE);
      const producer = place.producer([
        ...["--source", "synthetic:dtype=uint8,dims=64x64,rate=500", "--count", "7000", "--wait-consumers", "1"],
      ]);
      const consumer = place.consumer([...WATCH, "--fail-on-loss"]);
      await flows(consumer);
      await consumer.stop();
      await driver.errorLine(/has expired: no keepalive came/);
      consumer.signal("SIGCONT");
      await consumer.errorLine(/was paused for .* s and missed \d{3,} frames/);
      expect(await producer.exit()).toBe(0);
      await consumer.row(({ counters }) => (counters.ends ?? 0) > 0, "the end of the stream");
      consumer.signal("SIGTERM");
      expect(await consumer.exit()).toBe(4);
      const numberIn = (role: RoleProcess, pattern: RegExp): number =>
        Number(pattern.exec(role.stderr)?.[1]?.replaceAll(",", ""));
      const outcomes = numberIn(consumer, /accepted ([\d,]+) frames/) + numberIn(consumer, /lost ([\d,]+)/);
      expect(outcomes).toBe(numberIn(producer, /of ([\d,]+) claimed frames/));
      // `detached` as a rule; `gap` where descriptors from before the pause were still there after it.
      expect(numberIn(consumer, /lost ([\d,]+)/)).toBeGreaterThan(500);
      await end(place, driver);
    },
    PROCESS_TEST_MS,
  );
});
