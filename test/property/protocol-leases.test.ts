import { expect, test } from "bun:test";
import { runLeaseSequences } from "../support/leases/run.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

const SEQUENCES = 100;

test(
  "D-03, D-06, D-10 to D-14, D-16 to D-19: leases and epochs keep the rules, whatever is lost, late, doubled, paused or restarted",
  () => {
    const { sequences, grants, touches, ends } = runLeaseSequences(SEQUENCES);
    expect(sequences).toBe(SEQUENCES);
    expect(grants).toBeGreaterThan(SEQUENCES);
    expect(touches).toBeGreaterThan(SEQUENCES);
    expect(Object.keys(ends).sort()).toEqual(["1", "2", "3"]);
  },
  PROCESS_TEST_MS,
);
