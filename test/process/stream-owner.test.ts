import { describe, expect, test } from "bun:test";
import { existsSync, renameSync } from "node:fs";
import { DriverPlace } from "../support/driver-place.ts";
import { flows } from "../support/flow.ts";
import { Place } from "../support/place.ts";
import type { RoleProcess } from "../support/role-process.ts";
import { PROCESS_TEST_MS, until } from "../support/until.ts";

const LIVE = ["--source", "synthetic:dtype=uint8,dims=64x64,rate=500", "--stats-interval", "50ms"];
const WATCH = ["--stats-interval", "50ms"];
const SERVE = ["--stream", "10000", "--slots", "64", "--pool", "4KiB"];

function epochOf(role: RoleProcess): bigint {
  return BigInt(role.rows.at(-1)?.epoch ?? 0);
}

async function end(...processes: readonly RoleProcess[]): Promise<void> {
  for (const process of processes) {
    process.signal("SIGTERM");
    expect(await process.exit()).toBe(0);
  }
}

describe("who owns a stream", () => {
  test(
    "W-08: of two standalone producers that are started before the media driver exactly one stays, wherever their regions are",
    async () => {
      await using place = new Place();
      const external = [...LIVE, "--media-driver", "external"];
      const producers = [place.producer(external), place.producer([...external, "--shm-dir", place.at("elsewhere")])];
      await until(
        () => producers.some((producer) => producer.hasEnded),
        () => `one of them to end: ${producers.map((producer) => producer.describe()).join("\n")}`,
      );
      const [refused, kept] = producers[0]?.hasEnded === true ? producers : producers.toReversed();
      expect(await refused?.exit()).toBe(1);
      expect(refused?.stderr).toContain(
        `stream 10000 is owned by another standalone producer (process ${kept?.pid}) in `,
      );
      await place.mediaDriver();
      const consumer = place.consumer([...WATCH, "--allowed-base-dirs", place.path]);
      await flows(consumer);
      await end(consumer, kept as RoleProcess);
      expect(existsSync(`${place.aeronDir}.tensorpool.lock`)).toBe(false);
    },
    PROCESS_TEST_MS,
  );

  test(
    "W-08, D-02: a driver does not take the stream of a standalone producer, nor a producer that of a driver; killed, they leave it free",
    async () => {
      await using place = new DriverPlace();
      const mediaDriver = await place.mediaDriver();
      const standalone = ["--standalone", ...LIVE];
      const producer = place.role("producer", ["-o", "jsonl", ...standalone]);
      await producer.row((row) => (row.counters.claimed ?? 0) > 0, "frames");
      const refused = place.driver([...SERVE, "--media-driver", "external"]);
      expect(await refused.exit()).toBe(1);
      expect(refused.stderr).toContain(`is owned by a standalone producer (process ${producer.pid}) in `);
      await producer.destroy();
      const driver = await place.readyDriver([...SERVE, "--media-driver", "external"]);
      const second = place.role("producer", standalone);
      expect(await second.exit()).toBe(1);
      expect(second.stderr).toContain(`is served by a driver (process ${driver.pid}) in `);
      await driver.destroy();
      const third = place.role("producer", ["-o", "jsonl", ...standalone]);
      await third.row((row) => (row.counters.claimed ?? 0) > 0, "frames");
      await end(third, mediaDriver);
      // The media driver took along what the killed ones left beside its folder.
      expect(existsSync(`${place.aeronDir}.tensorpool.lock`)).toBe(false);
    },
    PROCESS_TEST_MS,
  );

  test(
    "W-22: consumers that come while what killed producers announced is still in the logs read the living one, and stay with it",
    async () => {
      await using place = new Place();
      const mediaDriver = await place.mediaDriver();
      // Keeps the logs of those that are killed.
      const first = place.consumer(WATCH);
      for (let round = 0; round < 3; round++) {
        const killed = place.producer(LIVE);
        await killed.row((row) => (row.counters.controlSent ?? 0) > 6, "several announces");
        await killed.destroy();
      }
      const living = place.producer(LIVE);
      await living.row((row) => (row.counters.claimed ?? 0) > 0, "frames");
      const late = [place.consumer(WATCH), place.consumer(WATCH), place.consumer(WATCH)];
      for (const consumer of [first, ...late]) {
        await until(
          () => epochOf(consumer) === epochOf(living),
          () => `the living epoch ${epochOf(living)}, found ${epochOf(consumer)}: ${consumer.stderr}`,
        );
        await flows(consumer);
      }
      // On a busy machine nothing may be heard within the half second that `ls` takes: then it shows no epoch.
      let shown: string | null = null;
      for (let attempt = 0; shown === null && attempt < 10; attempt++) {
        const ls = place.run(["ls", "--aeron-dir", place.aeronDir, "-o", "json"]);
        expect(await ls.exit()).toBe(0);
        shown = JSON.parse(ls.stdout).streams[0].epoch;
      }
      expect(shown).toBe(String(epochOf(living)));
      await end(first, ...late, living, mediaDriver);
      await place.isEmpty();
    },
    PROCESS_TEST_MS,
  );

  test(
    "D-02, D-17: a driver that is killed and started again takes its streams, whatever it announced before, and serves them",
    async () => {
      await using place = new DriverPlace();
      const mediaDriver = await place.mediaDriver();
      const serve = [...SERVE, "--media-driver", "external"];
      const killed = await place.readyDriver(serve);
      // Its place in the logs is behind: who joins them later reads all that it has not.
      const stopped = place.consumer(WATCH);
      await stopped.errorLine(/mapped stream 10000/);
      await stopped.stop();
      const producer = place.producer(LIVE);
      await producer.row((row) => (row.counters.claimed ?? 0) > 500, "frames, and announces meanwhile");
      await killed.destroy();
      const driver = await place.readyDriver(serve);
      const consumer = place.consumer(WATCH);
      await flows(consumer);
      stopped.signal("SIGCONT");
      await flows(stopped);
      // By now a driver that took those announces for another's would have ended.
      expect(driver.hasEnded).toBe(false);
      expect(driver.stderr).not.toContain("announced by another");
      await end(consumer, stopped, producer, driver, mediaDriver);
      await place.isEmpty();
    },
    PROCESS_TEST_MS,
  );

  test(
    "D-13: a driver whose folder is moved makes one epoch where the folder belongs, and the stream flows again",
    async () => {
      await using place = new DriverPlace();
      const driver = place.driver(SERVE);
      const producer = place.producer(LIVE);
      const consumer = place.consumer(WATCH);
      await flows(consumer);
      const epoch = epochOf(producer);
      renameSync(place.shmDir, place.at("moved"));
      await driver.errorLine(/its regions were removed or moved/);
      await until(
        () => epochOf(producer) > epoch && epochOf(consumer) === epochOf(producer),
        () => `both in an epoch above ${epoch}, found ${epochOf(producer)} and ${epochOf(consumer)}`,
      );
      await flows(consumer, 1000);
      expect(driver.stderrLines.filter((line) => line.includes("removed or moved")).length).toBe(1);
      expect(existsSync(place.shmDir)).toBe(true);
      await end(producer, consumer, driver);
    },
    PROCESS_TEST_MS,
  );
});
