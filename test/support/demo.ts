import { readdirSync, readFileSync } from "node:fs";
import type { Place } from "./place.ts";
import type { RoleProcess, RoleProcessOptions } from "./role-process.ts";
import { until } from "./until.ts";

/** What `-o json` says of one role. */
export interface Numbers {
  readonly claimed: number;
  readonly published: number;
  readonly accepted: number;
  readonly lost: number;
  readonly lostByCause: Readonly<Record<string, number>>;
  readonly latencyNs: number;
}

/** The last element of `-o json`. */
export interface Summary {
  readonly type: string;
  readonly ending: string;
  readonly producer: Numbers;
  readonly fastConsumer: Numbers;
  readonly slowConsumer: Numbers;
}

/** Starts a demo in the folders of a place. */
export function startDemo(place: Place, args: readonly string[], options: RoleProcessOptions = {}): RoleProcess {
  return place.run(["demo", "--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir, ...args], options);
}

/** Ids of the processes of this place's demo, which all name a folder of it, by what is among their arguments. */
export function pidsOf(place: Place, ...words: readonly string[]): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const args = argumentsOf(pid);
      return args.some((arg) => arg.startsWith(place.path)) && words.every((word) => args.includes(word));
    })
    .map(Number);
}

function argumentsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    // It ended after the listing.
    return [];
  }
}

/** Waits until no process of the demo lives, and no file or folder is left. */
export async function leavesNothing(place: Place): Promise<void> {
  await until(
    () => pidsOf(place).length === 0,
    () => `no process of the demo, found ${pidsOf(place)}`,
  );
  await place.isEmpty();
}

/** Starts a demo and waits until frames flow. */
export async function runningDemo(place: Place, ...args: string[]): Promise<RoleProcess> {
  const process = startDemo(place, ["-o", "jsonl", "--seconds", "60", "--rate", "200", ...args]);
  await until(
    () => process.stdoutLines.length >= 3,
    () => `samples of all roles; ${process.stderr}`,
  );
  return process;
}

/** The last line of `-o jsonl`. */
export function summaryOf(process: RoleProcess): Summary {
  return JSON.parse(process.stdoutLines.at(-1) ?? "null");
}
