import { describe, expect, test } from "bun:test";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import type { RecorderRow } from "../../src/cli/record/record-report.ts";
import { repairRecording } from "../../src/recording/repair.ts";
import { publishes } from "../support/flow.ts";
import { requireNumberedFrames, type StreamedFile, streamFile } from "../support/mcap-stream.ts";
import { inNamespace } from "../support/namespace.ts";
import { numberedSource } from "../support/numbered-source.ts";
import { Place, SELF } from "../support/place.ts";
import type { RoleProcess } from "../support/role-process.ts";
import { PROCESS_TEST_MS, until } from "../support/until.ts";

const SMALL = [32, 32];
const LARGE = [1024, 1100];
const bytesOf = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);

/** A flight recorder in the place, which writes to `flights/`. */
function flight(place: Place, ...more: readonly string[]): RoleProcess {
  const to = ["--to", `${place.at("flights")}/`, "--stats-interval", "0.05", "-o", "jsonl", "--min-free", "0%"];
  const at = ["--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir];
  return place.run(["record", "10000", "--standalone", ...at, ...to, ...more]);
}

const rowOf = (record: RoleProcess): RecorderRow | undefined => record.rows.at(-1) as RecorderRow | undefined;

async function untilRow(record: RoleProcess, what: string, holds: (row: RecorderRow) => boolean): Promise<void> {
  await until(
    () => {
      const row = rowOf(record);
      return row !== undefined && holds(row);
    },
    () => what,
  );
}

function filesOf(place: Place): string[] {
  const names = readdirSync(place.at("flights")).filter((name) => name.endsWith(".mcap"));
  return names.sort().map((name) => place.at(`flights/${name}`));
}

/** Every frame from the first to the last of the file is in it, or missing by a cause. */
function requireWhole(file: StreamedFile, dims: readonly number[]): void {
  requireNumberedFrames(file, bytesOf(dims));
  const row = file.ledger.at(-1);
  const missing = Object.values(row?.missing ?? {}).reduce((sum, frames) => sum + frames, 0);
  // What came after the file's last frame is in memory: pending.
  const { recorded = 0, pending = 0, skipped = 0 } = row ?? {};
  expect(row?.published).toBe(recorded + pending + skipped + missing);
  const [first = 0, last = 0] = [file.frames[0]?.sequence, file.frames.at(-1)?.sequence];
  expect(last - first + 1).toBeLessThanOrEqual(file.frames.length + missing);
}

describe("record --before", () => {
  test(
    "a signal, a loss and a request each write a file; what they say is in the file",
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      // A ring of 1.3 s: a busy machine loses nothing before the pause.
      const ring = ["--slots", "256", "--stats-interval", "50ms"];
      const producer = place.producer(["--source", numberedSource(place, SMALL, 200), ...ring]);
      const on = ["--on", "SIGUSR2,loss,http", "--http", "0", "--http-token", "secret"];
      const record = flight(place, "--before", "1s", "--after", "100ms", ...on);
      const line = await record.errorLine(/POST (http\S+) is a trigger/);
      const url = /http\S+/.exec(line)?.[0] ?? "";
      await untilRow(record, "frames in memory", ({ heldSeconds }) => (heldSeconds ?? 0) > 0.5);

      // A busy machine may lose frames at any moment: then there are more files, or a trigger extends one.
      const filesSo = (): number => rowOf(record)?.files ?? 0;
      record.signal("SIGUSR2");
      await untilRow(record, "the first file", ({ state, files }) => state === "waiting" && files >= 1);

      for (const init of [{}, { headers: { authorization: "Bearer wrong" } }]) {
        const refused = await fetch(url, { method: "POST", ...init });
        expect([refused.status, await refused.json()]).toEqual([
          401,
          expect.objectContaining({ error: expect.anything() }),
        ]);
      }
      const authorization = "Bearer secret";
      expect((await fetch(url, { headers: { authorization } })).status).toBe(405);
      const origin = { authorization, origin: "http://example.org" };
      expect((await fetch(url, { method: "POST", headers: origin })).status).toBe(403);
      const before = filesSo();
      const asked = await fetch(`${url}?reason=door%20open`, { method: "POST", headers: { authorization } });
      expect([asked.status, await asked.json()]).toEqual([202, { isExtended: expect.any(Boolean), afterSeconds: 0.1 }]);
      await untilRow(record, "the second file", ({ state, files }) => state === "waiting" && files > before);

      const beforePause = filesSo();
      await record.stop();
      await publishes(producer, 400);
      record.signal("SIGCONT");
      await untilRow(record, "the third file", ({ state, files }) => state === "waiting" && files > beforePause);
      record.signal("SIGTERM");
      expect([await record.exit(), record.stderr]).toEqual([0, expect.stringMatching(/recorded .* frames.* files\)/)]);

      const files = filesOf(place).map(streamFile);
      expect(files.length).toBeGreaterThanOrEqual(3);
      for (const file of files) {
        expect(file.isComplete).toBe(true);
        requireWhole(file, SMALL);
      }
      const reasons = [
        /triggered by SIGUSR2/,
        /triggered by a request: door open/,
        /triggered by a loss of \d+ frames/,
      ];
      const fileOf = reasons.map((reason) =>
        files.findIndex(({ events }) => events.some((event) => reason.test(event))),
      );
      expect(fileOf).not.toContain(-1);
      // No frame is in two files.
      const all = files.flatMap(({ frames }) => frames.map(({ sequence }) => sequence));
      expect(new Set(all).size).toBe(all.length);
    },
    PROCESS_TEST_MS,
  );

  test(
    "a process that is killed while it writes leaves a file that is read; without a trigger nothing",
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      place.producer(["--source", numberedSource(place, LARGE, 50)]);
      const record = flight(place, "--before", "300ms", "--after", "1h");
      await untilRow(record, "frames in memory", ({ heldSeconds }) => (heldSeconds ?? 0) > 0.2);
      expect(filesOf(place)).toEqual([]);
      record.signal("SIGUSR1");
      await until(
        () => filesOf(place).some((path) => statSync(path).size > 30 * bytesOf(LARGE)),
        () => "frames in the file",
      );
      record.signal("SIGKILL");
      await expect(record.exit()).rejects.toThrow("SIGKILL");
      const [path = ""] = filesOf(place);
      const cut = streamFile(path);
      expect(cut.isComplete).toBe(false);
      expect(cut.frames.length).toBeGreaterThan(15);
      requireNumberedFrames(cut, bytesOf(LARGE));
      expect(repairRecording(path)).toMatchObject({ isRepaired: true });
      expect(streamFile(path).frames.length).toBe(cut.frames.length);
    },
    PROCESS_TEST_MS,
  );

  test(
    "a trigger on a full disk is written when there is room, and --keep removes the oldest files",
    async () => {
      await using place = new Place();
      const script = `
        mkdir -p "$1/disk" && mount -t tmpfs -o size=24m tmpfs "$1/disk"
        head -c 24M /dev/zero > "$1/disk/ballast"
        "\${@:3}" media-driver --aeron-dir "$1/aeron" --linger 0 & md=$!
        "\${@:3}" producer --standalone --aeron-dir "$1/aeron" --shm-dir "$1/shm" --source "$2" & producer=$!
        "\${@:3}" record 10000 --standalone --aeron-dir "$1/aeron" --shm-dir "$1/shm" --to "$1/disk/" \\
          --before 200ms --after 100ms --keep 12MiB --min-free 0% --buffer 32MiB 2> "$1/record.log" & record=$!
        await() { for i in $(seq 600); do [ "$(grep -c "$2" "$3")" -ge "$1" ] && return 0; kill -0 $record || return 1; sleep 0.1; done; return 1; }
        await 1 "keeping frames" "$1/record.log"
        await 1 "mapped stream" "$1/record.log"
        sleep 0.5
        kill -USR1 $record
        await 1 "recording is paused" "$1/record.log"
        rm "$1/disk/ballast"
        await 1 "is complete" "$1/record.log"
        for i in 2 3 4; do kill -USR1 $record; await $i "is complete" "$1/record.log"; done
        await 1 "the oldest part" "$1/record.log"
        kill -TERM $record; wait $record
        mkdir "$1/flights" && cp "$1/disk/"*.mcap "$1/flights"
        kill -TERM $producer $md; wait
      `;
      const outcome = await inNamespace(script, [place.at(""), numberedSource(place, LARGE, 30), ...SELF]);
      if (outcome === null) return;
      expect([outcome.exitCode, outcome.stderr]).toEqual([0, expect.any(String)]);
      const files = filesOf(place).map(streamFile);
      expect(files.length).toBeGreaterThan(0);
      for (const file of files) {
        expect(file.isComplete).toBe(true);
        requireNumberedFrames(file, bytesOf(LARGE));
      }
      // On a busy machine no frame may come in the third of a second of one file.
      expect(files.some(({ frames }) => frames.length > 0)).toBe(true);
    },
    PROCESS_TEST_MS * 2,
  );

  test(
    "run: an event of another process is a trigger",
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      writeFileSync(
        place.at("roles.toml"),
        `[driver]
aeron_dir = "${place.aeronDir}"
[shm]
base_dir = "${place.shmDir}"
[[recorders]]
streams = ["10000"]
standalone = true
before = "10s"
after = "100ms"
on = ["stream-forgotten", "producer-lost"]
to = "${place.at("flights")}/"
min_free = "0%"
`,
      );
      const producer = place.producer(["--source", numberedSource(place, SMALL, 200), "--stats-interval", "50ms"]);
      const run = place.run(["run", "--config", place.at("roles.toml")]);
      await run.errorLine(/mapped stream/);
      await publishes(producer, 100);
      producer.signal("SIGKILL");
      await run.errorLine(/triggered by producer-lost/);
      await run.errorLine(/is complete/);
      run.signal("SIGTERM");
      expect(await run.exit()).toBe(0);
      const [path = ""] = filesOf(place);
      const file = streamFile(path);
      expect(file.frames.length).toBeGreaterThan(20);
      requireNumberedFrames(file, bytesOf(SMALL));
    },
    PROCESS_TEST_MS,
  );

  test(
    "options that contradict each other are refused",
    async () => {
      await using place = new Place();
      const refusals: [string[], RegExp][] = [
        [["--to", "a.mcap", "--after", "1s"], /--after: needs --before: only a flight recorder has triggers/],
        [["--to", "a.mcap", "--before", "1s"], /--to: expected a folder that ends in \//],
        [["--to", "a/"], /--to: expected a file that ends in \.mcap/],
        [["--to", "a/", "--before", "1s", "--on", "http"], /--on: http needs an address/],
        [["--to", "a/", "--before", "1s", "--on", "http", "--http", "1"], /--on: http needs a token/],
        [["--to", "a/", "--before", "1s", "--on", "http", "--http", "10.0.0.1:1", "--http-token", "x"], /loopback/],
        [["--to", "a/", "--before", "1s", "--http", "1"], /--http: expected --on http/],
        [["--to", "a/", "--before", "1s", "--count", "1"], /--count: a recorder with --before/],
        [["--to", "a/", "--before", "1s", "--on", "SIGUSR3"], /found "?SIGUSR3/],
      ];
      const found = refusals.map(async ([args, message]) => {
        const record = place.run(["record", "10000", ...args]);
        expect([await record.exit(), record.stderr]).toEqual([2, expect.stringMatching(message)]);
      });
      await Promise.all(found);
    },
    PROCESS_TEST_MS,
  );
});
