import { expect, test } from "bun:test";
import { TensorPool } from "../../src/index.ts";
import { Place } from "../support/place.ts";
import { elapse, PROCESS_TEST_MS } from "../support/until.ts";

test(
  "a connected pool without a role is use: its media driver stays, and ends when the pool has gone",
  async () => {
    await using place = new Place();
    const driver = await place.mediaDriver(["--linger", "1s"]);
    const pool = await TensorPool.connect({ aeronDir: place.aeronDir, shmDir: place.shmDir, mediaDriver: "external" });
    // Longer than a driver without clients stays, even where this machine is slow to notice them.
    await elapse(4000);
    expect([driver.hasEnded, driver.stderr.includes("unused")]).toEqual([false, false]);
    await pool.close();
    await driver.errorLine(/unused for 1 s/);
    expect(await driver.exit()).toBe(0);
    await place.isEmpty();
  },
  PROCESS_TEST_MS,
);
