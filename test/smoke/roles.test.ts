import { beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BinaryPlace, BUILD_MS, runningPids, testedBinary } from "../support/binary.ts";
import { elapse, PROCESS_TEST_MS, TIMEOUT_MS, until } from "../support/until.ts";

beforeAll(testedBinary, BUILD_MS);

const DIMS = ["--dtype", "uint16", "--dims", "31x77"];
const FRAME_BYTES = 2 * 31 * 77;

/** Bytes that repeat nowhere within a test. */
function noise(byteLength: number): Uint8Array {
  let state = 0x2545_f491;
  return Uint8Array.from({ length: byteLength }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 24;
  });
}

describe("roles of the single executable", () => {
  test(
    "frames go through pipes, producer and consumer bit for bit",
    async () => {
      await using place = await BinaryPlace.create();
      await place.mediaDriver(["--linger", "1s"]);
      const frames = noise(200 * FRAME_BYTES);
      const consumer = place.consumer(["--sink", "raw:-"], { binary: true });
      await consumer.errorLine(/waiting for a producer/);
      const producer = place.producer(["--source", "raw:-", ...DIMS, "--fail-on-loss"], { stdin: frames });
      expect(await producer.exit()).toBe(0);
      expect(await consumer.exit()).toBe(0);
      expect(consumer.bytes.equals(frames)).toBe(true);
      await place.isEmpty();
    },
    PROCESS_TEST_MS,
  );

  test(
    "a driver leases the regions: frames go through pipes, producer and consumer bit for bit",
    async () => {
      await using place = await BinaryPlace.create();
      const where = ["--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir];
      const frames = noise(200 * FRAME_BYTES);
      const driver = place.run(["driver", ...where, "--stream", "10000", "--slots", "64", "--pool", "16KiB"]);
      await driver.errorLine(/serves/);
      const consumer = place.run(["consumer", ...where, "--sink", "raw:-", "--count", "200"], { binary: true });
      await consumer.errorLine(/mapped stream/);
      const producer = place.run(["producer", ...where, "--source", "raw:-", ...DIMS, "--fail-on-loss"], {
        stdin: frames,
      });
      expect(await producer.exit()).toBe(0);
      expect(await consumer.exit()).toBe(0);
      expect(consumer.bytes.equals(frames)).toBe(true);
      driver.signal("SIGTERM");
      expect(await driver.exit()).toBe(0);
      await place.isEmpty();
      expect(place.leftovers).toEqual([]);
    },
    PROCESS_TEST_MS,
  );

  test(
    "a consumer whose reader has gone ends quietly",
    async () => {
      await using place = await BinaryPlace.create();
      await place.mediaDriver(["--linger", "1s"]);
      const producer = place.producer(["--source", "synthetic:", "--dims", "64x64", "--rate", "200"]);
      await producer.errorLine(/frames\/s/);
      const { code, stderr } = await place.shell('"$@" | head -c 10000 | wc -c', [
        place.binary,
        ...place.roleArguments("consumer"),
        ...["-q", "--sink", "raw:-"],
      ]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      producer.signal("SIGTERM");
      expect(await producer.exit()).toBe(0);
      await place.isEmpty();
    },
    PROCESS_TEST_MS,
  );

  test(
    "a supervisor serves metrics of a stream by HTTP",
    async () => {
      await using place = await BinaryPlace.create();
      await place.mediaDriver(["--linger", "1s"]);
      const where = ["--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir];
      const producer = place.producer(["--source", "synthetic:", "--dims", "64x64", "--rate", "200"]);
      const supervisor = place.run(["supervisor", ...where, "--http", "127.0.0.1:0"]);
      const line = await supervisor.errorLine(/are served on http:/);
      const url = /http:\S+/.exec(line)?.[0] ?? "";
      let metrics = "";
      const isThere = async (): Promise<boolean> => {
        metrics = await (await fetch(`${url}/metrics`)).text();
        return metrics.includes('stream_id="10000"');
      };
      const endMs = performance.now() + TIMEOUT_MS;
      while (!(await isThere())) {
        if (performance.now() > endMs) throw new Error(`expected metrics of stream 10000, found ${metrics}`);
        await elapse(20);
      }
      expect(metrics).toContain("# TYPE tensorpool_");
      // The page is in the executable.
      for (const path of ["/view", "/view/page.js", "/view/page.css"]) {
        const response = await fetch(url + path);
        expect({ path, status: response.status }).toEqual({ path, status: 200 });
        expect((await response.text()).length).toBeGreaterThan(500);
      }
      for (const role of [producer, supervisor]) {
        role.signal("SIGTERM");
        expect(await role.exit()).toBe(0);
      }
      await place.isEmpty();
    },
    PROCESS_TEST_MS,
  );

  test(
    "the demo runs, and leaves nothing behind",
    async () => {
      await using place = await BinaryPlace.create();
      const demo = place.run(["demo", "--seconds", "2", "--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir]);
      expect(await demo.exit()).toBe(0);
      expect(demo.stdout + demo.stderr).toContain("accepted");
      await place.isEmpty();
      expect(place.leftovers).toEqual([]);
    },
    PROCESS_TEST_MS,
  );

  test(
    "Ctrl-C ends the demo and all of its processes",
    async () => {
      await using place = await BinaryPlace.create();
      const before = new Set(runningPids(place.binary));
      const demo = place.run(["demo", "--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir]);
      await until(
        () => /accepted/.test(demo.stdout) && /fast consumer +\d/.test(demo.stdout),
        () => `the demo's first figures, so far ${demo.stdout}${demo.stderr}`,
      );
      const own = runningPids(place.binary).filter((pid) => !before.has(pid));
      expect(own.length).toBeGreaterThan(3);
      demo.signal("SIGINT");
      expect(await demo.exit()).toBe(130);
      await place.isEmpty();
      await until(
        () => own.every((pid) => !runningPids(place.binary).includes(pid)),
        () => "every process of the demo to end",
      );
      expect(place.leftovers).toEqual([]);
    },
    PROCESS_TEST_MS,
  );

  test(
    "an Aeron folder that was left by a killed driver is taken over",
    async () => {
      await using place = await BinaryPlace.create();
      const killed = await place.mediaDriver();
      await killed.destroy();
      expect(existsSync(join(place.aeronDir, "cnc.dat"))).toBe(true);
      const next = await place.mediaDriver(["--linger", "300ms"]);
      expect(await next.exit()).toBe(0);
      await place.isEmpty();
    },
    PROCESS_TEST_MS,
  );

  test(
    "an Aeron folder with something else in it is not taken for a driver's, and stays as it is",
    async () => {
      await using place = await BinaryPlace.create();
      mkdirSync(place.aeronDir);
      writeFileSync(join(place.aeronDir, "notes.txt"), "mine");
      const { exitCode, stderr } = await place.outcome([
        "media-driver",
        "--aeron-dir",
        place.aeronDir,
        "--linger",
        "300ms",
      ]);
      expect(readFileSync(join(place.aeronDir, "notes.txt"), "utf8")).toBe("mine");
      expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining(place.aeronDir) });
    },
    PROCESS_TEST_MS,
  );
});
