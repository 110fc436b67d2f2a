import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { compile, inputsKey, parallelism } from "./aeron-build.mjs";
import { fetchSources, HERE, pinned } from "./aeron-sources.mjs";
import { withLock } from "./lock.mjs";
import { lastLines, SetupError, step } from "./report.mjs";
import { runTool } from "./tools.mjs";

/** The glibc version that Bun's own executables need. */
const GLIBC = "2.17";
/** @type {Readonly<Record<string, string>>} */
const ZIG_TARGETS = { x64: `x86_64-linux-gnu.${GLIBC}`, arm64: `aarch64-linux-gnu.${GLIBC}` };
const REQUIREMENTS = join(HERE, "zig.txt");
const TOOLS = join(HERE, "tools");
const PORTABLE = join(HERE, "portable");
const PIPS = [["python3", "-m", "pip"], ["pip3"], ["pip"]];

/**
 * The folder of a libaeron.so for an executable that runs on other machines: built against an old glibc, for either CPU,
 * once for each set of inputs. Fetches Zig's compiler for the build.
 *
 * @param {string} arch as in `process.arch`
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string>}
 * @throws {SetupError} without pip, cargo or network
 */
export async function preparePortableLibrary(arch, env) {
  const target = ZIG_TARGETS[arch];
  if (target === undefined)
    throw new SetupError(`expected one of ${Object.keys(ZIG_TARGETS).join(", ")}, found ${arch}`);
  const key = `${arch}-${inputsKey(arch)}-${hashOf(target + readFileSync(REQUIREMENTS, "utf8"))}`;
  const finished = join(PORTABLE, key);
  if (existsSync(join(finished, "libaeron.so"))) return finished;
  await withLock(PORTABLE, async () => {
    if (existsSync(join(finished, "libaeron.so"))) return;
    await mkdir(PORTABLE, { recursive: true });
    // Removes older builds for this CPU and leftovers of an interrupted build: no other process builds meanwhile.
    for (const entry of await readdir(PORTABLE)) {
      if (entry.startsWith("unfinished-") || entry.startsWith(`${arch}-`)) {
        await rm(join(PORTABLE, entry), { recursive: true, force: true });
      }
    }
    await build(target, await prepareZig(env), finished, env);
  });
  return finished;
}

/**
 * @param {string} target Zig's name of the target
 * @param {string} zig path of Zig's executable
 * @param {string} finished the folder for the result
 * @param {NodeJS.ProcessEnv} env
 */
async function build(target, zig, finished, env) {
  const work = await mkdtemp(join(PORTABLE, "unfinished-"));
  try {
    const sources = await step(`fetching the sources of libaeron ${pinned().version} with cargo`, () =>
      fetchSources(work, env),
    );
    const output = join(work, "output");
    await mkdir(output);
    const cache = join(work, "cache");
    const compiler = {
      command: [zig, "cc", "-target", target],
      version: `Zig for ${target}`,
      // Zig turns undefined behaviour into traps by default, and keeps debug information.
      flags: ["-fno-sanitize=undefined", "-s"],
    };
    await step(`building libaeron for ${target} on ${parallelism()} CPUs (once)`, () =>
      compile(sources, output, compiler, { ...env, ZIG_GLOBAL_CACHE_DIR: cache, ZIG_LOCAL_CACHE_DIR: cache }),
    );
    await rename(output, finished);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * The path of the pinned Zig, which pip fetches and verifies.
 *
 * @param {NodeJS.ProcessEnv} env
 */
async function prepareZig(env) {
  const version = /^ziglang==(\S+)/m.exec(readFileSync(REQUIREMENTS, "utf8"))?.[1];
  const folder = join(TOOLS, `zig-${version}`);
  const zig = join(folder, "ziglang", "zig");
  if (existsSync(zig)) return zig;
  await mkdir(TOOLS, { recursive: true });
  const work = await mkdtemp(join(TOOLS, "unfinished-"));
  try {
    await step(`fetching Zig ${version}, a C compiler, with pip`, () => fetchZig(work, env));
    await rm(folder, { recursive: true, force: true });
    await rename(work, folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return zig;
}

/**
 * @param {string} folder
 * @param {NodeJS.ProcessEnv} env
 */
async function fetchZig(folder, env) {
  const flags = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--require-hashes"];
  const install = ["install", ...flags, "--target", folder, "--requirement", REQUIREMENTS];
  /** @type {string[]} */
  const outcomes = [];
  for (const [program = "", ...prefix] of PIPS) {
    const { code, output, missing } = await runTool(program, [...prefix, ...install], { env });
    if (code === 0) return;
    outcomes.push(missing ? `${program}: not found` : `${[program, ...prefix].join(" ")}:\n${lastLines(output)}`);
  }
  throw new SetupError(`pip could not fetch Zig:\n${outcomes.join("\n")}`);
}

function hashOf(/** @type {string} */ text) {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
