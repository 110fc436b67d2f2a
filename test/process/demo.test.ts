import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, statfsSync, writeFileSync } from "node:fs";
import { leavesNothing, startDemo, summaryOf } from "../support/demo.ts";
import { Place } from "../support/place.ts";
import { mountAt } from "../support/shm.ts";
import { PROCESS_TEST_MS, until } from "../support/until.ts";

describe("demo, piped", () => {
  test(
    "runs to its end: lines once a second, a summary in sentences, nothing left",
    async () => {
      await using place = new Place();
      const process = startDemo(place, ["--seconds", "2", "--rate", "200"]);
      expect(await process.exit()).toBe(0);
      expect(process.stderr).toBe("");
      expect(process.stdout).not.toContain("\x1b");
      const [header = "", ...lines] = process.stdoutLines;
      expect(header.trim().split(/ {2,}/)).toEqual([
        "time",
        "role",
        "frames/s",
        "bytes/s",
        "published",
        "accepted",
        "lost",
        "latency",
        "lost by cause",
      ]);
      // The first second, or a later one when the machine gave the demo no turn in it.
      const second = /^ +[1-9]\d* s {2}/.exec(lines[0] ?? "")?.[0] ?? "no time";
      for (const [n, role] of ["producer", "fast consumer", "slow consumer"].entries()) {
        expect(lines[n]).toStartWith(`${second}${role}  `);
      }
      expect(process.stdout).toMatch(/The producer published \d+ frames \(synthetic uint8 480x640, 300 KiB each\)/);
      expect(process.stdout).toMatch(/The slow consumer held each frame for 20 ms on purpose: it accepted \d+ frames/);
      await leavesNothing(place);
    },
    PROCESS_TEST_MS,
  );

  test(
    "with --web its streams are shown on a page, which ends with it",
    async () => {
      await using place = new Place();
      const process = startDemo(place, ["--seconds", "4", "--rate", "50", "--web", "0"]);
      const line = await process.errorLine(/live: http/);
      const url = /http:[^#\s]+/.exec(line)?.[0] ?? "";
      expect((await fetch(url)).status).toBe(200);
      expect(await process.exit()).toBe(0);
      await expect(fetch(url)).rejects.toThrow();
      await leavesNothing(place);
    },
    PROCESS_TEST_MS,
  );

  test(
    "its numbers add up: each consumer accepted, or lost under a cause, what was published; the slow one lost more",
    async () => {
      await using place = new Place();
      const process = startDemo(place, ["--seconds", "2", "--rate", "200", "-o", "jsonl"]);
      expect(await process.exit()).toBe(0);
      const { type, ending, producer, fastConsumer, slowConsumer } = summaryOf(process);
      expect({ type, ending }).toEqual({ type: "summary", ending: "completed" });
      expect(producer.claimed).toBe(producer.published + producer.lost);
      for (const { accepted, lost, lostByCause, latencyNs } of [fastConsumer, slowConsumer]) {
        expect(accepted + lost).toBe(producer.claimed);
        expect(Object.values(lostByCause).reduce((sum, frames) => sum + frames, 0)).toBe(lost);
        expect(latencyNs).toBeGreaterThan(0);
      }
      expect(slowConsumer.lost).toBeGreaterThan(0);
      expect(fastConsumer.accepted).toBeGreaterThan(slowConsumer.accepted);
      await leavesNothing(place);
    },
    PROCESS_TEST_MS,
  );

  test(
    "-o json is one array",
    async () => {
      await using place = new Place();
      const process = startDemo(place, ["--seconds", "1.1", "--rate", "100", "-o", "json"]);
      expect(await process.exit()).toBe(0);
      const rows: { type: string; role?: string }[] = JSON.parse(process.stdout);
      const names = rows.map(({ role, type }) => role ?? type);
      expect(names.pop()).toBe("summary");
      // One row of each a second: a busy machine may need two for the 1.1.
      const roles = ["producer", "fast-consumer", "slow-consumer"];
      expect(names).toEqual(Array.from({ length: Math.max(3, names.length) }, (_, n) => roles[n % 3] as string));
    },
    PROCESS_TEST_MS,
  );

  test(
    "a file is read once: the demo ends with it",
    async () => {
      await using place = new Place();
      writeFileSync(place.at("frames.raw"), new Uint8Array(30 * 64));
      const source = [
        "--source",
        `raw:${place.at("frames.raw")}`,
        "--dtype",
        "uint8",
        "--dims",
        "8x8",
        "--rate",
        "100",
      ];
      const process = startDemo(place, [...source, "--seconds", "60", "-o", "jsonl"]);
      expect(await process.exit()).toBe(0);
      expect(summaryOf(process).ending).toBe("source-ended");
      expect(summaryOf(process).producer.published).toBe(30);
    },
    PROCESS_TEST_MS,
  );

  test(
    "a pipe feeds the producer",
    async () => {
      await using place = new Place();
      const source = ["--source", "raw:-", "--dtype", "uint8", "--dims", "8x8"];
      const process = startDemo(place, [...source, "-o", "jsonl"], { stdin: new Uint8Array(20 * 64) });
      expect(await process.exit()).toBe(0);
      expect(summaryOf(process).producer.published).toBe(20);
      await leavesNothing(place);
    },
    PROCESS_TEST_MS,
  );
});

describe("demo, with input that is wrong", () => {
  for (const [what, args, code, message] of [
    ["an unknown source", ["--source", "npi:a.npy"], 2, /--source: expected one of .*found "npi:a\.npy"/],
    [
      "a file that is not there",
      ["--source", "npy:missing.npy"],
      3,
      /missing\.npy: cannot be read: there is no such file/,
    ],
    ["no time", ["--seconds", "0"], 2, /--seconds: expected more than 0/],
    ["dims without a number", ["--dims", "ax2"], 2, /--dims/],
  ] as const) {
    test(`${what}: the message and exit code ${code} of the producer, before anything is drawn`, async () => {
      await using place = new Place();
      const process = startDemo(place, args);
      expect(await process.exit()).toBe(code);
      expect(process.stdout).toBe("");
      expect(process.stderr).toMatch(message);
      expect(process.stderrLines.length).toBe(1);
      await place.isEmpty();
    });
  }

  test(
    "a pipe that is not what it should be: the producer's message alone",
    async () => {
      await using place = new Place();
      const stdin = new TextEncoder().encode("these are no frames");
      const process = startDemo(place, ["--source", "y4m:-"], { stdin });
      expect(await process.exit()).toBe(1);
      expect(process.stderr).toMatch(/^tensorpool: stdin: yuv4mpeg2: expected "YUV4MPEG2" at byte 0, found [^\n]*$/);
      expect(process.stdout).toBe("");
      await leavesNothing(place);
    },
    PROCESS_TEST_MS,
  );

  test("an Aeron folder that is in use is left alone", async () => {
    await using place = new Place();
    await place.mediaDriver();
    const process = startDemo(place, []);
    expect(await process.exit()).toBe(2);
    expect(process.stderr).toContain(`found ${place.aeronDir} in use`);
    expect(readdirSync(place.aeronDir)).toContain("cnc.dat");
  });
});

const MIB = 2 ** 20;

describe("demo, where there is little shared memory", () => {
  test(
    "64 MiB are enough for the defaults, with the media driver in them as well",
    async () => {
      await using place = new Place();
      mkdirSync(place.shmDir);
      using mount = mountAt(place.shmDir, "tmpfs", "size=64m");
      const args = [
        "--aeron-dir",
        `${place.shmDir}/aeron`,
        "--shm-dir",
        place.shmDir,
        "--seconds",
        "1.5",
        "-o",
        "jsonl",
      ];
      const process = place.run(["demo", ...args]);
      let usedBytes = 0;
      await until(
        () => {
          const { bavail, blocks, bsize } = statfsSync(place.shmDir);
          usedBytes = Math.max(usedBytes, (blocks - bavail) * bsize);
          return process.hasEnded;
        },
        () => "the demo to end",
      );
      expect(process.stderr).toBe("");
      expect(await process.exit()).toBe(0);
      expect(readdirSync(place.shmDir)).toEqual([]);
      // Without the right to mount, the file system is the machine's: the demo takes more of it then.
      if (mount !== null) expect(usedBytes).toBeLessThan(50 * MIB);
    },
    PROCESS_TEST_MS,
  );

  test("frames that do not fit are refused with both numbers", async () => {
    await using place = new Place();
    mkdirSync(place.shmDir);
    using mount = mountAt(place.shmDir, "tmpfs", "size=16m");
    const dims = mount === null ? "1000000x1000000" : "1024x1024";
    const process = startDemo(place, ["--dims", dims]);
    expect(await process.exit()).toBe(1);
    expect(process.stderr).toMatch(
      /expects .* of free shared memory \(8 frames of .*, and Aeron\), found .*: use smaller/,
    );
    expect(readdirSync(place.shmDir)).toEqual([]);
  });
});
