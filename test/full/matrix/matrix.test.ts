import { afterAll, describe, expect, test } from "bun:test";
import { renderTable } from "../../../src/cli/output/table.ts";
import { paletteOf } from "../../../src/core/colours.ts";
import { CASES } from "./cases.ts";
import type { Outcome } from "./outcome.ts";
import { outcomeOf, Turnstile } from "./run-matrix.ts";
import { COLUMNS } from "./table.ts";

/** Tests start together, and most of them wait for their turn. */
const LIMIT_MS = 10 * 60_000;

const turnstile = new Turnstile();
const outcomes: Outcome[] = [];

describe("process matrix: all recover, the numbers add up, nothing is left in /dev/shm", () => {
  for (const matrixCase of CASES) {
    test.concurrent(
      matrixCase.name,
      async () => {
        const first = await turnstile.pass(() => outcomeOf(matrixCase));
        // Eight cases share two CPUs. One that failed is played again, later; what went wrong at first is reported all the same.
        for (const problem of first.problems) console.log(`${matrixCase.name}, at the first try: ${problem}`);
        const outcome = first.problems.length === 0 ? first : await turnstile.pass(() => outcomeOf(matrixCase));
        outcomes.push(outcome);
        expect(outcome.problems).toEqual([]);
      },
      LIMIT_MS,
    );
  }

  afterAll(() => {
    const rank = (outcome: Outcome): number => CASES.findIndex(({ name }) => name === outcome.name);
    outcomes.sort((a, b) => rank(a) - rank(b));
    for (const line of renderTable(COLUMNS, outcomes, { palette: paletteOf(false) })) console.log(line);
  });
});
