import { describe, expect, test } from "bun:test";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { repairRecording } from "../../src/recording/repair.ts";
import { publishes } from "../support/flow.ts";
import { requireNumberedFrames, streamFile } from "../support/mcap-stream.ts";
import { inNamespace } from "../support/namespace.ts";
import { numberedSource } from "../support/numbered-source.ts";
import { Place, SELF } from "../support/place.ts";
import { PROCESS_TEST_MS, until } from "../support/until.ts";

const LARGE = [1024, 1100];
const SMALL = [32, 32];
const bytesOf = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);

/** Arguments of `record` in the place. */
function recordArgs(place: Place, to: string, ...more: readonly string[]): string[] {
  return [
    "record",
    "--standalone",
    "--aeron-dir",
    place.aeronDir,
    "--shm-dir",
    place.shmDir,
    "--min-free",
    "0%",
    "--to",
    to,
    ...more,
  ];
}

describe("record", () => {
  test.each([
    ["small", SMALL],
    ["large", LARGE],
  ] as const)(
    "%s frames of a stream that is named are in the file, and the account closes",
    async (_what, dims) => {
      await using place = new Place();
      await place.mediaDriver();
      place.producer(["--source", numberedSource(place, dims, 50), "--name", "camera-1"]);
      const record = place.run(recordArgs(place, place.at("a.mcap"), "camera-1", "--count", "40"));
      expect([await record.exit(), record.stderr]).toEqual([0, expect.stringContaining("recorded 40 frames")]);
      const file = streamFile(place.at("a.mcap"));
      expect(file.isComplete).toBe(true);
      expect(file.frames.map(({ topic }) => topic)).toEqual(Array(40).fill("/camera-1/image"));
      requireNumberedFrames(file, bytesOf(dims));
      const final = file.ledger.at(-1);
      const lost = Object.values(final?.missing ?? {}).reduce((sum, frames) => sum + frames, 0);
      expect(final).toMatchObject({ recorded: 40, pending: 0, final: true, published: 40 + lost });
      expect(file.events.some((event) => event.includes("begins"))).toBe(true);
    },
    PROCESS_TEST_MS,
  );

  test(
    "a process that is killed leaves a file that is read up to its last moment, and repaired without a loss",
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      place.producer(["--source", numberedSource(place, LARGE, 100)]);
      for (let run = 0; run < 4; run++) {
        const path = place.at(`killed-${run}.mcap`);
        const record = place.run(recordArgs(place, path, "10000"));
        await until(
          () => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > (40 + run * 3) * bytesOf(LARGE),
          () => "frames",
        );
        record.signal("SIGKILL");
        await expect(record.exit()).rejects.toThrow("SIGKILL");
        const file = streamFile(path);
        expect(file.isComplete).toBe(false);
        expect(file.frames.length).toBeGreaterThan(1);
        requireNumberedFrames(file, bytesOf(LARGE));
        // One write of 32 MiB at most was on its way; what the last ledger row calls recorded is there.
        expect(file.frames.length).toBeGreaterThanOrEqual(file.ledger.at(-1)?.recorded ?? 0);
        expect(repairRecording(path)).toMatchObject({ isRepaired: true });
        const repaired = streamFile(path);
        expect(repaired.isComplete).toBe(true);
        expect(repaired.frames.length).toBe(file.frames.length);
      }
    },
    PROCESS_TEST_MS,
  );

  test(
    "a recorder that was paused counts what passed meanwhile, and continues",
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      const producer = place.producer(["--source", numberedSource(place, SMALL, 500), "--stats-interval", "50ms"]);
      const path = place.at("paused.mcap");
      const record = place.run(recordArgs(place, path, "10000", "--stats-interval", "0.1", "-o", "jsonl"));
      const recorded = (): number => (record.rows.at(-1) as { recorded?: number } | undefined)?.recorded ?? 0;
      await until(
        () => recorded() > 10,
        () => "frames",
      );
      await record.stop();
      await publishes(producer, 750);
      record.signal("SIGCONT");
      const before = recorded();
      await until(
        () => recorded() > before + 50,
        () => "frames after the pause",
      );
      record.signal("SIGTERM");
      expect(await record.exit()).toBe(0);
      producer.signal("SIGTERM");
      const file = streamFile(path);
      requireNumberedFrames(file, bytesOf(SMALL));
      const final = file.ledger.at(-1);
      const lost = Object.values(final?.missing ?? {}).reduce((sum, frames) => sum + frames, 0);
      expect(lost).toBeGreaterThan(100);
      expect(final?.recorded).toBe(file.frames.length);
      const [first, last] = [file.frames[0]?.sequence ?? 0, file.frames.at(-1)?.sequence ?? 0];
      // Nothing is missing without a cause: the seqs that the file spans are recorded or counted.
      expect((final?.published ?? 0) - (last - first + 1)).toBeGreaterThanOrEqual(0);
      expect(last - first + 1).toBeLessThanOrEqual(file.frames.length + lost);
    },
    PROCESS_TEST_MS,
  );

  test(
    "a producer that returns with another shape is recorded on another channel",
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      const path = place.at("epochs.mcap");
      const record = place.run(recordArgs(place, path, "10000", "--stats-interval", "0.1", "-o", "jsonl"));
      for (const [run, dims] of [SMALL, [16, 8, 3]].entries()) {
        const producer = place.producer([
          "--source",
          numberedSource(place, dims, 200),
          "--name",
          `run-${run}`,
          "--count",
          "100",
        ]);
        const before = (record.rows.at(-1) as { recorded?: number } | undefined)?.recorded ?? 0;
        const recorded = (): number => (record.rows.at(-1) as { recorded?: number } | undefined)?.recorded ?? 0;
        await until(
          () => recorded() > before + 20,
          () => "frames",
        );
        expect(await producer.exit()).toBe(0);
      }
      record.signal("SIGINT");
      expect(await record.exit()).toBe(130);
      const file = streamFile(path);
      expect(file.isComplete).toBe(true);
      expect(new Set(file.frames.map(({ topic }) => topic))).toEqual(new Set(["/run-0/image", "/run-1/image"]));
      const finals = file.ledger.filter(({ final }) => final);
      expect(finals).toHaveLength(2);
      expect(finals.reduce((sum, row) => sum + row.recorded, 0)).toBe(file.frames.length);
    },
    PROCESS_TEST_MS,
  );

  test(
    "a full disk is a state that ends when there is room: no half record, and the account says what is missing",
    async () => {
      await using place = new Place();
      const script = `
        mkdir -p "$1/disk" && mount -t tmpfs -o size=24m tmpfs "$1/disk"
        head -c 8M /dev/zero > "$1/disk/ballast"
        "\${@:3}" media-driver --aeron-dir "$1/aeron" --linger 0 & md=$!
        "\${@:3}" producer --standalone --aeron-dir "$1/aeron" --shm-dir "$1/shm" --source "$2" & producer=$!
        "\${@:3}" record 10000 --standalone --aeron-dir "$1/aeron" --shm-dir "$1/shm" --to "$1/disk/a.mcap" \\
          --min-free 0% --buffer 16MiB 2> "$1/record.log" & record=$!
        await() { for i in $(seq 600); do grep -q "$1" "$2" && return 0; kill -0 $record || return 1; sleep 0.1; done; return 1; }
        await "recording is paused" "$1/record.log"
        cp "$1/disk/a.mcap" "$1/while-full.mcap"
        rm "$1/disk/ballast"
        await "recording continues" "$1/record.log"
        sleep 1
        kill -TERM $record; wait $record
        cp "$1/disk/a.mcap" "$1/after.mcap"
        kill -TERM $producer $md; wait
      `;
      const outcome = await inNamespace(script, [place.at(""), numberedSource(place, LARGE, 50), ...SELF]);
      if (outcome === null) return;
      expect([outcome.exitCode, outcome.stderr]).toEqual([0, expect.any(String)]);
      const whileFull = streamFile(place.at("while-full.mcap"));
      expect(whileFull.frames.length).toBeGreaterThan(3);
      requireNumberedFrames(whileFull, bytesOf(LARGE));
      const after = streamFile(place.at("after.mcap"));
      expect(after.isComplete).toBe(true);
      expect(after.frames.length).toBeGreaterThan(whileFull.frames.length);
      requireNumberedFrames(after, bytesOf(LARGE));
      const final = after.ledger.at(-1);
      expect(final).toMatchObject({ final: true, recorded: after.frames.length });
      expect(final?.missing.diskFull).toBeGreaterThan(0);
      expect(after.events.some((event) => event.includes("recording continues"))).toBe(true);
    },
    PROCESS_TEST_MS * 2,
  );

  test(
    "large frames of a producer that waits for its readers are recorded one and all, ten times around its ring",
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      const path = place.at("all.mcap");
      const record = place.run(recordArgs(place, path, "10000", "--once", "--fail-on-loss"));
      await record.errorLine(/recording to/);
      const flow = ["--flow", "wait", "--wait-consumers", "1", "--wait-timeout", "60s", "--slots", "16"];
      const source = numberedSource(place, LARGE, 5000);
      const producer = place.producer(["--source", source, ...flow, "--count", "160", "--fail-on-loss"]);
      expect([await producer.exit(), await record.exit(), record.stderr]).toEqual([0, 0, expect.any(String)]);
      const file = streamFile(path);
      requireNumberedFrames(file, bytesOf(LARGE));
      expect(file.ledger.at(-1)).toMatchObject({ published: 160, recorded: 160, missing: {}, final: true });
    },
    PROCESS_TEST_MS,
  );

  test(
    "info says that a consumer records",
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      place.producer(["--source", numberedSource(place, SMALL, 100)]);
      place.run(recordArgs(place, place.at("a.mcap"), "10000"));
      const info = async (): Promise<string> => {
        const tool = place.run(["info", "10000", "--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir]);
        await tool.exit();
        return tool.stdout;
      };
      let text = "";
      for (let i = 0; i < 50 && !text.includes("recordedBytes"); i++) text = await info();
      expect(text).toContain("consumer, records");
      expect(text).toContain("recordedBytes");
    },
    PROCESS_TEST_MS,
  );

  test(
    "run: a recorder of a file with a driver, in parts",
    async () => {
      await using place = new Place();
      writeFileSync(
        place.at("roles.toml"),
        `[driver]
aeron_dir = "${place.aeronDir}"
[shm]
base_dir = "${place.shmDir}"
[profiles.small]
header_nslots = 64
payload_pools = [{ pool_id = 1, stride_bytes = 65536 }]
[streams.camera]
stream_id = 21
profile = "small"
[[producers]]
stream = "camera"
name = "camera-1"
source = "synthetic:dtype=uint8,dims=200x200"
rate = 200
count = 100
[[recorders]]
streams = ["camera-1"]
to = "${place.at("night.mcap")}"
split = "1MiB"
min_free = "0%"
once = true
`,
      );
      const run = place.run(["run", "--config", place.at("roles.toml")]);
      await run.errorLine(/recorded .* frames, /);
      const parts = readdirSync(place.path).filter((name) => /^night-.*\.mcap$/.test(name));
      expect(parts.length).toBeGreaterThan(1);
      const files = parts.sort().map((name) => streamFile(place.at(name)));
      expect(files.every(({ isComplete }) => isComplete)).toBe(true);
      const final = files.at(-1)?.ledger.at(-1);
      expect(final).toMatchObject({ name: "camera-1", final: true, pending: 0 });
      expect(files.reduce((sum, { frames }) => sum + frames.length, 0)).toBe(final?.recorded ?? -1);
      run.signal("SIGTERM");
      expect(await run.exit()).toBe(0);
    },
    PROCESS_TEST_MS,
  );
});
