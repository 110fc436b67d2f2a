import { expect, test } from "bun:test";
import { join } from "node:path";
import { DriverPlace } from "../support/driver-place.ts";
import { flows } from "../support/flow.ts";
import { RoleProcess } from "../support/role-process.ts";
import { elapse } from "../support/until.ts";

/** `HOSTILE_SECONDS` for longer runs. */
const SECONDS = Number(process.env.HOSTILE_SECONDS ?? 40);
const LIMIT_MS = (SECONDS + 180) * 1000;

test(
  "while arbitrary bytes are written into all logs at any moment, no role and no tool crashes; afterwards frames flow again",
  async () => {
    const seed = process.env.TENSORPOOL_SEED ?? `${(Math.random() * 2 ** 31) | 0}`;
    console.log(`seed ${seed}`);
    await using place = new DriverPlace();
    const tool = (...words: string[]) => place.run([...words, "--aeron-dir", place.aeronDir]);
    const driver = place.driver(["--stream", "10000", "--slots", "256", "--pool", "4KiB"]);
    const producer = place.producer([
      "--source",
      "synthetic:dtype=uint8,dims=64x64,rate=500",
      "--stats-interval",
      "100ms",
    ]);
    const consumer = place.consumer(["--stats-interval", "100ms"]);
    await flows(consumer);
    const roles = [
      driver,
      producer,
      consumer,
      place.consumer(["--mode", "latest", "--stats-interval", "1s"]),
      tool("supervisor", "-o", "jsonl"),
      tool("tap"),
      tool("tap", "--stream", "10000", "-o", "jsonl"),
      tool("hz", "10000"),
      tool("bw", "10000"),
      tool("delay", "10000"),
      tool("events"),
      tool("top", "-o", "jsonl"),
    ];
    const spoiler = new RoleProcess([
      process.execPath,
      join(import.meta.dir, "hostile-logs", "spoiler.ts"),
      place.aeronDir,
      `${SECONDS}`,
      seed,
    ]);
    const endMs = performance.now() + SECONDS * 1000;
    while (performance.now() < endMs) {
      // A tool that attaches again in between meets logs that are spoiled already.
      const list = tool("ls");
      await elapse(2000);
      await list.destroy();
    }
    await spoiler.errorLine(/^wrote \d+ times/);
    console.log(spoiler.stderr);
    // A tool that finds no stream in the logs that it sees may end, and says so with 3.
    const ended = roles
      .filter((role) => role.hasEnded)
      .map(async (role) => ((await role.exit()) === 3 ? [] : role.describe()));
    expect((await Promise.all(ended)).flat()).toEqual([]);
    await flows(consumer, 200);
    for (const role of roles) role.signal("SIGTERM");
    // 1 is what delay says of a stream in which some timestamps are of another clock: spoiled descriptors look like that.
    const failed = roles.map(async (role) => ([0, 1, 3].includes(await role.exit()) ? [] : role.describe()));
    expect((await Promise.all(failed)).flat()).toEqual([]);
    await place.isEmpty();
  },
  LIMIT_MS,
);
