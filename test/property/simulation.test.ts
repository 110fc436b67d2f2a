import { expect, test } from "bun:test";
import { tallyInProcesses } from "../sim/batch.ts";
import { simulate } from "../sim/simulate.ts";

const SCHEDULES = 2000;
const BRIDGE_SCHEDULES = 40;
const CHECK_SCHEDULES = 60;
/** Some ten seconds of two quiet cores. */
const LIMIT_MS = 10 * 60_000;

test(
  "D-03, D-06, D-10 to D-14, D-16 to D-19, W-08, W-19, W-22, W-23: the shipped roles keep the rules under any schedule of faults, and recover",
  async () => {
    const { schedules, failures, epochs, grants, accepted } = await tallyInProcesses("host", 1, SCHEDULES, () => {});
    // npm run simulate -- --seed N shows what happened.
    expect(failures).toEqual([]);
    expect(schedules).toBe(SCHEDULES);
    expect(epochs).toBeGreaterThan(SCHEDULES * 2);
    expect(grants).toBeGreaterThan(SCHEDULES * 2);
    expect(accepted).toBeGreaterThan(SCHEDULES * 20);
  },
  LIMIT_MS,
);

test(
  "the shipped check reports no loss that no counter has, and names a role that dies",
  async () => {
    const { schedules, failures } = await tallyInProcesses("check", 1, CHECK_SCHEDULES, () => {});
    // npm run simulate -- --scene check --seed N shows what happened.
    expect(failures).toEqual([]);
    expect(schedules).toBe(CHECK_SCHEDULES);
  },
  LIMIT_MS,
);

test(
  "W-48: the shipped bridge keeps frames whole, in order and in the accounts under any schedule of faults, and recovers",
  async () => {
    const { schedules, failures, accepted } = await tallyInProcesses("bridge", 1, BRIDGE_SCHEDULES, () => {});
    // npm run simulate -- --scene bridge --seed N shows what happened.
    expect(failures).toEqual([]);
    expect(schedules).toBe(BRIDGE_SCHEDULES);
    expect(accepted).toBeGreaterThan(BRIDGE_SCHEDULES * 20);
  },
  LIMIT_MS,
);

test("a seed gives one schedule, step by step", async () => {
  const linesOf = async (seed: number): Promise<readonly string[]> => {
    const lines: string[] = [];
    await simulate({ seed, trace: (line) => lines.push(line) });
    return lines;
  };
  const lines = await linesOf(7);
  expect(lines.length).toBeGreaterThan(10);
  expect(await linesOf(7)).toEqual(lines);
  expect(await linesOf(8)).not.toEqual(lines);
});
