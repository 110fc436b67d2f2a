import { execFileSync } from "node:child_process";
import { SetupError } from "./report.mjs";

/** @typedef {{ command: readonly string[], version: string, flags: readonly string[] }} Compiler */

/** Tried in this order if the environment names no compiler; the last is Zig's compiler from the Python package `ziglang`. */
const CANDIDATES = [["cc"], ["gcc"], ["clang"], ["python3", "-m", "ziglang", "cc"]];

/**
 * The C compiler to use: `$CC` if set, else the first of the usual ones that runs; null if there is none.
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
      // The output is part of the library's key and must not depend on the user's language.
      env: { ...env, LC_ALL: "C" },
      timeout: 20_000,
    });
    // Zig turns undefined behaviour into traps by default.
    const flags = /\bzig\b|ziglang/.test(command.join(" ")) ? ["-fno-sanitize=undefined"] : [];
    return { command, version: version.trim(), flags };
  } catch {
    // The compiler is missing or broken: the next candidate, or the caller's message, follows.
    return null;
  }
}
