import { beforeAll, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { BUILD_MS, testedBinary } from "../support/binary.ts";
import { ROOT } from "../support/source-tree.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

beforeAll(testedBinary, BUILD_MS);

async function bench(...args: string[]): Promise<{ code: number; stdout: string; stderr: string; pid: number }> {
  const child = Bun.spawn([process.execPath, join(ROOT, "bench/main.ts"), "binary", ...args], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, stdout, stderr, pid: child.pid };
}

test(
  "the bench compares the executable with the sources in turns, and measures how it starts",
  async () => {
    const few = ["--rounds", "1", "--frames", "20000", "-o", "json"];
    const { code, stdout, stderr, pid } = await bench("--executable", await testedBinary(), ...few);
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    const { ratios, rounds, versionMs, drivers, bytes } = JSON.parse(stdout);
    for (const kind of ["processes", "oneThread"]) {
      expect(rounds[kind]).toEqual([{ first: expect.any(Array), other: expect.any(Array) }]);
      expect(rounds[kind][0].first).toHaveLength(2);
      expect(ratios[kind].ofRounds.value).toBeGreaterThan(0);
      expect(ratios[kind].ofFastest.interval).toHaveLength(2);
    }
    expect(versionMs).toHaveLength(2);
    expect(drivers).toEqual([
      { readyMs: expect.any(Number), firstFrameMs: expect.any(Number), idleBytes: expect.any(Number) },
    ]);
    expect(drivers[0].idleBytes).toBeGreaterThan(10e6);
    expect(bytes).toBeGreaterThan(50e6);
    expect(readdirSync("/dev/shm").filter((name) => name.startsWith(`tensorpool-bench-${pid}-`))).toEqual([]);
  },
  3 * PROCESS_TEST_MS,
);

test("the bench says how an executable is made where there is none", async () => {
  const { code, stdout, stderr } = await bench("--executable", "/nowhere/tensorpool");
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain("expected an executable at /nowhere/tensorpool, found none: `npm run build` makes it");
});
