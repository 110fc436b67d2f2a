import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { ToolPlace } from "../support/tool-place.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

setDefaultTimeout(PROCESS_TEST_MS);

const SOURCE = 'source = "synthetic:dtype=uint8,dims=64x64"';

/** A file with these roles, in the place; its path. */
function config(place: ToolPlace, roles: string, hasDriver = true): string {
  const streams = hasDriver
    ? '[profiles.small]\nheader_nslots = 8\npayload_pools = [{ pool_id = 1, stride_bytes = "64KiB" }]\n[streams.left]\nstream_id = 10000\n'
    : "";
  const text = `[driver]\naeron_dir = "${place.aeronDir}"\n[shm]\nbase_dir = "${place.shmDir}"\n${streams}${roles}`;
  const path = place.at("run.toml");
  writeFileSync(path, text);
  return path;
}

describe("run", () => {
  test("a driver, a producer and a consumer share a process; a role that is done ends alone, and Ctrl-C ends all", async () => {
    await using place = new ToolPlace();
    const roles = `[[producers]]\nstream = "left"\n${SOURCE}\nrate = 200\n[[consumers]]\nstream = "left"\nsink = "null"\ncount = 20\n`;
    const run = place.run(["run", "--config", config(place, roles)]);
    await run.errorLine(/consumer of stream 10000 is done/);
    await run.errorLine(/accepted 20 frames/);
    // A client says who it is with its first sign of life, and a counter goes a moment after its owner.
    let text = "";
    const isSettled = (): boolean => /"consumers":\[\]/.test(text) && text.includes(`"pid":${run.pid}`);
    for (let i = 0; i < 20 && !isSettled(); i++) text = (await place.tool(["ls"])).stdout;
    const rows = text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    expect(rows.find(({ kind }) => kind === "driver")).toMatchObject({ state: "alive", pid: run.pid });
    expect(rows.find(({ kind }) => kind === "stream")).toMatchObject({ consumers: [], producer: { pid: run.pid } });
    run.signal("SIGINT");
    expect(await run.exit()).toBe(130);
    expect(run.stderr).toContain("driver driver-01 has ended");
    expect(place.regionFiles()).toEqual([]);
  });

  test("without a driver the process ends with its last role", async () => {
    await using place = new ToolPlace();
    const roles = `[common]\nstandalone = true\n[[producers]]\n${SOURCE}\nrate = 200\nflow = "wait"\ncount = 50\n[[consumers]]\nsink = "null"\ncount = 50\n`;
    const run = place.run(["run", "--config", config(place, roles, false)]);
    expect(await run.exit()).toBe(0);
    expect(run.stderr).toContain("accepted 50 frames, lost 0");
    expect(run.stderr).toContain("published 50 of 50");
    expect(place.regionFiles()).toEqual([]);
  });

  test("a file that does not say what to run, or mixes rows, is refused before anything is started", async () => {
    await using place = new ToolPlace();
    const telling = `[[producers]]\n${SOURCE}\nstats_interval = 1\n[[consumers]]\nsink = "null"\nstats_interval = 1\n`;
    for (const [roles, message] of [
      ["", "no roles to run"],
      [telling, "pass -o jsonl"],
      [
        `[[producers]]\n${SOURCE}\naeron_dir = "/dev/shm/elsewhere"\n[[consumers]]\n`,
        "its roles name several Aeron folders",
      ],
    ] as const) {
      const run = place.run(["run", "--config", config(place, roles, false)]);
      expect([await run.exit(), run.stderr]).toEqual([2, expect.stringContaining(message)]);
    }
    const none = place.run(["run"]);
    expect([await none.exit(), none.stderr]).toEqual([2, expect.stringContaining("pass --config FILE")]);
    expect(place.driverPids()).toEqual([]);
  });

  test("a driver that cannot start ends the process with 1 and the reason", async () => {
    await using place = new ToolPlace();
    const roles = `[[producers]]\nstream = "left"\n${SOURCE}\nrate = 200\n`;
    const served = place.run(["run", "--config", config(place, roles)]);
    await served.errorLine(/attached to stream 10000/);
    const second = place.run(["run", "--config", config(place, roles)]);
    expect([await second.exit(), second.stderr]).toEqual([1, expect.stringContaining("a driver already serves")]);
    served.signal("SIGTERM");
    await served.exit();

    const file = config(place, roles);
    const text = readFileSync(file, "utf8");
    for (const [what, by, message] of [
      ["header_nslots = 8", "header_nslots = 4194304", "does not fit"],
      [place.shmDir, "/proc/nowhere", "region not created"],
    ] as const) {
      writeFileSync(file, text.replace(what, by));
      const run = place.run(["run", "--config", file]);
      expect([await run.exit(), run.stderr]).toEqual([1, expect.stringContaining(message)]);
    }
    expect(place.driverPids()).toEqual([]);
    expect(place.regionFiles()).toEqual([]);
  });

  test("a role whose results cannot be written ends the process with 1 and the reason, beside a driver that continues", async () => {
    await using place = new ToolPlace();
    const roles = `[[producers]]\nstream = "left"\n${SOURCE}\nrate = 200\n[[consumers]]\nstream = "left"\nsink = "stats"\ncount = 3\n`;
    const onFullDisk = (command: readonly string[]) => ["sh", "-c", 'exec "$@" > /dev/full', "sh", ...command];
    const run = place.run(["run", "--config", config(place, roles)], { through: onFullDisk });
    expect([await run.exit(), run.stderr]).toEqual([1, expect.stringContaining("cannot write standard output")]);
    expect(place.regionFiles()).toEqual([]);
  });
});
