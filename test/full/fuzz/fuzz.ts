import { TemporaryDirectory } from "../../support/shm.ts";
import { figures } from "../support/figures.ts";
import { Subject } from "../support/subject.ts";
import type { CaseKind, FuzzArgument, FuzzRow } from "./subject.ts";
import type { Counts } from "./tally.ts";

export interface FuzzOutcome {
  readonly kind: CaseKind;
  readonly seed: number;
  readonly count: number;
  readonly counts: Counts;
  readonly seconds: number;
}

/** The first seed of a run: new at every run, or the one of TENSORPOOL_FUZZ_SEED. */
export function firstSeed(): number {
  const given = process.env["TENSORPOOL_FUZZ_SEED"];
  return given === undefined ? Date.now() % 2 ** 31 : Number(given);
}

/** Runs `count` cases in a process of its own. @throws with a line to paste when a case failed or the process crashed */
export async function fuzz(kind: CaseKind, seed: number, count: number): Promise<FuzzOutcome> {
  console.log(`fuzz ${kind}: ${count} cases from seed ${seed}`);
  using directory = new TemporaryDirectory();
  const env = { TENSORPOOL_TEST_DIRECTORY: directory.path, TENSORPOOL_LOG: "off" };
  const argument: FuzzArgument = { kind, seed, count };
  await using subject = new Subject<FuzzRow>("test/full/fuzz/subject.ts", argument, env);
  const { exitCode, signal, stderr } = await subject.end();
  let at = seed;
  for (const row of subject.rows) {
    if ("counts" in row) {
      if (exitCode !== 0) break;
      return { kind, seed, count, ...row };
    }
    if ("failedSeed" in row) {
      throw new Error(
        `a case failed; again with\n  ${command({ kind, seed: row.failedSeed, count: 1 })}\n${row.reason}`,
      );
    }
    at = row.at;
  }
  const again = command({ kind, seed: at, count: seed + count - at });
  throw new Error(
    `the process ended with ${exitCode ?? signal} at a seed from ${at} on; again with\n  ${again}\n${stderr}`,
  );
}

function command(argument: FuzzArgument): string {
  return `node_modules/.bin/bun test/full/fuzz/subject.ts '${JSON.stringify(argument)}'`;
}

export function fuzzTable(outcomes: readonly FuzzOutcome[]): string {
  const rows = outcomes.flatMap(({ kind, count, seconds, counts }) => [
    { kind, outcome: "cases", times: count, seconds },
    ...Object.entries(counts)
      .sort(([, a], [, b]) => b - a)
      .map(([outcome, times]) => ({ kind: "", outcome, times, seconds: "" })),
  ]);
  return figures("fuzz", rows);
}
