import { execFileSync } from "node:child_process";
import { SetupError } from "./report.mjs";

/** @typedef {{ command: readonly string[], version: string, flags: readonly string[] }} Compiler */

/** Tried in this order when the environment names none; the last is Zig's compiler from the Python package `ziglang`. */
const CANDIDATES = [["cc"], ["gcc"], ["clang"], ["python3", "-m", "ziglang", "cc"]];

/**
 * The C compiler to use: `$CC` where set, else the first of the usual ones that runs; null when there is none.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Compiler | null}
 */
export function findCompiler(env) {
  const named = env["CC"]?.trim();
  if (named !== undefined && named !== "") {
    const compiler = probe(named.split(/\s+/), env);
    if (compiler !== null) return compiler;
    throw new SetupError(
      `The C compiler named by the environment variable CC ("${named}") does not run.\n` +
        "Name one that does, or unset CC to let cc, gcc, clang and the Python package ziglang be tried.",
    );
  }
  for (const command of CANDIDATES) {
    const compiler = probe(command, env);
    if (compiler !== null) return compiler;
  }
  return null;
}

/**
 * @param {readonly string[]} command
 * @param {NodeJS.ProcessEnv} env
 * @returns {Compiler | null}
 */
function probe(command, env) {
  const [program, ...args] = command;
  if (program === undefined) return null;
  try {
    const version = execFileSync(program, [...args, "--version"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      // What it prints is part of the library's key, and must not change with the user's language.
      env: { ...env, LC_ALL: "C" },
      timeout: 20_000,
    });
    // Zig turns undefined behaviour into traps unless told otherwise.
    const flags = /\bzig\b|ziglang/.test(command.join(" ")) ? ["-fno-sanitize=undefined"] : [];
    return { command, version: version.trim(), flags };
  } catch {
    // Not there, or there and broken: the next candidate, or the caller's message, follows.
    return null;
  }
}
