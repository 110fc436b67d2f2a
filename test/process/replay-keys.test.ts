import { expect, test } from "bun:test";
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { framePattern, START_NS, TestFile } from "../support/mcap-file.ts";
import { Place, SELF } from "../support/place.ts";
import { PROCESS_TEST_MS, until } from "../support/until.ts";

const FRAMES = 600;
/** Ten a second: what a key does is seen in the numbers. */
const PERIOD_NS = 100_000_000n;

async function minute(path: string): Promise<void> {
  const file = await TestFile.create(path, { library: "tensorpool 0.1.0" });
  for (let seq = 0; seq < FRAMES; seq++) {
    const logTimeNs = START_NS + BigInt(seq) * PERIOD_NS;
    await file.frame({ seq, logTimeNs, dtype: "uint16", dims: [3, 4], bytes: framePattern(24, seq) });
  }
  await file.end();
}

test(
  "keys pause a replay, step it frame by frame, seek and end it",
  async () => {
    await using place = new Place();
    await place.mediaDriver();
    await minute(place.at("run.mcap"));
    const consumer = place.run([
      "consumer",
      "--standalone",
      "--aeron-dir",
      place.aeronDir,
      "--shm-dir",
      place.shmDir,
      ...["--stream", "7", "--sink", "null", "--stats-interval", "0.05", "-o", "jsonl"],
    ]);
    const accepted = (): number =>
      (consumer.rows.at(-1) as { counters?: { accepted: number } } | undefined)?.counters?.accepted ?? 0;
    const [screen, keys] = [place.at("screen"), place.at("keys")];
    writeFileSync(screen, "");
    await place.shell('mkfifo "$1"', [keys]);
    const keyboard = openSync(keys, "r+");
    const role = ["--standalone", "--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir];
    const words = [...SELF, "replay", place.at("run.mcap"), ...role].map((word) => `'${word}'`).join(" ");
    const running = place.shell('TERM=xterm script -qefc "stty cols 160; $1" "$2" < "$3"', [words, screen, keys]);
    /** The newest line: where the replay is in seconds, and whether it stands. */
    const line = (): { seconds: number; isPaused: boolean } => {
      const [, minutes, seconds, state] =
        [...readFileSync(screen, "utf8").matchAll(/replay: (\d+):([\d.]+) of [\d:.]+ {2}(.*?) {2}/g)].at(-1) ?? [];
      return { seconds: Number(minutes ?? 0) * 60 + Number(seconds ?? 0), isPaused: state === "paused" };
    };
    try {
      await until(
        () => accepted() >= 3 && line().seconds > 0,
        () => `frames, found ${JSON.stringify(readFileSync(screen, "utf8").slice(-300))}`,
      );
      writeSync(keyboard, " ");
      await until(
        () => line().isPaused,
        () => "the pause",
      );
      const paused = line().seconds;
      // Rows that were taken before the pause say nothing of the frames right before it.
      const rows = consumer.rows.length;
      await until(
        () => consumer.rows.length > rows + 2,
        () => "rows of the pause",
      );
      const before = accepted();
      for (let step = 1; step <= 3; step++) {
        writeSync(keyboard, "n");
        await until(
          () => accepted() === before + step,
          () => `one more frame than ${before + step - 1}, found ${accepted()}`,
        );
      }
      expect(line().isPaused).toBe(true);
      writeSync(keyboard, "\x1b[C");
      await until(
        () => line().seconds >= paused + 10,
        () => "a position that is 10 s on",
      );
      writeSync(keyboard, " ");
      await until(
        () => !line().isPaused && accepted() > before + 5,
        () => "frames behind the pause",
      );
      const resumed = line().seconds;
      expect(resumed).toBeGreaterThan(paused + 10);
      writeSync(keyboard, "\x1b[D");
      await until(
        () => line().seconds < resumed,
        () => "a position that is earlier",
      );
      writeSync(keyboard, "q");
      expect((await running).code).toBe(0);
    } finally {
      closeSync(keyboard);
    }
    consumer.signal("SIGTERM");
    expect(await consumer.exit()).toBe(0);
  },
  PROCESS_TEST_MS,
);
