import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DemoPlan, planDemo, slotsFor } from "../../src/cli/demo/plan.ts";
import { Workspace } from "../../src/cli/demo/workspace.ts";
import { UsageError } from "../../src/core/errors.ts";
import { valuesFor } from "../support/command-values.ts";
import { fixture } from "../support/io-frames.ts";

const MIB = 2 ** 20;

async function planOf(options: Record<string, string>): Promise<DemoPlan> {
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  return planDemo(valuesFor("demo", ...args));
}

class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "tensorpool-test-"));

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

describe("the plan of a demo", () => {
  test("by default a test picture at 500 frames/s for 8 s, and a consumer that takes four times as long", async () => {
    const plan = await planOf({});
    expect(plan).toMatchObject({ title: "synthetic uint8 480x640", rateHz: 500, seconds: 8, delayNs: 8e6 });
    expect(plan.isStream).toBe(false);
  });

  test("a rate comes from the flag, else from the source, else it is 500", async () => {
    const source = `y4m:${fixture("y4m/420jpeg.y4m")}`;
    const nativeRateHz = (await planOf({ source })).rateHz;
    expect(nativeRateHz).toBeGreaterThan(1);
    expect(nativeRateHz).toBeLessThan(100);
    expect((await planOf({ source, rate: "7" })).rateHz).toBe(7);
    expect((await planOf({ source: "synthetic:rate=70" })).rateHz).toBe(70);
    expect((await planOf({ source: "synthetic:rate=max" })).rateHz).toBeNull();
    expect((await planOf({ source: `npy:${fixture("npy/uint8.npy")}` })).rateHz).toBe(500);
  });

  test("the ring has a power of two of slots: more of them for small and fast frames, fewer where memory is short", () => {
    for (const [frameBytes, rateHz, freeMiB, slots] of [
      [64, 10_000, 1024, 1024],
      [64, 25, 1024, 8],
      [480 * 640, 500, 1024, 128],
      [480 * 640, 500, 64, 64],
      [4 * MIB, 1000, 1024, 32],
      [2 * MIB, 1000, 64, 16],
    ] as const) {
      expect(slotsFor(frameBytes, rateHz, freeMiB * MIB)).toBe(slots);
    }
    expect(() => slotsFor(8 * MIB, 30, 64 * MIB)).toThrow(/expects 84 MiB .* found 64 MiB/);
  });

  test("standard input is left to the producer", async () => {
    const plan = await planOf({ source: "y4m:-" });
    expect(plan).toMatchObject({ title: "y4m:-", isStream: true, rateHz: 500 });
  });

  test("wrong options are refused before anything is started", async () => {
    await expect(planOf({ seconds: "0" })).rejects.toThrow(UsageError);
    await expect(planOf({ dtype: "uint9" })).rejects.toThrow(UsageError);
    await expect(planOf({ source: "npy:missing.npy" })).rejects.toThrow(
      "missing.npy: cannot be read: there is no such file",
    );
  });
});

describe("the folders of a demo", () => {
  test("are removed with everything in them; what was there before stays", () => {
    using folder = new Folder();
    writeFileSync(join(folder.path, "mine"), "");
    const workspace = new Workspace({ shmDir: join(folder.path, "a/b"), aeronDir: join(folder.path, "aeron") });
    mkdirSync(workspace.shmDir);
    writeFileSync(join(workspace.shmDir, "region"), "");
    mkdirSync(workspace.aeronDir);
    writeFileSync(`${workspace.aeronDir}.lock`, "");
    workspace.remove();
    workspace.remove();
    expect(readdirSync(folder.path)).toEqual(["mine"]);
  });

  test("a folder that others put something into meanwhile is left to them", () => {
    using folder = new Folder();
    const workspace = new Workspace({ shmDir: join(folder.path, "shm") });
    writeFileSync(join(folder.path, "shm", "theirs"), "");
    workspace.remove();
    expect(readdirSync(join(folder.path, "shm"))).toEqual(["theirs"]);
  });

  test("what a killed demo left is swept; a living demo's, a young one and other folders are not", () => {
    using folder = new Folder();
    const longAgo = new Date(Date.now() - 60_000);
    const make = (name: string): string => {
      const path = join(folder.path, name);
      mkdirSync(join(path, "shm"), { recursive: true });
      utimesSync(path, longAgo, longAgo);
      return path;
    };
    const dead = make("tensorpool-demo-1-dead");
    const other = make("tensorpool-other");
    const young = join(folder.path, "tensorpool-demo-1-young");
    mkdirSync(young);
    const living = new Workspace({ shmDir: folder.path });
    utimesSync(living.folder, longAgo, longAgo);
    const next = new Workspace({ shmDir: folder.path });
    expect(existsSync(dead)).toBe(false);
    for (const path of [other, young, living.folder, next.folder]) expect(existsSync(path)).toBe(true);
    living.remove();
    next.remove();
  });

  test("an Aeron folder with something in it is refused, and left alone", () => {
    using folder = new Folder();
    writeFileSync(join(folder.path, "cnc.dat"), "");
    expect(() => new Workspace({ aeronDir: folder.path })).toThrow(/aeronDir: expected a new or empty folder/);
    expect(readdirSync(folder.path)).toEqual(["cnc.dat"]);
  });
});
