import { describe, expect, test } from "bun:test";
import { caseNamed } from "../full/matrix/cases.ts";
import { outcomeOf } from "../full/matrix/run-matrix.ts";

/** The whole matrix is `bun test/full/matrix/main.ts`, and part of `npm run test:full`. */
const SELECTED = [
  "embedded: driver, kill -9, load",
  "embedded: producer, SIGSTOP 5 s, load",
  "external: media driver, kill -9, load",
  "external: consumer, SIGSTOP 5 s, load",
];
/** Waits within a case have limits of their own. */
const LIMIT_MS = 240_000;

describe("D-12, D-14, D-17: with a driver, all recover, no frame comes torn or twice, and nothing is left in /dev/shm", () => {
  for (const matrixCase of SELECTED.map(caseNamed)) {
    test.concurrent(
      matrixCase.name,
      async () => {
        expect((await outcomeOf(matrixCase)).problems).toEqual([]);
      },
      LIMIT_MS,
    );
  }
});
