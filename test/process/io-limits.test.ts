import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { Place } from "../support/place.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

describe("a frame that can never be published is refused at the start, with the limit", () => {
  test(
    "one that no slot can have: before regions are made (W-04)",
    async () => {
      await using place = new Place();
      const producer = place.producer(["--source", "synthetic:dtype=uint8,dims=3x1024x1024x1024"]);
      expect(await producer.exit()).toBe(2);
      expect(producer.stderr).toContain("at most 2147483648 bytes (2 GiB, the largest slot)");
      expect(existsSync(place.shmDir)).toBe(false);
    },
    PROCESS_TEST_MS,
  );

  test(
    "one that is larger than the pools of --pool",
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      const producer = place.producer(["--source", "synthetic:", "--pool", "4KiB,64KiB"]);
      expect(await producer.exit()).toBe(2);
      expect(producer.stderr).toContain(
        "--pool: the source has frames of 307200 bytes, and the largest pool takes 65536; add a pool of 524288 bytes (512 KiB)",
      );
      expect(place.regionFiles()).toEqual([]);
    },
    PROCESS_TEST_MS,
  );

  test(
    "one that is larger than the pools of the driver's stream",
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      const where = ["--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir];
      const driver = place.run(["driver", ...where, "--stream", "10000", "--slots", "8", "--pool", "64KiB"]);
      await driver.errorLine(/leases end/);
      const producer = place.run(["producer", ...where, "--source", "synthetic:"]);
      expect(await producer.exit()).toBe(2);
      expect(producer.stderr).toContain(
        "stream 10000: the source has frames of 307200 bytes, and the stream's largest pool takes 65536",
      );
    },
    PROCESS_TEST_MS,
  );
});
