// What is given out: executables for both CPUs that run on old systems, and their archives. Prints their measures.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { readElf } from "../../packaging/elf.ts";
import { run } from "../support/namespace.ts";
import { Place } from "../support/place.ts";
import { ROOT } from "../support/source-tree.ts";

const ARCHS = ["x64", "arm64"] as const;
/** Fetching Zig, and building libaeron with it twice, takes minutes on a small machine. */
const BUILD_MS = 15 * 60_000;
const STARTS = 20;
const dist = mkdtempSync(join(tmpdir(), "tensorpool-release-"));

async function build(arch: string, folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, `tensorpool-linux-${arch}`);
  const command = [process.execPath, "build.ts", "--archive", "--target", arch, "--outfile", outfile];
  const child = Bun.spawn(command, { cwd: ROOT, stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  expect({ arch, exitCode: await child.exited, stderr }).toMatchObject({ exitCode: 0 });
  console.log(stdout.trim());
  return stdout;
}

const said: Record<string, string> = {};

beforeAll(async () => {
  for (const arch of ARCHS) said[arch] = await build(arch, join(dist, arch));
}, BUILD_MS);

afterAll(() => rmSync(dist, { recursive: true, force: true }));

test.each(ARCHS)("%s: it needs glibc 2.17 or newer, and says so", (arch) => {
  expect(said[arch]).toContain(`for ${arch}, glibc 2.17 or newer`);
  expect(readElf(join(dist, arch, `tensorpool-linux-${arch}`))).toMatchObject({ arch, glibc: "2.17" });
});

test.each(ARCHS)("%s: the archive has all that belongs to it, and its checksum fits", async (arch) => {
  const name = `tensorpool-${packageJson.version}-linux-${arch}`;
  const folder = join(dist, arch);
  const checked = await run(["env", "-C", folder, "sha256sum", "--check", "SHA256SUMS"]);
  expect(checked).toEqual({ exitCode: 0, stdout: `${name}.tar.gz: OK\n`, stderr: "" });
  expect((await run(["tar", "-xzf", join(folder, `${name}.tar.gz`), "-C", folder])).exitCode).toBe(0);
  expect(readdirSync(join(folder, name)).sort()).toEqual([
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "SECURITY.md",
    "THIRD-PARTY-NOTICES.txt",
    "completion",
    "docs",
    "systemd",
    "tensorpool",
  ]);
  expect(statSync(join(folder, name, "tensorpool")).mode & 0o777).toBe(0o755);
  const notices = readFileSync(join(folder, name, "THIRD-PARTY-NOTICES.txt"), "utf8");
  for (const part of [
    "Aeron",
    "JavaScriptCore",
    "LESSER GENERAL PUBLIC LICENSE",
    ...Object.keys(packageJson.dependencies),
  ]) {
    expect(notices).toContain(part);
  }
  // The text that came with Aeron's sources, not our word for it.
  expect(notices).toContain("END OF TERMS AND CONDITIONS");
});

test(
  "the same files give the same bytes",
  async () => {
    await build(process.arch, join(dist, "again"));
    const sums = (folder: string): string => readFileSync(join(dist, folder, "SHA256SUMS"), "utf8");
    expect(sums("again")).toBe(sums(process.arch));
  },
  BUILD_MS,
);

test(
  "arm64: it runs, and moves frames, where there is an emulator for it",
  async () => {
    const emulator = Bun.which("qemu-aarch64-static") ?? Bun.which("qemu-aarch64");
    const libraries = "/usr/aarch64-linux-gnu";
    if (process.arch !== "arm64" && (emulator === null || !existsSync(libraries))) {
      console.error("not run here: there is no qemu-aarch64, or no libc6-arm64-cross");
      return;
    }
    const binary = join(dist, "arm64", "tensorpool-linux-arm64");
    const self = process.arch === "arm64" ? [binary] : [emulator ?? "", "-L", libraries, binary];
    const { exitCode, stdout } = await run([...self, "version", "-o", "json"]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ bun: Bun.version, aeron: "1.54.0", libaeron: "embedded" });

    await using place = new Place(self);
    // An emulated process cannot start others of its kind.
    const producer = place.producer([
      "--source",
      "synthetic:",
      "--dims",
      "64x64",
      "--rate",
      "50",
      "--media-driver",
      "embedded",
    ]);
    const consumer = place.consumer(["--count", "20", "--media-driver", "external"]);
    expect(await consumer.exit()).toBe(0);
    expect(consumer.stderr).toContain("accepted 20 frames");
    producer.signal("SIGTERM");
    expect(await producer.exit()).toBe(0);
    await place.isEmpty();
  },
  BUILD_MS,
);

test(
  "the executable passes the smoke tests, and its measures are printed",
  async () => {
    const binary = join(dist, process.arch, `tensorpool-linux-${process.arch}`);
    const times: number[] = [];
    for (let i = 0; i < STARTS; i++) {
      const startMs = performance.now();
      expect((await run([binary, "--version"])).exitCode).toBe(0);
      times.push(performance.now() - startMs);
    }
    times.sort((a, b) => a - b);
    const megabytes = (statSync(binary).size / 1e6).toFixed(1);
    console.log(
      `${binary}: ${megabytes} MB; --version takes ${times[STARTS / 2]?.toFixed(1)} ms (${times[0]?.toFixed(1)} at best)`,
    );
    const smoke = Bun.spawn([process.execPath, "test", "--timeout=60000", "./test/smoke"], {
      cwd: ROOT,
      env: { ...process.env, TESTED_BINARY: binary },
      stdout: "ignore",
      stderr: "pipe",
    });
    const output = await smoke.stderr.text();
    expect({ exitCode: await smoke.exited, output }).toMatchObject({ exitCode: 0 });
  },
  BUILD_MS,
);
