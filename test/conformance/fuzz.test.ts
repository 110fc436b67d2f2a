import { expect, test } from "bun:test";
import { type FuzzOutcome, firstSeed, fuzz, fuzzTable } from "../full/fuzz/fuzz.ts";
import type { CaseKind } from "../full/fuzz/subject.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

// The full size of this is in test/full/fuzz.test.ts.
const COUNTS: Readonly<Record<CaseKind, number>> = {
  messages: 15_000,
  handlers: 15_000,
  bridge: 2_000,
  superblocks: 800,
  headers: 5_000,
  "region files": 400,
};

test(
  "W-10, W-11, W-31, W-36: changed messages, superblocks, headers and region files are refused with a reason, never a crash",
  async () => {
    const outcomes: FuzzOutcome[] = [];
    for (const [kind, count] of Object.entries(COUNTS)) outcomes.push(await fuzz(kind as CaseKind, firstSeed(), count));
    console.log(fuzzTable(outcomes.map((outcome) => ({ ...outcome, counts: {} }))));
    for (const { counts } of outcomes) expect(Object.keys(counts).length).toBeGreaterThan(3);
  },
  PROCESS_TEST_MS,
);
