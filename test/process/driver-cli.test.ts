import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { DriverPlace } from "../support/driver-place.ts";
import { SELF } from "../support/place.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

const SMALL = ["--stream", "10000", "--slots", "64", "--pool", "64KiB"];

describe("the driver as a process", () => {
  test(
    "says what it serves, serves producers and consumers, and leaves nothing behind after Ctrl-C and SIGTERM",
    async () => {
      for (const [signal, code] of [
        ["SIGINT", 130],
        ["SIGTERM", 0],
      ] as const) {
        await using place = new DriverPlace();
        const driver = await place.readyDriver(SMALL);
        expect(driver.stderr).toMatch(/driver driver-01 .* serves .*control stream 1000; media driver in this process/);
        expect(driver.stderr).toMatch(/stream 10000 \(stream-10000\): 64 slots of 64 KiB/);
        expect(driver.stderr).toMatch(/leases end 3 s after the last keepalive/);
        const consumer = place.role("consumer", ["--sink", "null", "--count", "50"]);
        const producer = place.role("producer", ["--source", "synthetic:dtype=uint8,dims=64x64", "--rate", "200"]);
        expect(await consumer.exit()).toBe(0);
        expect(consumer.stderr).toContain("accepted 50 frames");
        producer.signal("SIGTERM");
        expect(await producer.exit()).toBe(0);
        driver.signal(signal);
        expect(await driver.exit()).toBe(code);
        await place.isEmpty();
      }
    },
    PROCESS_TEST_MS,
  );

  test(
    "a finite source arrives whole at a consumer that ends with it",
    async () => {
      await using place = new DriverPlace();
      await place.readyDriver(SMALL);
      const consumer = place.role("consumer", ["--sink", "raw:-"], { binary: true });
      await consumer.errorLine(/attached to stream 10000/);
      const bytes = new Uint8Array(64 * 1024 * 40);
      for (let i = 0; i < bytes.length; i++) bytes[i] = (i >> 16) ^ i;
      const arguments_ = ["--source", "raw:-", "--dtype", "uint8", "--dims", "256x256"];
      const producer = place.role("producer", arguments_, { stdin: bytes });
      expect([await producer.exit(), await consumer.exit()]).toEqual([0, 0]);
      expect(Buffer.compare(consumer.bytes, Buffer.from(bytes))).toBe(0);
    },
    PROCESS_TEST_MS,
  );

  test(
    "without a driver a role ends with 3 and names both ways; nothing is made",
    async () => {
      await using place = new DriverPlace();
      const roles = (["producer", "consumer"] as const).map((role) => {
        const source = role === "producer" ? ["--source", "synthetic:"] : [];
        return place.role(role, [...source, "--attach-timeout", "300ms"]);
      });
      for (const role of roles) {
        expect(await role.exit()).toBe(3);
        expect(role.stderr).toMatch(/no driver answered .*tensorpool driver.*--standalone/);
      }
      await place.isEmpty();
    },
    PROCESS_TEST_MS,
  );

  test(
    "a refusal that waiting cannot change ends a role with what the driver said",
    async () => {
      await using place = new DriverPlace();
      await place.readyDriver(SMALL);
      // So long that a busy driver has answered by then: without an answer it would be another error.
      const consumer = place.role("consumer", ["--stream", "77", "--attach-timeout", "3s"]);
      expect(await consumer.exit()).toBe(1);
      expect(consumer.stderr).toMatch(/refuses stream 77 \(REJECTED\).*stream 77/);
    },
    PROCESS_TEST_MS,
  );

  test(
    "wrong settings stop the start with 2 and name the setting; a second driver ends with 1",
    async () => {
      await using place = new DriverPlace();
      const file = place.at("tensorpool.toml");
      writeFileSync(
        file,
        "[policies]\nlease_expiry_grace_intervalls = 3\n[profiles.a]\npayload_pools = [{ pool_id = 1, stride_bytes = 4096 }]\n",
      );
      const cases: readonly (readonly [args: readonly string[], message: string | RegExp])[] = [
        [[], "no stream to serve"],
        [["--stream", "0"], "--stream"],
        [["--stream", "7,7"], "each stream id once"],
        [["--stream", "7", "--slots", "12"], "power of two"],
        [["--stream", "7", "--pool", "5000"], "power of two"],
        [["--dynamic", "9-2"], "--dynamic"],
        [["--stream", "7", "--threading", "many"], "--threading"],
        [["--config", file], /lease_expiry_grace_intervalls: unknown key; did you mean "lease_expiry_grace_intervals"/],
      ];
      const onNode = place.driver(["--stream", "7"], { env: { TENSORPOOL_SHM_NUMA_NODE: "1023" } });
      expect(await onNode.exit()).toBe(2);
      expect(onNode.stderr).toMatch(/shm.numa_node: expected a NUMA node that is there \(0.*\), found 1023/);
      const runs = cases.map(([args, message]) => ({ run: place.driver(args), message }));
      for (const { run, message } of runs) {
        expect(await run.exit()).toBe(2);
        if (typeof message === "string") expect(run.stderr).toContain(message);
        else expect(run.stderr).toMatch(message);
      }
      await place.readyDriver(SMALL);
      const second = place.driver(SMALL);
      expect(await second.exit()).toBe(1);
      expect(second.stderr).toContain("a driver already serves control stream 1000");
    },
    PROCESS_TEST_MS,
  );

  test(
    "memory that may not be locked stops the driver with 1, the limit and the need",
    async () => {
      await using place = new DriverPlace();
      const words = [...SELF, "driver", "--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir, ...SMALL];
      const script = 'prlimit --memlock=65536 setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock "$@"';
      const { stderr, code } = await place.shell(`TENSORPOOL_POLICIES_MLOCK_SHM=true ${script}`, words);
      expect(code).toBe(1);
      expect(stderr).toMatch(/policies.mlock_shm: stream 10000 needs 4.* MiB locked in memory.*64 KiB.*LimitMEMLOCK/);
      expect(place.regionFiles()).toEqual([]);
    },
    PROCESS_TEST_MS,
  );

  test(
    "regions are made on the NUMA node that is asked for",
    async () => {
      await using place = new DriverPlace();
      const driver = place.driver(SMALL, { env: { TENSORPOOL_SHM_NUMA_NODE: "0" } });
      await driver.errorLine(/leases end/);
      const consumer = place.role("consumer", ["--sink", "null"]);
      await consumer.errorLine(/mapped stream 10000/);
      const [map] = readFileSync(`/proc/${driver.pid}/numa_maps`, "utf8")
        .split("\n")
        .filter((line) => line.includes("payload-1.pool"));
      expect(map).toMatch(/ N0=\d+/);
    },
    PROCESS_TEST_MS,
  );

  test(
    "a media driver that lives already is used, and outlives the driver",
    async () => {
      await using place = new DriverPlace();
      const media = await place.mediaDriver();
      const driver = await place.readyDriver(SMALL);
      expect(driver.stderr).toContain("another process's media driver");
      driver.signal("SIGTERM");
      expect(await driver.exit()).toBe(0);
      expect(media.hasEnded).toBe(false);
      expect(place.driverPids().length).toBe(1);
    },
    PROCESS_TEST_MS,
  );
});
