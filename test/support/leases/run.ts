import fc from "fast-check";
import { leaseCommands } from "./commands.ts";
import { World } from "./world.ts";

/** What was seen in all sequences, so that a test can say that it saw everything. */
export interface LeaseRunTally {
  sequences: number;
  grants: number;
  touches: number;
  lateTouches: number;
  /** By code of LeaseRevokeReason. */
  ends: Record<string, number>;
}

/** Of a run that is to be repeated; undefined: another one in each run. */
const GIVEN_SEED = process.env["TENSORPOOL_FUZZ_SEED"];

/**
 * Runs random sequences of commands against a simulated driver and its clients, each ended by a time without faults.
 * @throws with the shortest failing sequence and its seed; TENSORPOOL_FUZZ_SEED repeats the run of a seed
 */
export function runLeaseSequences(sequences: number): LeaseRunTally {
  const tally: LeaseRunTally = { sequences: 0, grants: 0, touches: 0, lateTouches: 0, ends: {} };
  fc.assert(
    fc.property(fc.integer(), leaseCommands, (seed, commands) => {
      const world = new World(seed);
      fc.modelRun(() => ({ model: { wanting: new Set<number>() }, real: world }), commands);
      world.settle();
      const { grants, touches, lateTouches, ends } = world.oracle;
      tally.sequences += 1;
      tally.grants += grants;
      tally.touches += touches;
      tally.lateTouches += lateTouches;
      for (const [reason, count] of Object.entries(ends)) tally.ends[reason] = (tally.ends[reason] ?? 0) + count;
    }),
    {
      numRuns: sequences,
      includeErrorInReport: true,
      ...(GIVEN_SEED === undefined ? {} : { seed: Number(GIVEN_SEED) }),
    },
  );
  return tally;
}
