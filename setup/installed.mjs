#!/usr/bin/env node
// The command line of an installed package: finds Bun, builds libaeron if necessary, and runs the program. In a
// checkout `npm run tensorpool` does the same.
import { accessSync, constants, existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { endianness } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { HERE } from "../ffi/native/aeron-sources.mjs";
import { prepareLibrary } from "../ffi/native/libaeron.mjs";
import { SetupError } from "../ffi/native/report.mjs";
import { stopToolsOnSignals } from "../ffi/native/tools.mjs";
import { endWith, runCommand } from "./command.mjs";
import { refusalOf } from "./host.mjs";

const ROOT = realpathSync(join(dirname(fileURLToPath(import.meta.url)), ".."));

/** Bun's executable: the one that runs this file, else that of the package `bun`, else the one on the PATH. @throws {SetupError} */
function findBun() {
  if (process.versions["bun"] !== undefined) return process.execPath;
  const ofPackage = bunOfPackage();
  if (ofPackage !== null) return ofPackage;
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(folder, "bun");
    if (folder !== "" && isExecutable(path)) return path;
  }
  throw new SetupError(
    "tensorpool runs on Bun, and there is none: `npm install bun` beside it, or see https://bun.com. (The single\n" +
      "executable of tensorpool has Bun inside.)",
  );
}

function bunOfPackage() {
  let manifest;
  try {
    manifest = createRequire(import.meta.url).resolve("bun/package.json");
  } catch {
    // The package is not installed: the PATH is searched next.
    return null;
  }
  const path = join(dirname(manifest), "bin", "bun.exe");
  return isExecutable(path) ? path : null;
}

function isExecutable(/** @type {string} */ path) {
  if (!existsSync(path)) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // The user may not execute it.
    return false;
  }
}

async function main() {
  const refusal = refusalOf({ platform: process.platform, arch: process.arch, endianness: endianness() });
  if (refusal !== null) throw new SetupError(refusal);
  const bun = findBun();
  const restoreSignals = stopToolsOnSignals();
  try {
    await prepareLibrary(process.env);
  } catch (error) {
    const code = /** @type {NodeJS.ErrnoException} */ (error).code;
    if (code !== "EACCES" && code !== "EROFS" && code !== "EPERM") throw error;
    throw new SetupError(
      `libaeron is not built yet, and ${HERE} cannot be written to (${code}): run \`tensorpool version\` once as its owner,\n` +
        "or set AERON_LIBRARY=/path/to/libaeron.so.",
    );
  } finally {
    restoreSignals();
  }
  // When started in a user's folder, Bun must not read that folder's settings.
  const apart = [`--config=${join(ROOT, "bunfig.toml")}`, "--no-env-file"];
  const args = [...apart, join(ROOT, "src", "cli", "main.ts"), ...process.argv.slice(2)];
  return await runCommand(bun, args, { cwd: process.cwd(), env: process.env });
}

await endWith(main());
