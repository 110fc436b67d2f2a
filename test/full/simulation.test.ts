import { expect, test } from "bun:test";
import { tallyInProcesses } from "../sim/batch.ts";
import { MAX_SEEDS, runMutations } from "../sim/mutation-run.ts";
import { MUTATIONS } from "../sim/mutations.ts";

const FIRST = 1_000_000;
const SCHEDULES = 100_000;
const BRIDGE_SCHEDULES = 1000;
const CHECK_SCHEDULES = 1000;
const LIMIT_MS = 3600e3;

test(
  "D-03, D-06, D-10 to D-14, D-16 to D-19, W-08, W-19, W-22, W-23: the shipped roles keep the rules in a hundred thousand schedules of faults",
  async () => {
    const { schedules, failures } = await tallyInProcesses("host", FIRST, FIRST + SCHEDULES - 1, (text) =>
      console.error(text),
    );
    expect(failures).toEqual([]);
    expect(schedules).toBe(SCHEDULES);
  },
  LIMIT_MS,
);

test(
  "the shipped check reports no loss that no counter has, and names a role that dies, in a thousand schedules of faults",
  async () => {
    const { schedules, failures } = await tallyInProcesses("check", 1, CHECK_SCHEDULES, (text) => console.error(text));
    expect(failures).toEqual([]);
    expect(schedules).toBe(CHECK_SCHEDULES);
  },
  LIMIT_MS,
);

test(
  "W-48: the shipped bridge keeps frames whole, in order and in the accounts in a thousand schedules of faults",
  async () => {
    const { schedules, failures } = await tallyInProcesses("bridge", FIRST, FIRST + BRIDGE_SCHEDULES - 1, (text) =>
      console.error(text),
    );
    expect(failures).toEqual([]);
    expect(schedules).toBe(BRIDGE_SCHEDULES);
  },
  LIMIT_MS,
);

test(
  `the simulation finds each of ${MUTATIONS.length} faults in the shipped code within ${MAX_SEEDS} schedules`,
  async () => {
    expect(MUTATIONS.length).toBeGreaterThanOrEqual(20);
    const outcomes = await runMutations(MUTATIONS, () => {});
    expect(outcomes.filter(({ seed }) => seed === null).map(({ mutation }) => mutation.name)).toEqual([]);
  },
  LIMIT_MS,
);
