import { join } from "node:path";
import type { Place } from "./workspace.ts";

const BENCH = join(import.meta.dir, "..");
const MAIN = join(BENCH, "..", "src", "cli", "main.ts");

/** A subcommand of the program, as users run it. */
export function tensorpool(...args: string[]): string[] {
  return [process.execPath, MAIN, ...args];
}

/** A program of `bench/subjects`. */
export function subject(name: string, ...args: string[]): string[] {
  return [process.execPath, join(BENCH, "subjects", `${name}.ts`), ...args];
}

/** A program of `bench/zeromq`, for Node. */
export function nodeProgram(name: string, ...args: string[]): string[] {
  return ["node", join(BENCH, "zeromq", `${name}.mjs`), ...args];
}

/** The options that put a role into `place`. */
export function rolePlace({ aeronDir, shmDir }: Place): string[] {
  return ["--standalone", "--aeron-dir", aeronDir, "--shm-dir", shmDir];
}
