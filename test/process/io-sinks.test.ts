import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { Place } from "../support/place.ts";
import { PROCESS_TEST_MS, until } from "../support/until.ts";

const FIVE = ["--source", "synthetic:dtype=uint8,dims=4x4,rate=100,count=5", "--flow", "wait", "--wait-consumers", "1"];

/** Frames of one producer and consumer, through shared memory. */
async function record(place: Place, sink: string): Promise<string> {
  const consumer = place.consumer(["--sink", sink, "--once"]);
  const producer = place.producer(FIVE);
  expect([await producer.exit(), await consumer.exit()]).toEqual([0, 0]);
  return consumer.stderr + consumer.stdout;
}

describe("sinks replace nothing", () => {
  test(
    "two runs into one folder leave the frames of both, and a folder is read back in their order",
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      const folder = place.at("frames");
      for (let run = 0; run < 2; run++) await record(place, `npy:${folder}/`);
      const names = readdirSync(folder).sort();
      expect(names).toHaveLength(10);
      expect(new Set(names.map((name) => name.split("-")[1])).size).toBe(2);
      // Numbers begin again with each run, and a time stands beside each.
      expect(names.map((name) => Number(name.split("-")[2]))).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 3, 4]);
      const times = names.map((name) => BigInt(/-(\d{19})\.npy$/.exec(name)?.[1] ?? 0));
      expect(times.every((time, n) => n === 0 || time > (times[n - 1] as bigint))).toBe(true);
      const consumer = place.consumer(["--sink", `raw:${place.at("again.raw")}`, "--once"]);
      const producer = place.producer(["--source", `npy:${folder}/`]);
      expect([await producer.exit(), await consumer.exit()]).toEqual([0, 0]);
      const values = names.map((name) => readFileSync(`${folder}/${name}`).subarray(-16));
      expect(readFileSync(place.at("again.raw")).equals(Buffer.concat(values))).toBe(true);
    },
    2 * PROCESS_TEST_MS,
  );

  test(
    "two consumers on one file: the second is refused; what a killed one has left is kept, and the next is refused",
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      const file = place.at("out.raw");
      place.producer(["--source", "synthetic:dtype=uint8,dims=4x4,rate=200"]);
      const first = place.consumer(["--sink", `raw:${file}`]);
      await until(
        () => readdirSync(place.path).includes("out.raw.part") && readFileSync(`${file}.part`).length > 160,
        () => `frames in ${file}.part`,
      );
      const second = place.consumer(["--sink", `raw:${file}`]);
      expect(await second.exit()).not.toBe(0);
      expect(second.stderr).toContain(`${file}.part: another sink is writing this file`);
      first.signal("SIGKILL");
      await until(
        () => first.hasEnded,
        () => "the end of the first",
      );
      const left = readFileSync(`${file}.part`);
      expect(left.length).toBeGreaterThan(160);
      const third = place.consumer(["--sink", `raw:${file}`]);
      expect(await third.exit()).not.toBe(0);
      expect(third.stderr).toContain("an earlier run ended before this file was complete");
      expect(readFileSync(`${file}.part`).equals(left)).toBe(true);
    },
    PROCESS_TEST_MS,
  );

  test(
    "a file that has content is refused before the stream is asked for",
    async () => {
      await using place = new Place();
      const file = place.at("out.npy");
      writeFileSync(file, "kept");
      const consumer = place.consumer(["--sink", `npy:${file}`]);
      expect(await consumer.exit()).not.toBe(0);
      expect(consumer.stderr).toContain("which is not replaced; move or remove it first");
      expect(readFileSync(file, "utf8")).toBe("kept");
      expect(readdirSync(place.path)).not.toContain("out.npy.part");
    },
    PROCESS_TEST_MS,
  );
});

test(
  "a sink that cannot express any frame of its stream ends the consumer with an error",
  async () => {
    await using place = new Place();
    await place.mediaDriver();
    const consumer = place.consumer(["--sink", `y4m:${place.at("out.y4m")}`, "--once"]);
    const source = "synthetic:dtype=float32,dims=4x4,rate=100,count=5";
    const producer = place.producer(["--source", source, "--flow", "wait", "--wait-consumers", "1"]);
    expect([await producer.exit(), await consumer.exit()]).toEqual([0, 1]);
    expect(consumer.stderr).toMatch(/tensorpool: the sink y4m:.*out\.y4m cannot express any of the 5 frames that came/);
  },
  PROCESS_TEST_MS,
);

describe("input without a frame", () => {
  for (const [source, ...more] of [["npy:-"], ["y4m:-"], ["raw:-", "--dtype", "uint8", "--dims", "4"]] as const) {
    test(
      `of a program that failed ends the producer of ${source} with an error, and makes no stream`,
      async () => {
        await using place = new Place();
        const { stderr, code } = await place.shell(`(exit 1) | "$@"`, [
          process.execPath,
          `${import.meta.dir}/../../src/cli/main.ts`,
          ...place.roleArguments("producer"),
          ...["--source", source, ...more],
        ]);
        expect(code).not.toBe(0);
        expect(stderr).toContain("tensorpool: stdin: expected at least one frame, found an empty input");
        expect(place.regionFiles()).toEqual([]);
      },
      PROCESS_TEST_MS,
    );
  }
});
