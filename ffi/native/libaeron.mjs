import { existsSync, realpathSync, statSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, symlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { compile, compilerKey, inputsKey, parallelism } from "./aeron-build.mjs";
import { fetchSources, HERE, pinned, WAYS_OUT } from "./aeron-sources.mjs";
import { findCompiler } from "./compiler.mjs";
import { withLock } from "./lock.mjs";
import { SetupError, step } from "./report.mjs";
import { throwIfInterrupted } from "./tools.mjs";

const BUILD = join(HERE, "build");
/** Path at which the rest of the project finds the library: a link to the library of the current inputs. */
export const LIBRARY_LINK = join(BUILD, "libaeron.so");

/**
 * Ensures that there is a libaeron: the one named by AERON_LIBRARY (whose version is checked at load time), else the
 * pinned one, built once for each set of inputs. Prints nothing if there is nothing to do.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export async function prepareLibrary(env) {
  const named = env["AERON_LIBRARY"];
  if (named !== undefined && named !== "") {
    // The system loader resolves a name without a folder.
    if (!named.includes("/")) return;
    if (statSync(named, { throwIfNoEntry: false })?.isFile()) return;
    throw new SetupError(
      `AERON_LIBRARY names ${named}, which is not a file.\n` +
        `Give the path of a libaeron.so of version ${pinned().version}, or unset AERON_LIBRARY to have it built here.`,
    );
  }
  const inputs = inputsKey(process.arch);
  const compiler = findCompiler(env);
  if (compiler === null) {
    // A library that was built from the same inputs remains valid if the compiler is removed.
    if (currentKey()?.startsWith(`${inputs}-`)) return;
    throw new SetupError(
      `libaeron has to be built, and there is no C compiler (tried cc, gcc, clang and ziglang).\n${WAYS_OUT}`,
    );
  }
  const key = `${inputs}-${compilerKey(compiler)}`;
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
  // Removes leftovers of an interrupted build: no other process builds while this process holds the lock.
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
  // Removes libraries of older inputs, and leftover links. Processes with an open old library keep it.
  await removeFromBuild((entry) => entry !== key && entry !== basename(LIBRARY_LINK));
}

async function removeFromBuild(/** @type {(entry: string) => boolean} */ isUnwanted) {
  for (const entry of await readdir(BUILD)) {
    if (isUnwanted(entry)) await rm(join(BUILD, entry), { recursive: true, force: true });
  }
}

/** The key that the link points to, if its target exists. */
function currentKey() {
  return existsSync(LIBRARY_LINK) ? basename(dirname(realpathSync(LIBRARY_LINK))) : undefined;
}
