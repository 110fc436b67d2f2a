import { beforeAll, describe, expect, test } from "bun:test";
import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { COMMANDS } from "../../src/cli/commands.ts";
import { BinaryPlace, BUILD_MS, testedBinary } from "../support/binary.ts";
import { ROOT } from "../support/source-tree.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

beforeAll(testedBinary, BUILD_MS);

const VERSION_LINE = `${packageJson.version}\n`;

describe("the single executable", () => {
  test("says its version", async () => {
    await using place = await BinaryPlace.create();
    expect(await place.outcome(["--version"])).toEqual({ exitCode: 0, stdout: VERSION_LINE, stderr: "" });
    expect(place.leftovers).toEqual([]);
  });

  test("says what it is made of, and loads the libaeron that it carries without writing that to a file", async () => {
    await using place = await BinaryPlace.create();
    const { exitCode, stdout, stderr } = await place.outcome(["version", "-o", "json"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const commit = existsSync(join(ROOT, ".git")) ? expect.stringMatching(/^[0-9a-f]{12}(-dirty)?$/) : null;
    expect(JSON.parse(stdout)).toEqual({
      tensorpool: packageJson.version,
      commit,
      bun: Bun.version,
      aeron: "1.54.0",
      libaeron: "embedded",
      libaeronFile: null,
      wire: "1.1",
    });
    expect(place.leftovers).toEqual([]);
  });

  test.each(COMMANDS.map(({ name }) => name))("%s --help says what it is for", async (name) => {
    await using place = await BinaryPlace.create();
    const { exitCode, stdout, stderr } = await place.outcome([name, "--help"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toContain(`tensorpool ${name}`);
    expect(place.leftovers).toEqual([]);
  });

  test("takes no settings from the folder that it is started in", async () => {
    await using place = await BinaryPlace.create();
    const files = {
      "bunfig.toml": 'preload = ["./preload.ts"]\n',
      "preload.ts": 'console.log("preloaded");',
      ".env": "TENSORPOOL_LOG=debug\nAERON_LIBRARY=/nowhere\n",
      "package.json": "{ not json",
      "tsconfig.json": "{ not json",
    };
    const { exitCode, stdout, stderr } = await place.outcome(["version", "-o", "json"], { files });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(JSON.parse(stdout).libaeron).toBe("embedded");
  });

  test("is not turned into something else by variables that Bun obeys", async () => {
    await using place = await BinaryPlace.create();
    const files = { "preload.ts": 'console.log("preloaded");' };
    const preload = join(place.folder, "preload.ts");
    for (const env of [
      { BUN_BE_BUN: "1" },
      { BUN_OPTIONS: `--preload ${preload}` },
      { NODE_OPTIONS: `--require ${preload}` },
      { BUN_INSPECT_PRELOAD: preload },
    ]) {
      const outcome = await place.outcome(["--version"], { env: env as Record<string, string>, files });
      expect({ env, ...outcome }).toEqual({ env, exitCode: 0, stdout: VERSION_LINE, stderr: "" });
    }
  });

  test("uses another libaeron where AERON_LIBRARY names one, and says when it is none", async () => {
    await using place = await BinaryPlace.create();
    const library = join(ROOT, "ffi", "native", "build", "libaeron.so");
    const { stdout } = await place.outcome(["version", "-o", "json"], { env: { AERON_LIBRARY: library } });
    expect(JSON.parse(stdout)).toMatchObject({ libaeron: "named", libaeronFile: library });
    const refused = await place.outcome(["version"], { env: { AERON_LIBRARY: place.binary } });
    expect(refused.stderr).toContain(`AERON_LIBRARY=${place.binary}`);
    expect(refused.exitCode).toBe(1);
  });

  test("examines the machine, and touches nothing", async () => {
    await using place = await BinaryPlace.create();
    const where = ["--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir];
    const { exitCode, stdout, stderr } = await place.outcome(["doctor", ...where, "-o", "json"]);
    const findings = JSON.parse(stdout) as { subject: string; level: string; found: string }[];
    expect(findings.find(({ subject }) => subject === "versions")?.found).toContain("(embedded)");
    const isBad = findings.some(({ level }) => level === "bad");
    expect({ exitCode, stderr }).toEqual({ exitCode: isBad ? 1 : 0, stderr: "" });
    expect(place.leftovers).toEqual([]);
  });

  test("refuses an option and a command that there are not, and names the nearest", async () => {
    await using place = await BinaryPlace.create();
    const option = await place.outcome(["consumer", "--standalon"]);
    expect(option.stderr).toContain("unknown option --standalon");
    expect(option.stderr).toContain("--standalone");
    expect(option).toMatchObject({ exitCode: 2, stdout: "" });
    const command = await place.outcome(["consume"]);
    expect(command.stderr).toContain('unknown command "consume"');
    expect(command).toMatchObject({ exitCode: 2, stdout: "" });
  });

  test("ends quietly when nobody reads its output", async () => {
    await using place = await BinaryPlace.create();
    const { stderr, code } = await place.shell('"$@" config init | true', [place.binary]);
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  });

  test(
    "a user's module imports tensorpool by that name, from any folder",
    async () => {
      await using place = await BinaryPlace.create();
      for (const name of ["bars.ts", "brightness.ts"]) {
        cpSync(join(ROOT, "examples", "modules", name), join(place.folder, name));
      }
      await place.mediaDriver(["--linger", "1s"]);
      const consumer = place.consumer(["--sink", "module:brightness.ts", "--count", "5"]);
      const producer = place.producer(["--source", "module:bars.ts,width=64", "--wait-consumers", "1"]);
      expect(await consumer.exit()).toBe(0);
      expect(consumer.stderr + consumer.stdout).toContain("the brightest frame had a mean of");
      producer.signal("SIGTERM");
      expect(await producer.exit()).toBe(0);
      await place.isEmpty();
    },
    PROCESS_TEST_MS,
  );
});
