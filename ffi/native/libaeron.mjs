import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { findCompiler } from "./compiler.mjs";
import { withLock } from "./lock.mjs";
import { lastLines, SetupError, step } from "./report.mjs";
import { runTool, throwIfInterrupted } from "./tools.mjs";

const HERE = realpathSync(dirname(fileURLToPath(import.meta.url)));
const BUILD = join(HERE, "build");
/** Where the rest of the project finds the library: a link to the one that belongs to the present inputs. */
export const LIBRARY_LINK = join(BUILD, "libaeron.so");

const PACKAGE = "libaeron-sys";
const SOURCE_FOLDERS = ["aeron-client/src/main/c", "aeron-driver/src/main/c"];
/** The stand-alone media driver's `main`: everything else makes up the library. */
const LEFT_OUT = "aeronmd.c";

const COMPILE_FLAGS = [
  "-std=c11",
  "-O3",
  "-g0",
  "-fPIC",
  // Calls between functions of the library are direct and can be inlined: nobody interposes them.
  "-fno-semantic-interposition",
  "-w",
  ...[
    "_DEFAULT_SOURCE",
    "_FILE_OFFSET_BITS=64",
    "HAVE_EPOLL",
    "HAVE_POLL",
    "HAVE_RECVMMSG",
    "HAVE_SENDMMSG",
    "HAVE_STRUCT_MMSGHDR",
    "HAVE_FALLOCATE",
    "HAVE_POSIX_FALLOCATE",
    "HAVE_POSIX_MEMALIGN",
    "HAVE_DEV_URANDOM",
    `AERON_VERSION_GITSHA="${PACKAGE}"`,
  ].map((macro) => `-D${macro}`),
];
/** A symbol that nothing defines fails the build here and not somebody's `dlopen` later. */
const LINK_FLAGS = ["-shared", "-Wl,--no-undefined", "-lm", "-lpthread", "-ldl"];

const WAYS_OUT = `Ways out:
  - install what is missing (Debian, Ubuntu: apt-get install build-essential cargo; Fedora: dnf install gcc cargo)
  - without a compiler in the system: pip install ziglang, or name one, e.g. CC=clang-19
  - with a libaeron.so of version ${pinned().version} at hand: AERON_LIBRARY=/path/to/libaeron.so`;

/**
 * Makes sure that there is a libaeron: the one named by AERON_LIBRARY (whose version is checked when it is loaded), else the
 * pinned one, built once for each set of inputs. Silent when there is nothing to do.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export async function prepareLibrary(env) {
  const named = env["AERON_LIBRARY"];
  if (named !== undefined && named !== "") {
    // A name without a folder is looked up by the system when it is loaded.
    if (!named.includes("/")) return;
    if (statSync(named, { throwIfNoEntry: false })?.isFile()) return;
    throw new SetupError(
      `AERON_LIBRARY names ${named}, which is not a file.\n` +
        `Give the path of a libaeron.so of version ${pinned().version}, or unset AERON_LIBRARY to have it built here.`,
    );
  }
  const inputs = hashOf(JSON.stringify([ownFiles(), COMPILE_FLAGS, LINK_FLAGS, process.arch]));
  const compiler = findCompiler(env);
  if (compiler === null) {
    // A library that was built from the same inputs stays good when the compiler goes away.
    if (currentKey()?.startsWith(`${inputs}-`)) return;
    throw new SetupError(
      `libaeron has to be built, and there is no C compiler (tried cc, gcc, clang and ziglang).\n${WAYS_OUT}`,
    );
  }
  const key = `${inputs}-${hashOf(JSON.stringify([compiler.command, compiler.version]))}`;
  if (currentKey() === key) return;
  await withLock(BUILD, async () => {
    if (currentKey() === key) return;
    await build(key, compiler, env);
  });
}

/**
 * @param {string} key
 * @param {import("./compiler.mjs").Compiler} compiler
 * @param {NodeJS.ProcessEnv} env
 */
async function build(key, compiler, env) {
  const finished = join(BUILD, key);
  await mkdir(BUILD, { recursive: true });
  // What an interrupted build left behind: nobody else builds while this process has the lock.
  await removeFromBuild((entry) => entry.startsWith("unfinished-"));
  if (!existsSync(join(finished, "libaeron.so"))) {
    const work = await mkdtemp(join(BUILD, "unfinished-"));
    try {
      const sources = await step(`fetching the sources of libaeron ${pinned().version} with cargo`, () =>
        fetchSources(work, env),
      );
      const output = join(work, "output");
      await mkdir(output);
      const title = `building libaeron with ${compiler.command.join(" ")} on ${parallelism()} CPUs (once)`;
      await step(title, () => compile(sources, output, compiler, env));
      await rm(finished, { recursive: true, force: true });
      await rename(output, finished);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  throwIfInterrupted();
  const link = `${LIBRARY_LINK}.${process.pid}`;
  await rm(link, { force: true });
  await symlink(join(key, "libaeron.so"), link);
  await rename(link, LIBRARY_LINK);
  // Libraries of older inputs, and links that never took their place. Processes that have an old library open keep it.
  await removeFromBuild((entry) => entry !== key && entry !== basename(LIBRARY_LINK));
}

/**
 * Fetches the pinned package. Cargo checks what it downloads against Cargo.lock; each file that is going to be compiled is then
 * checked against the list that came with the package.
 *
 * @param {string} work a folder to put it in
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ folder: string, files: string[] }>} `files` relative to `folder`
 */
async function fetchSources(work, env) {
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

/**
 * @param {{ folder: string, files: string[] }} sources
 * @param {string} output the folder that gets `libaeron.so`
 * @param {import("./compiler.mjs").Compiler} compiler
 * @param {NodeJS.ProcessEnv} env
 */
async function compile(sources, output, compiler, env) {
  const [program = "cc", ...prefix] = compiler.command;
  const [major, minor, patch] = pinned().version.split(".");
  const flags = [
    ...COMPILE_FLAGS,
    ...compiler.flags,
    `-DAERON_VERSION_TXT="${pinned().version}"`,
    `-DAERON_VERSION_MAJOR=${major}`,
    `-DAERON_VERSION_MINOR=${minor}`,
    `-DAERON_VERSION_PATCH=${patch}`,
    ...SOURCE_FOLDERS.map((folder) => `-Iaeron/${folder}`),
  ];
  const run = async (/** @type {readonly string[]} */ args, /** @type {string} */ what) => {
    const result = await runTool(program, [...prefix, ...args], { cwd: sources.folder, env });
    if (result.code === 0) return;
    throw new SetupError(
      `${compiler.command.join(" ")} could not ${what} (exit code ${result.code}). It said:\n${lastLines(result.output)}\n` +
        `The compiler is ${compiler.version.split("\n")[0]}; another one can be named, e.g. CC=clang.\n${WAYS_OUT}`,
    );
  };
  const units = sources.files.filter((file) => file.endsWith(".c") && basename(file) !== LEFT_OUT);
  const sized = units.map((file) => ({ file, size: statSync(join(sources.folder, file)).size }));
  // The largest first, so that none of them is left to a single CPU at the end.
  sized.sort((a, b) => b.size - a.size);
  const objects = sized.map((_, index) => join("..", "..", `${index}.o`));
  let next = 0;
  const worker = async () => {
    for (;;) {
      const index = next++;
      const unit = sized[index];
      if (unit === undefined) return;
      try {
        await run([...flags, "-c", unit.file, "-o", objects[index] ?? ""], `compile ${basename(unit.file)}`);
      } catch (error) {
        next = sized.length;
        throw error;
      }
    }
  };
  // All of them have ended before a failure is passed on: its handling removes the folder that they work in.
  const outcomes = await Promise.allSettled(Array.from({ length: parallelism() }, worker));
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  const library = relative(sources.folder, join(output, "libaeron.so"));
  await run(["-o", library, ...objects, ...compiler.flags, ...LINK_FLAGS], "link libaeron.so");
}

async function removeFromBuild(/** @type {(entry: string) => boolean} */ isUnwanted) {
  for (const entry of await readdir(BUILD)) {
    if (isUnwanted(entry)) await rm(join(BUILD, entry), { recursive: true, force: true });
  }
}

/** The key that the link points to, if what it points to is there. */
function currentKey() {
  return existsSync(LIBRARY_LINK) ? basename(dirname(realpathSync(LIBRARY_LINK))) : undefined;
}

/** Version and checksum of the pinned package, from Cargo.lock. */
function pinned() {
  const lock = readFileSync(join(HERE, "Cargo.lock"), "utf8");
  const entry = new RegExp(
    `name = "${PACKAGE}"\nversion = "([^"]+)"\nsource = "[^"]+"\nchecksum = "([0-9a-f]{64})"`,
  ).exec(lock);
  const [, version, checksum] = entry ?? [];
  if (version === undefined || checksum === undefined)
    throw new SetupError(`ffi/native/Cargo.lock pins no ${PACKAGE}.`);
  return { version, checksum };
}

/** The files that decide what comes out. */
function ownFiles() {
  return ["Cargo.toml", "Cargo.lock", "libaeron.mjs"].map((name) => readFileSync(join(HERE, name), "utf8"));
}

function parallelism() {
  return typeof availableParallelism === "function" ? availableParallelism() : cpus().length;
}

function hashOf(/** @type {string} */ text) {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
