import { afterAll, beforeAll, expect, test } from "bun:test";
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { repairRecording } from "../../src/recording/repair.ts";
import { McapPython } from "../support/mcap-python.ts";
import { requireNumberedFrames, streamFile } from "../support/mcap-stream.ts";
import { numberedSource } from "../support/numbered-source.ts";
import { Place } from "../support/place.ts";
import { TestFolder } from "../support/test-folder.ts";
import { until } from "../support/until.ts";

const KILLS = 200;
/** Most of the time is waiting for starts and for the moment to kill. */
const SIDE_BY_SIDE = 3;
/** Python is asked about every so many files: it starts slowly. */
const PYTHON_EVERY = 10;
const DIMS = [1024, 1100];
const FRAME_BYTES = 1024 * 1100;

let folder: TestFolder;
let python: McapPython;

beforeAll(async () => {
  folder = new TestFolder();
  python = await McapPython.install(join(folder.path, "python"));
}, 300_000);
afterAll(() => folder.remove());

test(
  `${KILLS} recorders that are killed at random moments leave files that are read, and repaired without a loss`,
  async () => {
    await using place = new Place();
    await place.mediaDriver();
    place.producer(["--source", numberedSource(place, DIMS, 100)]);
    const common = ["--standalone", "--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir, "--min-free", "0%"];
    const kill = async (run: number): Promise<string> => {
      const path = place.at(`killed-${run}.mcap`);
      const record = place.run(["record", ...common, "--to", path, "10000"]);
      await until(
        () => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > FRAME_BYTES,
        () => `a frame: ${record.describe()}`,
      );
      // At any moment of some cycles, writes and ledger rows.
      await Bun.sleep(Math.random() * 700);
      record.signal("SIGKILL");
      await expect(record.exit()).rejects.toThrow("SIGKILL");
      return path;
    };
    const check = async (path: string, asksPython: boolean): Promise<void> => {
      const cut = streamFile(path);
      requireNumberedFrames(cut, FRAME_BYTES);
      expect(cut.frames.length).toBeGreaterThanOrEqual(cut.ledger.at(-1)?.recorded ?? 0);
      if (asksPython) {
        const rows = await python.read(path, "stream");
        expect(rows.filter(({ seq }) => seq !== undefined)).toHaveLength(cut.frames.length);
      }
      repairRecording(path);
      const repaired = streamFile(path);
      expect(repaired.isComplete).toBe(true);
      expect(repaired.frames.map(({ sequence }) => sequence)).toEqual(cut.frames.map(({ sequence }) => sequence));
      if (asksPython) {
        const rows = await python.read(path, "index");
        expect(rows.filter(({ seq }) => seq !== undefined)).toHaveLength(cut.frames.length);
      }
      rmSync(path);
    };
    for (let run = 0; run < KILLS; run += SIDE_BY_SIDE) {
      const runs = Array.from({ length: Math.min(SIDE_BY_SIDE, KILLS - run) }, (_, lane) => run + lane);
      const paths = await Promise.all(runs.map(kill));
      // No recorder writes meanwhile: reading holds this process up, and what is to be killed would fill the memory.
      for (const [lane, path] of paths.entries()) await check(path, (run + lane) % PYTHON_EVERY === 0);
    }
  },
  60 * 60_000,
);
