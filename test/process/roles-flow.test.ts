import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fixture } from "../support/io-frames.ts";
import { Place, SELF } from "../support/place.ts";
import type { RoleProcess } from "../support/role-process.ts";
import { mountAt } from "../support/shm.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

const SMALL_LIVE = ["--source", "synthetic:dtype=uint8,dims=64x64,rate=500"];

function sha(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Raw bytes of `count` frames that differ from each other in every byte. */
function rawFrames(count: number, frameBytes: number): Buffer {
  const bytes = Buffer.alloc(count * frameBytes);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (Math.imul(i, 2_654_435_761) >>> 13) & 255;
  return bytes;
}

describe("the rate of a source", () => {
  test("a y4m file is played at its own rate, and a pipe comes at its writer's", async () => {
    await using place = new Place();
    await place.mediaDriver();
    const frames = Array.from({ length: 12 }, () => `FRAME\n${"x".repeat(16)}`).join("");
    const video = `YUV4MPEG2 W4 H4 F10:1 Cmono\n${frames}`;
    writeFileSync(place.at("video.y4m"), video);
    const consumer = place.consumer(["--sink", "null", "--count", "24"]);
    const started = performance.now();
    const file = place.producer(["--source", `y4m:${place.at("video.y4m")}`]);
    expect([await file.exit(), file.stderr]).toEqual([0, expect.stringContaining("published 12 of 12")]);
    // 12 frames at 10 frames/s: no less than 1.1 s, however busy the machine is.
    expect(performance.now() - started).toBeGreaterThan(1100);
    const pipe = place.producer(["--source", "y4m:-"], { stdin: new TextEncoder().encode(video) });
    expect([await pipe.exit(), await consumer.exit()]).toEqual([0, 0]);
  });
});

describe("whichever starts first", () => {
  for (const order of ["producer first", "consumer first"]) {
    test(
      `${order}: frames arrive, both sum up at the end, and nothing is left behind`,
      async () => {
        await using place = new Place();
        const driver = await place.mediaDriver();
        const start = {
          producer: () => place.producer([...SMALL_LIVE, "--stats-interval", "100ms"]),
          consumer: () => place.consumer(["--count", "200", "--stats-interval", "100ms"]),
        };
        let producer: RoleProcess;
        let consumer: RoleProcess;
        if (order === "producer first") {
          producer = start.producer();
          await producer.row((row) => (row.counters.claimed ?? 0) > 0, "claimed frames");
          consumer = start.consumer();
        } else {
          consumer = start.consumer();
          await consumer.errorLine(/waiting for a producer/);
          producer = start.producer();
        }
        expect(await consumer.exit()).toBe(0);
        expect(consumer.lastRow.counters.accepted).toBe(200);
        expect(consumer.stderr).toContain("accepted 200 frames");
        producer.signal("SIGTERM");
        expect(await producer.exit()).toBe(0);
        const { counters } = producer.lastRow;
        expect(producer.stderr).toMatch(/published [\d,]+ of [\d,]+ claimed frames/);
        expect(counters.claimed).toBe(
          (counters.published ?? 0) +
            (counters.aborted ?? 0) +
            (counters.descriptorNotConnected ?? 0) +
            (counters.descriptorBackPressured ?? 0),
        );
        driver.signal("SIGTERM");
        expect(await driver.exit()).toBe(0);
        await place.isEmpty();
      },
      PROCESS_TEST_MS,
    );
  }
});

describe("--flow wait: a file arrives complete", () => {
  test(
    "raw frames from standard input to standard output are bit-identical, none lost, none added",
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      const shape = ["--dtype", "uint16", "--dims", "24x31"];
      const frames = 400;
      const bytes = rawFrames(frames, 24 * 31 * 2);
      const consumer = place.consumer(["--sink", "raw:-", "--fail-on-loss"], { binary: true });
      const producer = place.producer(["--source", "raw:-", ...shape, "--fail-on-loss"], { stdin: bytes });
      expect(await producer.exit()).toBe(0);
      expect(await consumer.exit()).toBe(0);
      expect(consumer.bytes.length).toBe(bytes.length);
      expect(sha(consumer.bytes)).toBe(sha(bytes));
      expect(producer.stderr).toContain("published 400 of 400 claimed frames");
      expect(consumer.stderr).toContain("accepted 400 frames, lost 0");
    },
    PROCESS_TEST_MS,
  );

  test(
    "a small ring, several readers of different speed: each has all of it",
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      const bytes = rawFrames(150, 4096);
      const path = place.at("frames.raw");
      writeFileSync(path, bytes);
      const consumers = ["0ms", "0ms", "2ms"].map((delay, index) =>
        place.consumer([
          "--sink",
          `raw:${place.at(`out-${index}`)}`,
          "--once",
          "--fail-on-loss",
          "--delay-per-frame",
          delay,
        ]),
      );
      const producer = place.producer([
        "--source",
        `raw:${path}`,
        ...["--dtype", "uint8", "--dims", "64x64", "--slots", "8", "--wait-consumers", "3", "--fail-on-loss"],
      ]);
      expect(await producer.exit()).toBe(0);
      for (const [index, consumer] of consumers.entries()) {
        expect(await consumer.exit()).toBe(0);
        expect(sha(readFileSync(place.at(`out-${index}`)))).toBe(sha(bytes));
      }
    },
    PROCESS_TEST_MS,
  );

  test(
    "an npy file of NumPy's, to one file a frame",
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      mkdirSync(place.at("frames"));
      const consumer = place.consumer(["--sink", `npy:${place.at("frames")}/`, "--once", "--fail-on-loss"]);
      const producer = place.producer(["--source", `npy:${fixture("npy/records.npy")}`, "--fail-on-loss"]);
      expect(await producer.exit()).toBe(0);
      expect(await consumer.exit()).toBe(0);
      expect(consumer.stderr).toContain("accepted 4 frames, lost 0");
    },
    PROCESS_TEST_MS,
  );
});

describe("several consumers of a live stream", () => {
  test(
    "one that is far too slow loses frames by count, and the others continue as if it were not there",
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      const options = ["--stats-interval", "100ms"];
      const healthy = [place.consumer(options), place.consumer(options)];
      // A 25th of the rate: it also falls behind a producer that a busy machine slows down.
      const slow = place.consumer([...options, "--delay-per-frame", "500ms", "--fail-on-loss"]);
      const producer = place.producer([
        "--source",
        "synthetic:dtype=uint8,dims=64x64,rate=50",
        ...["--slots", "256", "--wait-consumers", "3", "--count", "600"],
        ...options,
      ]);
      await producer.row(({ counters }) => counters.claimed === 600, "all frames to be claimed");
      await slow.row(({ lost }) => lost > 0, "lost frames");
      // As long as it reads what is not overwritten yet, the producer waits for it: minutes at this rate.
      slow.signal("SIGTERM");
      expect(await slow.exit()).toBe(4);
      expect(await producer.exit()).toBe(0);
      const { claimed = 0 } = producer.lastRow.counters;
      expect(slow.lastRow.counters.accepted).toBeGreaterThan(0);
      expect(slow.lastRow.lost).toBeGreaterThan(0);
      for (const consumer of healthy) {
        await consumer.errorLine(/has ended/);
        consumer.signal("SIGTERM");
        expect(await consumer.exit()).toBe(0);
        const { accepted = 0 } = consumer.lastRow.counters;
        expect(accepted + consumer.lastRow.lost).toBe(claimed);
        // None is lost on a quiet machine; on a busy one a live stream may pass by a process that is not given its turn. A reader
        // that the slow one held up would have the frames of the window and what that one took.
        expect(accepted).toBeGreaterThan(claimed / 2);
      }
    },
    PROCESS_TEST_MS,
  );
});

describe("how a role ends", () => {
  test("a producer of N frames that no consumer reads drops them, says so, and ends", async () => {
    await using place = new Place();
    await place.mediaDriver();
    const producer = place.producer([...SMALL_LIVE, "--flow", "drop", "--count", "20", "--fail-on-loss"]);
    expect([await producer.exit(), producer.stderr]).toEqual([4, expect.stringContaining("published 0 of 20 claimed")]);
  });

  test(
    "--count counts frames of the source in a producer and accepted ones in a consumer; --seconds ends both with 0",
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      const consumer = place.consumer(["--seconds", "20", "--stats-interval", "100ms"]);
      const producer = place.producer([
        ...SMALL_LIVE,
        "--wait-consumers",
        "1",
        "--count",
        "50",
        "--stats-interval",
        "1s",
      ]);
      expect(await producer.exit()).toBe(0);
      expect(producer.lastRow.counters.claimed).toBe(50);
      await consumer.errorLine(/has ended/);
      const brief = place.consumer(["--seconds", "300ms"]);
      const briefProducer = place.producer([...SMALL_LIVE, "--stream", "7", "--seconds", "300ms"]);
      expect(await brief.exit()).toBe(0);
      expect(await briefProducer.exit()).toBe(0);
      consumer.signal("SIGTERM");
      expect(await consumer.exit()).toBe(0);
      // All of them on a quiet machine; what a live stream lost on a busy one is counted.
      expect((consumer.lastRow.counters.accepted ?? 0) + consumer.lastRow.lost).toBe(
        producer.lastRow.counters.claimed ?? 0,
      );
    },
    PROCESS_TEST_MS,
  );

  test(
    "Ctrl-C ends both with 130, SIGTERM with 0, each with its summary",
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      for (const [signal, code] of [
        ["SIGINT", 130],
        ["SIGTERM", 0],
      ] as const) {
        const producer = place.producer(SMALL_LIVE);
        const consumer = place.consumer(["--stats-interval", "50ms"]);
        await consumer.row((row) => (row.counters.accepted ?? 0) > 0, "accepted frames");
        for (const role of [producer, consumer]) role.signal(signal);
        expect([await producer.exit(), await consumer.exit()]).toEqual([code, code]);
        expect(producer.stderr).toContain("published ");
        expect(consumer.stderr).toContain("accepted ");
      }
      expect(place.regionFiles()).toEqual([]);
    },
    PROCESS_TEST_MS,
  );

  test(
    "wrong usage is 2, and names what was expected",
    async () => {
      await using place = new Place();
      const cases: readonly (readonly [args: readonly string[], message: string])[] = [
        [["producer", "--source", "synthetic:", "--aeron-dir", place.aeronDir, "--slots", "8"], "--standalone"],
        [[...place.roleArguments("producer"), "--flow", "never"], "--flow"],
        [[...place.roleArguments("producer"), "--count", "0"], "--count"],
        [[...place.roleArguments("producer"), "--source", "nonsense:"], "nonsense"],
        [[...place.roleArguments("consumer"), "--mode", "newest"], "--mode"],
        [[...place.roleArguments("consumer"), "--sink", "raw:-", "--stats-interval", "1s"], "--stats-interval"],
        [[...place.roleArguments("consumer"), "--stream", "-5"], "--stream"],
        [["media-driver", "--threading", "none"], "--threading"],
      ];
      const roles = cases.map(([args, message]) => ({ role: place.run(args), message }));
      for (const { role, message } of roles) {
        expect(await role.exit()).toBe(2);
        expect(role.stderr).toContain(message);
      }
    },
    PROCESS_TEST_MS,
  );

  test(
    "a second producer of the same stream is refused with 1, and says who owns it; the first continues",
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      const first = place.producer([...SMALL_LIVE, "--stats-interval", "50ms"]);
      await first.row((row) => (row.counters.claimed ?? 0) > 0, "claimed frames");
      const second = place.producer(SMALL_LIVE);
      expect(await second.exit()).toBe(1);
      expect(second.stderr).toContain(
        `stream 10000 is owned by another standalone producer (process ${first.pid}) in `,
      );
      first.markRows();
      await first.row((row) => (row.counters.claimed ?? 0) > 0, "claimed frames afterwards");
    },
    PROCESS_TEST_MS,
  );

  test(
    "a reader of a sink that goes away ends the consumer quietly, and the producer does not notice",
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      const producer = place.producer([...SMALL_LIVE, "--stats-interval", "50ms"]);
      await producer.row((row) => (row.counters.claimed ?? 0) > 0, "claimed frames");
      const { stdout, stderr, code } = await place.shell(`"$@" | head -c 10000 | wc -c; exit "\${PIPESTATUS[0]}"`, [
        ...SELF,
        ...place.roleArguments("consumer"),
        "--sink",
        "raw:-",
      ]);
      expect(stdout.trim()).toBe("10000");
      expect(code).toBe(0);
      expect(stderr).not.toMatch(/error|EPIPE|at .*\.ts/i);
      producer.signal("SIGTERM");
      expect(await producer.exit()).toBe(0);
    },
    PROCESS_TEST_MS,
  );
});

test(
  "the last row of a producer has an outcome for every claim, also for frames that were held back when it ended",
  async () => {
    await using place = new Place();
    await place.mediaDriver();
    const rows = ["--stats-interval", "50ms"];
    const consumer = place.consumer(rows);
    const producer = place.producer([...SMALL_LIVE, ...rows, "--flow", "wait", "--wait-timeout", "30s"]);
    await consumer.row(({ counters }) => (counters.accepted ?? 0) > 20, "accepted frames");
    await consumer.stop();
    await producer.row(({ counters }) => (counters.waits ?? 0) > 0, "a frame that is held back");
    producer.signal("SIGTERM");
    expect(await producer.exit()).toBe(0);
    const { claimed = 0, published = 0, aborted = 0, descriptorBackPressured = 0 } = producer.lastRow.counters;
    expect(descriptorBackPressured + aborted).toBeGreaterThan(0);
    expect(published + aborted + descriptorBackPressured).toBe(claimed);
  },
  PROCESS_TEST_MS,
);

test(
  "a shared memory that is too small is an error with both numbers, exit code 1, and nothing left in it",
  async () => {
    await using place = new Place();
    await place.mediaDriver();
    const small = place.at("small");
    using mounted = mountAt(small, "tmpfs", "size=2m");
    if (mounted === null) {
      // Without the right to mount, a request beyond all memory shows the same.
      const producer = place.producer([...SMALL_LIVE, "--pool", "1GiB", "--slots", "2048"]);
      expect(await producer.exit()).toBe(1);
      expect(producer.stderr).toMatch(/expected .* found/);
      return;
    }
    const producer = place.producer([...SMALL_LIVE, "--shm-dir", small, "--pool", "64KiB", "--slots", "64"]);
    expect(await producer.exit()).toBe(1);
    expect(producer.stderr).toMatch(/\d.* bytes|MiB|KiB/);
    expect(producer.stderr).toContain(small);
  },
  PROCESS_TEST_MS,
);
