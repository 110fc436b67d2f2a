import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { SetupError } from "../ffi/native/report.mjs";
import { runTool } from "../ffi/native/tools.mjs";
import type { Target } from "./targets.ts";

const ROOT = join(import.meta.dir, "..");
const TOOLS = join(ROOT, "ffi", "native", "tools");

/**
 * Variables that change what a Bun executable runs: they turn it into a plain interpreter, or make it load
 * other code first. The environment must not be able to change our program in this way.
 */
const OBEYED_VARIABLES = ["BUN_BE_BUN", "BUN_OPTIONS"];

/** The path of Bun for a target, of the same version as this one: the one that runs this, or fetched with npm and verified. */
export async function bunFor(target: Target): Promise<string> {
  if (target.arch === process.arch) return process.execPath;
  const folder = join(TOOLS, `${target.bun}-${Bun.version}`);
  const executable = join(folder, "package", "bin", "bun");
  if (existsSync(executable)) return executable;
  await mkdir(TOOLS, { recursive: true });
  const work = await mkdtemp(join(TOOLS, "unfinished-"));
  try {
    await fetchPackage(target.bunPackage, work);
    await rm(folder, { recursive: true, force: true });
    await rename(work, folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return executable;
}

/** Fetches a package and unpacks it, if its checksum matches package-lock.json. @throws SetupError */
async function fetchPackage(name: string, folder: string): Promise<void> {
  const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8"));
  const { version, integrity } = lock.packages[`node_modules/${name}`];
  if (version !== Bun.version)
    throw new SetupError(`package-lock.json has Bun ${version}, and this is Bun ${Bun.version}`);
  const packed = await runTool("npm", ["pack", "--silent", `${name}@${version}`], { cwd: folder });
  if (packed.code !== 0) throw new SetupError(`npm could not fetch ${name}@${version}:\n${packed.output}`);
  const archive = join(folder, packed.output.trim().split("\n").at(-1) ?? "");
  const found = `sha512-${new Bun.CryptoHasher("sha512").update(readFileSync(archive)).digest("base64")}`;
  if (found !== integrity)
    throw new SetupError(`${name}@${version}: expected the checksum ${integrity}, found ${found}`);
  const unpacked = await runTool("tar", ["-xzf", archive, "-C", folder, "package/bin/bun"]);
  if (unpacked.code !== 0) throw new SetupError(`tar could not unpack ${archive}:\n${unpacked.output}`);
  await rm(archive);
}

/**
 * Bun's executable without the names of the variables that change what it runs: it reads a variable with an empty name instead,
 * which no environment has.
 *
 * @throws SetupError if a name is not found exactly once: Bun has changed, and the list of variables must be reviewed
 */
export function withoutObeyedVariables(executable: Buffer): Buffer {
  const changed = Buffer.from(executable);
  for (const name of OBEYED_VARIABLES) {
    const text = `\0${name}\0`;
    const at = executable.indexOf(text, 0, "latin1");
    if (at === -1 || executable.indexOf(text, at + 1, "latin1") !== -1) {
      throw new SetupError(
        `expected the name ${name} once in Bun ${Bun.version}, found it ${at === -1 ? "nowhere" : "again"}`,
      );
    }
    changed[at + 1] = 0;
  }
  return changed;
}
