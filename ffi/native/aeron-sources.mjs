import { createHash } from "node:crypto";
import { readFileSync, realpathSync } from "node:fs";
import { copyFile, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { lastLines, SetupError } from "./report.mjs";
import { runTool } from "./tools.mjs";

/** The folder of these files. */
export const HERE = realpathSync(dirname(fileURLToPath(import.meta.url)));

export const PACKAGE = "libaeron-sys";
export const SOURCE_FOLDERS = ["aeron-client/src/main/c", "aeron-driver/src/main/c"];

/** @typedef {{ folder: string, files: string[] }} Sources `files` relative to `folder` */

export const WAYS_OUT = `Ways out:
  - install what is missing (Debian, Ubuntu: apt-get install build-essential cargo; Fedora: dnf install gcc cargo)
  - without a compiler in the system: pip install ziglang, or name one, e.g. CC=clang-19
  - with a libaeron.so of version ${pinned().version} at hand: AERON_LIBRARY=/path/to/libaeron.so`;

/**
 * Fetches the pinned package. Cargo checks what it downloads against Cargo.lock; each file that is going to be compiled is then
 * checked against the list that came with the package.
 *
 * @param {string} work a folder to put it in
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Sources>}
 */
export async function fetchSources(work, env) {
  for (const name of ["Cargo.toml", "Cargo.lock", "pin.rs"]) await copyFile(join(HERE, name), join(work, name));
  const result = await runTool("cargo", ["vendor", "--locked", "--versioned-dirs", "vendor"], { cwd: work, env });
  if (result.missing) {
    throw new SetupError(`libaeron has to be built, and there is no cargo to fetch its source package.\n${WAYS_OUT}`);
  }
  if (result.code !== 0) {
    throw new SetupError(
      `cargo could not fetch the sources of libaeron (exit code ${result.code}). It said:\n${lastLines(result.output)}\n` +
        "Check the network (a proxy?) and try again: what was fetched already is kept by cargo. Or use a libaeron.so that\n" +
        `you have: AERON_LIBRARY=/path/to/libaeron.so (version ${pinned().version}).`,
    );
  }
  const folder = join(work, "vendor", `${PACKAGE}-${pinned().version}`);
  const manifest = JSON.parse(await readFile(join(folder, ".cargo-checksum.json"), "utf8"));
  if (manifest.package !== pinned().checksum) {
    throw new SetupError(
      `The source package ${PACKAGE} has the checksum ${manifest.package}; ffi/native/Cargo.lock pins ${pinned().checksum}.`,
    );
  }
  const files = [];
  for (const [file, checksum] of Object.entries(manifest.files)) {
    if (!SOURCE_FOLDERS.some((prefix) => file.startsWith(`aeron/${prefix}/`)) || !/\.[ch]$/.test(file)) continue;
    const found = createHash("sha256")
      .update(await readFile(join(folder, file)))
      .digest("hex");
    if (found !== checksum)
      throw new SetupError(`${file} of ${PACKAGE} has the checksum ${found}; its package says ${checksum}.`);
    files.push(file);
  }
  return { folder, files };
}

/** Version and checksum of the pinned package, from Cargo.lock. */
export function pinned() {
  const lock = readFileSync(join(HERE, "Cargo.lock"), "utf8");
  const entry = new RegExp(
    `name = "${PACKAGE}"\nversion = "([^"]+)"\nsource = "[^"]+"\nchecksum = "([0-9a-f]{64})"`,
  ).exec(lock);
  const [, version, checksum] = entry ?? [];
  if (version === undefined || checksum === undefined)
    throw new SetupError(`ffi/native/Cargo.lock pins no ${PACKAGE}.`);
  return { version, checksum };
}
