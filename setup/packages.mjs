import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "../ffi/native/lock.mjs";
import { lastLines, npmErrors, SetupError, step } from "../ffi/native/report.mjs";
import { runTool } from "../ffi/native/tools.mjs";

/** The root of the checkout. */
export const ROOT = realpathSync(join(dirname(fileURLToPath(import.meta.url)), ".."));
const MODULES = join(ROOT, "node_modules");
const BUN_PACKAGE = join(MODULES, "bun");
/** The path at which Bun's install script puts the binary for this platform (the name is the same on every platform). */
const BUN = join(BUN_PACKAGE, "bin", "bun.exe");

/** @typedef {{ version?: string, integrity?: string, optional?: boolean }} LockedPackage */

/**
 * Installs the packages of package-lock.json, unless node_modules was already made from it, and returns the path of a Bun that
 * runs. Prints nothing if there is nothing to do.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string>}
 */
export async function preparePackages(env) {
  if (!isInstalled() || !isElf(BUN)) {
    await withLock(MODULES, async () => {
      if (!isInstalled()) await step("installing the packages with npm", () => install(env));
      if (!isElf(BUN)) await step("completing the installation of Bun", () => completeBun(env));
    });
  }
  return BUN;
}

/**
 * True if node_modules holds each package of package-lock.json. npm writes its own list of installed packages
 * last: a manual installation counts, an interrupted one does not.
 */
function isInstalled() {
  const installed = lockedPackages(join(MODULES, ".package-lock.json"));
  if (installed === null) return false;
  const wanted = lockedPackages(join(ROOT, "package-lock.json"));
  if (wanted === null) throw new SetupError("package-lock.json is missing: the checkout is not complete.");
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === "") continue;
    const found = installed[path];
    if (found === undefined) {
      // Packages for other platforms are optional and may be missing.
      if (entry.optional === true) continue;
      return false;
    }
    if (found.version !== entry.version || found.integrity !== entry.integrity) return false;
    if (!existsSync(join(ROOT, path, "package.json"))) return false;
  }
  return true;
}

/**
 * @param {string} file
 * @returns {Record<string, LockedPackage> | null} null if there is no such file
 */
function lockedPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).packages : null;
}

/** @param {NodeJS.ProcessEnv} env */
async function install(env) {
  // When started by npm, the same npm is used. Its command-line settings (`-s`) must not hide the reasons of a failure.
  const own = env["npm_execpath"];
  const isNpm = own !== undefined && /npm-cli\.c?js$/.test(own);
  const [program, prefix] = isNpm ? [process.execPath, [own]] : ["npm", []];
  const flags = ["--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=warn"];
  const result = await runTool(program, [...prefix, "ci", ...flags], { cwd: ROOT, env });
  if (result.missing)
    throw new SetupError("npm is not installed, and it is needed to install the packages (it comes with Node.js).");
  if (result.code !== 0) {
    throw new SetupError(
      `npm could not install the packages (exit code ${result.code}). It said:\n${npmErrors(result.output)}\n` +
        "Check the network (a proxy?) and try again.",
    );
  }
}

/**
 * Puts Bun's binary in its place, as Bun's install script does unless npm was told not to run it.
 *
 * @param {NodeJS.ProcessEnv} env
 */
async function completeBun(env) {
  const script = await runTool(process.execPath, ["install.js"], { cwd: BUN_PACKAGE, env });
  if (isElf(BUN)) return;
  const outcomes = [`install.js ended with exit code ${script.code}:\n${lastLines(script.output)}`];
  for (const candidate of platformBinaries()) {
    const proof = await runTool(candidate, ["--version"], { env });
    if (proof.code === 0) {
      const temporary = `${BUN}.${process.pid}`;
      copyFileSync(candidate, temporary, constants.COPYFILE_FICLONE);
      renameSync(temporary, BUN);
      return;
    }
    outcomes.push(`${candidate} ended with exit code ${proof.code}:\n${lastLines(proof.output)}`);
  }
  throw new SetupError(
    `The packages hold no Bun that runs on this machine (${process.arch}).\n${outcomes.join("\n")}\nRemove ${MODULES} and try again.`,
  );
}

/** Bun's binaries from the packages for single platforms. */
function platformBinaries() {
  const platforms = join(MODULES, "@oven");
  if (!existsSync(platforms)) return [];
  return readdirSync(platforms)
    .map((name) => join(platforms, name, "bin", "bun"))
    .filter(isElf);
}

/** True for a binary; the placeholder that Bun's install script replaces is text. */
function isElf(/** @type {string} */ path) {
  if (!existsSync(path)) return false;
  const file = openSync(path, "r");
  try {
    const magic = Buffer.alloc(4);
    readSync(file, magic, 0, 4, 0);
    return magic.toString("latin1") === "\x7fELF";
  } finally {
    closeSync(file);
  }
}
