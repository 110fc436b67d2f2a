import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { Place } from "../support/place.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

const FRAMES = 60;
const FRAME_BYTES = 4096;

/** Frames that begin with their number, and are filled with it. */
function numberedFrames(): Buffer {
  return Buffer.concat(Array.from({ length: FRAMES }, (_, n) => Buffer.alloc(FRAME_BYTES, n)));
}

test(
  "decimate: a file through a decimator arrives complete in every Nth frame, and nothing is left behind",
  async () => {
    await using place = new Place();
    const driver = await place.mediaDriver();
    const common = ["--standalone", "--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir];
    const consumer = place.consumer(["--stream", "2", "--sink", "raw:-", "--fail-on-loss"], { binary: true });
    const decimate = place.run([
      "decimate",
      ...common,
      "--stream",
      "1",
      "--to",
      "2",
      "--every",
      "4",
      "--once",
      "--fail-on-loss",
    ]);
    const source = ["--stream", "1", "--source", "raw:-", "--dtype", "uint8", "--dims", "64x64", "--rate", "30"];
    // The source lasts long enough for the decimator and its reader to find each other on a busy machine.
    const producer = place.producer([...source, "--once", "--fail-on-loss"], { stdin: numberedFrames() });
    const codes = [await producer.exit(), await decimate.exit(), await consumer.exit()];
    expect([codes, decimate.stderr]).toEqual([[0, 0, 0], expect.any(String)]);
    const firsts = Array.from({ length: FRAMES / 4 }, (_, i) => consumer.bytes[i * FRAME_BYTES] as number);
    expect([consumer.bytes.length, firsts]).toEqual([
      (FRAMES / 4) * FRAME_BYTES,
      Array.from({ length: FRAMES / 4 }, (_, i) => i * 4),
    ]);
    expect(decimate.stderr).toContain("carried 15 frames to stream 2, lost 0");
    driver.signal("SIGTERM");
    expect(await driver.exit()).toBe(0);
    await place.isEmpty();
  },
  PROCESS_TEST_MS,
);

test(
  "decimate: beside a driver, as roles of one file, on leased regions",
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
payload_pools = [{ pool_id = 1, stride_bytes = 4096 }]
[streams.all]
stream_id = 21
profile = "small"
[streams.some]
stream_id = 22
profile = "small"
[[producers]]
stream = "all"
source = "synthetic:dtype=uint8,dims=16x16"
rate = 200
[[decimators]]
stream = "all"
to = 22
every = 5
[[consumers]]
stream = "some"
count = 20
`,
    );
    const roles = place.run(["run", "--config", place.at("roles.toml")]);
    await roles.errorLine(/accepted 20 frames, lost 0/);
    roles.signal("SIGTERM");
    expect([await roles.exit(), place.regionFiles()]).toEqual([0, []]);
  },
  PROCESS_TEST_MS,
);

test("decimate: says what is missing, and refuses the source's own stream", async () => {
  await using place = new Place();
  const refusals = [
    [["--stream", "1"], "--to is missing"],
    [["--stream", "1", "--to", "2"], "expected one of --every N, --rate HZ and --latest, found none"],
    [["--stream", "1", "--to", "2", "--every", "2", "--latest"], "found several"],
    [["--standalone", "--stream", "1", "--to", "1", "--every", "2"], "expected another stream than the source's"],
  ] as const;
  for (const [args, message] of refusals) {
    const role = place.run(["decimate", "--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir, ...args]);
    expect([await role.exit(), role.stderr]).toEqual([2, expect.stringContaining(message)]);
  }
});
