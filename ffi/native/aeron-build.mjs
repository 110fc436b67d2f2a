import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { basename, join, relative } from "node:path";
import { HERE, PACKAGE, pinned, SOURCE_FOLDERS, WAYS_OUT } from "./aeron-sources.mjs";
import { lastLines, SetupError } from "./report.mjs";
import { runTool } from "./tools.mjs";

/** The stand-alone media driver's `main`: everything else makes up the library. */
const LEFT_OUT = "aeronmd.c";

const COMPILE_FLAGS = [
  "-std=c11",
  "-O3",
  "-g0",
  "-fPIC",
  // Calls between functions of the library are direct and can be inlined: no other library interposes them.
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
/** A symbol that nothing defines fails the build here, and not a `dlopen` later. */
const LINK_FLAGS = ["-shared", "-Wl,--no-undefined", "-lm", "-lpthread", "-ldl"];

/** The files that decide what comes out. */
const OWN_FILES = ["Cargo.toml", "Cargo.lock", "aeron-sources.mjs", "aeron-build.mjs"];

/**
 * Stands for all that decides what comes out of a build, but for the compiler.
 *
 * @param {string} arch as in `process.arch`
 */
export function inputsKey(arch) {
  const texts = OWN_FILES.map((name) => readFileSync(join(HERE, name), "utf8"));
  return hashOf(JSON.stringify([texts, COMPILE_FLAGS, LINK_FLAGS, arch]));
}

/** @param {import("./compiler.mjs").Compiler} compiler */
export function compilerKey({ command, version }) {
  return hashOf(JSON.stringify([command, version]));
}

/**
 * @param {import("./aeron-sources.mjs").Sources} sources
 * @param {string} output the folder that gets `libaeron.so` and the licence of Aeron
 * @param {import("./compiler.mjs").Compiler} compiler
 * @param {NodeJS.ProcessEnv} env
 */
export async function compile(sources, output, compiler, env) {
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
  const licence = join(sources.folder, "aeron", "LICENSE");
  if (existsSync(licence)) await copyFile(licence, join(output, "LICENSE"));
}

export function parallelism() {
  return typeof availableParallelism === "function" ? availableParallelism() : cpus().length;
}

function hashOf(/** @type {string} */ text) {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
