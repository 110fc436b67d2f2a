import { describe, expect, test } from "bun:test";
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readlinkSync, renameSync } from "node:fs";
import { join } from "node:path";
import { AllowedBaseDirs } from "../../src/shm/base-dirs.ts";
import { RegionError } from "../../src/shm/errors.ts";
import { MappedStream } from "../../src/shm/mapped-stream.ts";
import { Mapping } from "../../src/shm/mapping.ts";
import { parseRegionUri } from "../../src/shm/uri.ts";
import { announceOf, createSmallStream, creationErrorOf, heldBelow, TemporaryDirectory } from "../support/shm.ts";

const ROOT = join(import.meta.dir, "../..");

/** A process that owns a small stream in `dir` until it is killed; resolves when the regions are there. */
async function startOwner(
  dir: TemporaryDirectory,
): Promise<{ child: Bun.Subprocess<"ignore", "pipe", "inherit">; epoch: number }> {
  const code = `
    import { createSmallStream, TemporaryDirectory } from "./test/support/shm.ts";
    const set = createSmallStream({ at: (...parts) => [${JSON.stringify(dir.path)}, ...parts].join("/") });
    console.log(set.epoch);
    setInterval(() => {}, 1000);
  `;
  const child = Bun.spawn([process.execPath, "-e", code], {
    cwd: ROOT,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  const { value } = await child.stdout.getReader().read();
  return { child, epoch: Number(new TextDecoder().decode(value)) };
}

/**
 * Open descriptors of files and directories, wherever they are. Those of pipes and sockets are left out: mapping makes none,
 * and the ones to children of earlier tests are closed some time later.
 */
function fileDescriptors(): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith("/");
    } catch {
      // The one that the listing itself was read through.
      return false;
    }
  }).length;
}

describe("owners in other processes", () => {
  test("D-19: a living owner is named and not swept; a killed one is swept, and its successor has a higher epoch", async () => {
    using dir = new TemporaryDirectory();
    const { child, epoch } = await startOwner(dir);
    try {
      const error = creationErrorOf(() => createSmallStream(dir));
      expect(error.code).toBe("in-use");
      expect(error.message).toContain(`process ${child.pid} (`);
      child.kill("SIGKILL");
      await child.exited;
      const left = dir.at("base/test/camera-10000", `epoch-${epoch}`);
      expect(readdirSync(left).length).toBe(2);
      using set = createSmallStream(dir);
      expect(existsSync(left)).toBe(false);
      expect(set.epoch).toBeGreaterThan(epoch);
    } finally {
      child.kill("SIGKILL");
      await child.exited;
    }
  });

  test("W-30: instances that start and end at once get on with each other and leave nothing", async () => {
    using dir = new TemporaryDirectory();
    const code = (id: number): string => `
      import { createSmallStream } from "./test/support/shm.ts";
      const dir = { at: (...parts) => [${JSON.stringify(dir.path)}, ...parts].join("/") };
      for (let round = 0; round < 150; round += 1) createSmallStream(dir, { streamId: ${id}, instanceId: "camera-${id}" }).close();
      console.log("done");
    `;
    const children = [1, 2].map((id) =>
      Bun.spawn([process.execPath, "-e", code(id)], { cwd: ROOT, stdout: "pipe", stderr: "pipe" }),
    );
    for (const child of children) {
      expect(await new Response(child.stderr).text()).toBe("");
      expect((await new Response(child.stdout).text()).trim()).toBe("done");
      expect(await child.exited).toBe(0);
    }
    expect(readdirSync(dir.path)).toEqual([]);
  });

  for (const [what, swapped] of [
    ["file", (epochPath: string) => `${epochPath}/payload-1.pool`],
    ["directory", (epochPath: string) => epochPath],
  ] as const) {
    test(`W-27: a ${what} that is swapped for a link all the time never leads outside`, async () => {
      using dir = new TemporaryDirectory();
      using set = createSmallStream(dir);
      const epochPath = parseRegionUri(set.headerRing.uri).path.slice(0, -"/header.ring".length);
      cpSync(epochPath, dir.at("outside"), { recursive: true });
      new Uint8Array(set.pools[0]?.mapping.window(64, 1) as ArrayBuffer)[0] = 1;
      const target = swapped(epochPath);
      const outside = what === "file" ? dir.at("outside/payload-1.pool") : dir.at("outside");
      // Renames only, each one atomic: the name is the real thing, nothing, or a link to a valid copy outside.
      const code = `
        const { renameSync, symlinkSync, existsSync } = require("node:fs");
        const [target, outside, stop] = ${JSON.stringify([target, outside, dir.at("stop")])};
        symlinkSync(outside, target + ".link");
        console.log("swapping");
        while (!existsSync(stop)) {
          for (let round = 0; round < 50; round += 1) {
            renameSync(target, target + ".real"); renameSync(target + ".link", target);
            renameSync(target, target + ".link"); renameSync(target + ".real", target);
          }
        }
      `;
      const child = Bun.spawn([process.execPath, "-e", code], { stdout: "pipe", stderr: "inherit" });
      const outcomes = new Map<string, number>();
      try {
        await child.stdout.getReader().read();
        const allowed = AllowedBaseDirs.resolve([dir.at("base")]);
        const announce = announceOf(set);
        const deadlineMs = performance.now() + 1500;
        for (let attempt = 0; attempt < 20_000 && performance.now() < deadlineMs; attempt += 1) {
          let outcome: string;
          try {
            using stream = MappedStream.map(announce, allowed);
            const [first] = new Uint8Array(stream.pools[0]?.mapping.window(64, 1) as ArrayBuffer);
            outcome = first === 1 ? "mapped" : "MAPPED OUTSIDE";
          } catch (error) {
            if (!(error instanceof RegionError)) throw error;
            outcome = error.rule ?? "";
          }
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        }
      } finally {
        mkdirSync(dir.at("stop"));
        await child.exited;
      }
      expect(await child.exited).toBe(0);
      for (const outcome of outcomes.keys()) expect(["mapped", "W-26", "W-27", "D-19"]).toContain(outcome);
      expect([...outcomes.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(100);
    });
  }

  test("W-31: a thousand mapped streams, closed again, and as many refused ones leave no descriptor and no mapping", () => {
    using dir = new TemporaryDirectory();
    using set = createSmallStream(dir);
    const allowed = AllowedBaseDirs.resolve([dir.at("base")]);
    const announce = announceOf(set);
    const pool = announce.pools[0] as (typeof announce.pools)[number];
    copyFileSync(parseRegionUri(pool.regionUri).path, dir.at("base/copy"));
    renameSync(dir.at("base/copy"), dir.at("base/test/copy"));
    const wrong = {
      ...announce,
      pools: [pool, { ...pool, poolId: 2, regionUri: `shm:file?path=${dir.at("base/test/copy")}` }],
    };
    const before = {
      descriptors: fileDescriptors(),
      held: heldBelow(dir.path),
      open: Mapping.openCount,
    };
    for (let round = 0; round < 1000; round += 1) {
      MappedStream.map(announce, allowed).close();
      expect(() => MappedStream.map(wrong, allowed)).toThrow("poolId");
    }
    expect({
      descriptors: fileDescriptors(),
      held: heldBelow(dir.path),
      open: Mapping.openCount,
    }).toEqual(before);
  });
});
