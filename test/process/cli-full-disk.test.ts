import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { run } from "../support/namespace.ts";
import { Place, SELF } from "../support/place.ts";
import { TemporaryDirectory } from "../support/shm.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

/** Exit code and standard error of a command whose standard output is on a full disk. */
async function onFullDisk(...args: string[]): Promise<[number, string]> {
  const child = Bun.spawn([...SELF, ...args], { stdin: "ignore", stdout: Bun.file("/dev/full"), stderr: "pipe" });
  const stderr = await new Response(child.stderr).text();
  return [await child.exited, stderr];
}

const SAID = expect.stringContaining("tensorpool: cannot write standard output: ENOSPC");

test("what could not be written is told, and is no success", async () => {
  for (const line of ["--help", "hz --help", "--version", "completion bash", "config init"])
    expect([line, ...(await onFullDisk(...line.split(" ")))]).toEqual([line, 1, SAID]);
});

test("a check that nobody can read has no other answer than UNKNOWN", async () => {
  using dir = new TemporaryDirectory();
  for (const format of ["nagios", "prometheus", "json"]) {
    const args = ["check", "--format", format, "--aeron-dir", dir.at("aeron"), "--shm-dir", dir.at("shm")];
    expect(await onFullDisk(...args)).toEqual([3, SAID]);
  }
});

test(
  "a sink that could not be written is reported once, with the reason why the consumer ends",
  async () => {
    await using place = new Place();
    await place.mediaDriver();
    place.producer(["--source", "synthetic:dtype=uint8,dims=64x64,rate=500"]);
    const consumer = place.consumer(["--sink", "raw:/dev/full"]);
    expect(await consumer.exit()).toBe(1);
    const said = consumer.stderr
      .split("\n")
      .filter((line) => line.includes("/dev/full: cannot be written: no space is left on its file system (ENOSPC)"));
    expect(said).toHaveLength(1);
    expect(said[0]).toStartWith("tensorpool: ");
  },
  PROCESS_TEST_MS,
);

test("settings that could not be written whole are not left as half a file", async () => {
  using dir = new TemporaryDirectory();
  // The file may have one block, which the settings do not fit in.
  const limited = 'trap "" XFSZ; ulimit -f 1; exec "$@"';
  const to = dir.at("settings.toml");
  const { exitCode, stderr } = await run(["sh", "-c", limited, "sh", ...SELF, "config", "init", "--to", to]);
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`tensorpool: cannot write ${to}: EFBIG`)]);
  expect(readdirSync(dir.path)).toEqual([]);
});
