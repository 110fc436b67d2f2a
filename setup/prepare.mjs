// Prepares a fresh clone (packages, libaeron) and then runs one of the project's commands:
//   node setup/prepare.mjs demo --seconds 3
// Plain Node without dependencies; prints nothing on stdout, and is quick if there is nothing to do.
import { existsSync } from "node:fs";
import { endianness } from "node:os";
import { join, resolve } from "node:path";
import { prepareLibrary } from "../ffi/native/libaeron.mjs";
import { SetupError, say } from "../ffi/native/report.mjs";
import { stopToolsOnSignals, throwIfInterrupted } from "../ffi/native/tools.mjs";
import { endWith, runCommand } from "./command.mjs";
import { refusalOf } from "./host.mjs";
import { preparePackages, ROOT } from "./packages.mjs";

/**
 * @typedef {object} Task
 * @property {boolean} library whether libaeron is needed
 * @property {"bun" | string | null} program Bun, or a program of node_modules/.bin; null for set-up only
 * @property {readonly string[]} args arguments before the user's arguments
 * @property {readonly string[]} [second] arguments of a second run of the program, if the first run succeeded
 * @property {readonly string[]} [otherwise] arguments if the user passes none
 * @property {boolean} [usersFolder] whether it runs in the folder from which the user called npm
 */

const MAIN = join(ROOT, "src", "cli", "main.ts");
// When started in a user's folder, Bun must not read that folder's settings.
const APART = [`--config=${join(ROOT, "bunfig.toml")}`, "--no-env-file"];

/** @type {Record<string, Task>} */
const TASKS = {
  tensorpool: { library: true, program: "bun", args: [...APART, MAIN], usersFolder: true },
  demo: { library: true, program: "bun", args: [...APART, MAIN, "demo"], usersFolder: true },
  test: { library: true, program: "bun", args: ["test/run.ts"] },
  "test:full": { library: true, program: "bun", args: ["test/run.ts", "--full"] },
  simulate: { library: true, program: "bun", args: ["test/sim/main.ts"] },
  bench: { library: true, program: "bun", args: ["bench/main.ts"] },
  // The build prepares its own libaeron, usually another one than this machine's.
  build: { library: false, program: "bun", args: ["build.ts"] },
  lint: { library: false, program: "biome", args: ["check", "--error-on-warnings"], otherwise: ["."] },
  format: { library: false, program: "biome", args: ["check", "--write"], otherwise: ["."] },
  typecheck: { library: false, program: "tsc", args: ["-p", "."], second: ["-p", "src/view/page"] },
  generate: { library: false, program: "bun", args: ["src/sbe/compiler/main.ts"] },
  "generate:protocol": { library: false, program: "bun", args: ["test/conformance/write-page.ts"] },
  "generate:docs": { library: false, program: "bun", args: ["test/support/write-docs.ts"] },
  "generate:library": { library: false, program: "bun", args: ["test/support/write-library.ts"] },
  types: { library: false, program: "tsc", args: ["-p", "packaging/tsconfig.types.json"] },
  setup: { library: true, program: null, args: [] },
};

/**
 * @param {readonly string[]} args
 * @returns {Promise<number>} exit code
 */
async function main([name = "setup", ...args]) {
  const task = TASKS[name];
  if (task === undefined)
    throw new SetupError(`There is no task "${name}". There are: ${Object.keys(TASKS).join(", ")}.`);
  const refusal = refusalOf({ platform: process.platform, arch: process.arch, endianness: endianness() });
  if (refusal !== null) throw new SetupError(refusal);

  // A relative path is relative to the user's folder, not to the folder in which npm runs its scripts.
  const named = process.env["AERON_LIBRARY"];
  if (named?.includes("/")) process.env["AERON_LIBRARY"] = resolve(usersFolder(), named);

  const bun = await prepare(task.library);
  if (task.program === null) {
    say("everything is in place");
    return 0;
  }
  const program = task.program === "bun" ? bun : join(ROOT, "node_modules", ".bin", task.program);
  const options = { cwd: task.usersFolder === true ? usersFolder() : ROOT, env: process.env };
  const given = args.length === 0 ? (task.otherwise ?? []) : args;
  const code = await runCommand(program, [...task.args, ...given], options);
  return code === 0 && task.second !== undefined ? await runCommand(program, task.second, options) : code;
}

/**
 * @param {boolean} needsLibrary
 * @returns {Promise<string>} the path of Bun
 */
async function prepare(needsLibrary) {
  const restoreSignals = stopToolsOnSignals();
  try {
    // In parallel: one mostly waits for the network, the other one for the CPUs. Both end before a failure is reported.
    const [packages, library] = await Promise.allSettled([
      preparePackages(process.env),
      needsLibrary ? prepareLibrary(process.env) : undefined,
    ]);
    if (packages.status === "rejected") throw packages.reason;
    if (library.status === "rejected") throw library.reason;
    throwIfInterrupted();
    return packages.value;
  } finally {
    restoreSignals();
  }
}

/** npm runs scripts in the package's folder and passes the folder from which it was called in INIT_CWD. */
function usersFolder() {
  const folder = process.env["INIT_CWD"];
  return folder !== undefined && existsSync(folder) ? folder : ROOT;
}

await endWith(main(process.argv.slice(2)));
