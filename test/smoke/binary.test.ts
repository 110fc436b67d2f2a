import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };

const ROOT = join(import.meta.dir, "..", "..");
const work = mkdtempSync(join(tmpdir(), "tensorpool-smoke-"));
const shm = mkdtempSync("/dev/shm/tensorpool-smoke-");
const binary = join(work, "tensorpool");

/** Runs the executable in a new, empty folder, with nothing in its environment but a PATH and a folder for temporary files. */
async function run(args: readonly string[], files: Record<string, string> = {}) {
  const folder = mkdtempSync(join(work, "folder-"));
  const temporary = mkdtempSync(join(work, "tmp-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const child = Bun.spawn([binary, ...args], {
    cwd: folder,
    env: { PATH: "/usr/bin:/bin", TMPDIR: temporary },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  const leftovers = [...readdirSync(folder).filter((name) => !(name in files)), ...readdirSync(temporary)];
  return { exitCode: await child.exited, stdout, stderr, leftovers };
}

/** Files below a folder; empty folders do not count. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (name) => !statSync(join(folder, name)).isDirectory(),
  );
}

/** Process ids of everything that runs our executable. */
function running(): string[] {
  return readdirSync("/proc").filter((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    try {
      return readlinkSync(join("/proc", entry, "exe")) === binary;
    } catch {
      // It ended between the two calls, or belongs to somebody else: not ours either way.
      return false;
    }
  });
}

beforeAll(async () => {
  const build = Bun.spawn([process.execPath, join(ROOT, "build.ts"), "--outfile", binary], {
    cwd: ROOT,
    stdout: "ignore",
    stderr: "inherit",
  });
  if ((await build.exited) !== 0) throw new Error("the build failed");
}, 60_000);

afterAll(() => {
  for (const pid of running()) process.kill(Number(pid), "SIGKILL");
  rmSync(work, { recursive: true, force: true });
  rmSync(shm, { recursive: true, force: true });
});

describe("the single executable", () => {
  test("says its version", async () => {
    const outcome = await run(["--version"]);
    expect(outcome).toEqual({ exitCode: 0, stdout: `${packageJson.version}\n`, stderr: "", leftovers: [] });
  });

  test("takes no settings from the folder that it is started in", async () => {
    const outcome = await run(["--version"], {
      "bunfig.toml": 'preload = ["./preload.ts"]\n',
      "preload.ts": 'console.log("preloaded");',
      ".env": "TENSORPOOL_LOG_LEVEL=debug\n",
    });
    expect(outcome).toEqual({ exitCode: 0, stdout: `${packageJson.version}\n`, stderr: "", leftovers: [] });
  });

  test("runs a media driver from the libaeron that it carries, without writing that to a file", async () => {
    const aeronDir = join(shm, "aeron-alone");
    const outcome = await run(["media-driver", "--aeron-dir", aeronDir, "--linger", "200ms"]);
    expect(outcome.stderr).toContain(aeronDir);
    expect(outcome.exitCode).toBe(0);
    expect(outcome.leftovers).toEqual([]);
    expect(filesIn(shm)).toEqual([]);
  });

  test("runs its demo, and leaves nothing behind", async () => {
    const regions = join(shm, "regions");
    mkdirSync(regions);
    const outcome = await run(["demo", "--seconds", "3", "--aeron-dir", join(shm, "aeron"), "--shm-dir", regions]);
    expect(outcome.stderr + outcome.stdout).toContain("accepted");
    expect(outcome.exitCode).toBe(0);
    expect(outcome.leftovers).toEqual([]);
    expect(filesIn(shm)).toEqual([]);
    expect(running()).toEqual([]);
  }, 60_000);
});
