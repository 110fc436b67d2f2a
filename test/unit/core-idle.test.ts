import { expect, test } from "bun:test";
import { UsageError } from "../../src/core/errors.ts";
import {
  BackoffIdle,
  CONTINUE,
  createIdleStrategy,
  IDLE_STRATEGY_NAMES,
  type IdleOutcome,
  type IdleStrategy,
  PARK,
  ParkIdle,
  parseIdleStrategy,
  SleepIdle,
  TIME_PASSED,
  YIELD_TO_EVENT_LOOP,
  YieldIdle,
} from "../../src/core/idle/index.ts";

function recordingParker() {
  const calls: (number | "yield")[] = [];
  return { calls, yieldThread: () => void calls.push("yield"), parkNs: (ns: number) => void calls.push(ns) };
}

/** One cycle without work, and a park where the strategy says so, as the scheduler does it. */
function rest(idle: IdleStrategy): IdleOutcome {
  const outcome = idle.idle(0);
  if (outcome === PARK) idle.park?.();
  return outcome;
}

test("back-off spins, yields, parks twice as long each time, then hands over to the event loop; work starts it over", () => {
  const parker = recordingParker();
  const idle = new BackoffIdle(parker, { maxSpins: 2, maxYields: 1, minParkNs: 300_000, maxParkNs: 1_000_000 });
  const outcomes = Array.from({ length: 6 }, () => rest(idle));
  expect(outcomes).toEqual([CONTINUE, CONTINUE, TIME_PASSED, PARK, PARK, YIELD_TO_EVENT_LOOP]);
  expect(parker.calls).toEqual(["yield", 300_000, 600_000]);
  expect(idle.restNs).toBe(1_000_000);
  expect(idle.idle(1)).toBe(CONTINUE);
  expect(idle.idle(0)).toBe(CONTINUE);
});

test("back-off with a longest rest under a millisecond never leaves the thread", () => {
  const parker = recordingParker();
  const idle = new BackoffIdle(parker, { maxSpins: 0, maxYields: 0, minParkNs: 60_000, maxParkNs: 100_000 });
  for (let i = 0; i < 4; i++) expect(rest(idle)).toBe(PARK);
  expect(parker.calls).toEqual([60_000, 100_000, 100_000, 100_000]);
});

test("back-off with a longest rest of several milliseconds rests longer and longer in the event loop, and starts over after work", () => {
  const idle = new BackoffIdle(recordingParker(), {
    maxSpins: 0,
    maxYields: 0,
    minParkNs: 1_000_000,
    maxParkNs: 5_000_000,
  });
  const rests = Array.from({ length: 4 }, () => {
    expect(idle.idle(0)).toBe(YIELD_TO_EVENT_LOOP);
    return idle.restNs;
  });
  expect(rests).toEqual([1_000_000, 2_000_000, 4_000_000, 5_000_000]);
  idle.idle(1);
  expect([idle.idle(0), idle.restNs]).toEqual([YIELD_TO_EVENT_LOOP, 1_000_000]);
});

test("backoff:DURATION makes a back-off that never rests longer, and takes nothing but durations from 1us to 100ms", () => {
  const parker = recordingParker();
  const idle = createIdleStrategy(parseIdleStrategy("backoff:100us"), parker);
  for (let i = 0; i < 200; i++) expect(rest(idle)).not.toBe(YIELD_TO_EVENT_LOOP);
  expect(Math.max(...parker.calls.filter((call) => call !== "yield"))).toBe(100_000);
  for (const text of ["backoff:", "backoff:0", "backoff:200ms", "backoff:5", "sleep:5ms"]) {
    expect(() => parseIdleStrategy(text)).toThrow(UsageError);
  }
});

test("back-off refuses parks that cannot grow", () => {
  expect(() => new BackoffIdle(recordingParker(), { minParkNs: 0 })).toThrow(RangeError);
});

test("yield gives the thread away only after a cycle without work", () => {
  const parker = recordingParker();
  const idle = new YieldIdle(parker);
  expect(idle.idle(3)).toBe(CONTINUE);
  expect(idle.idle(0)).toBe(TIME_PASSED);
  expect(parker.calls).toEqual(["yield"]);
});

test("sleep hands over for at least a millisecond", () => {
  const idle = new SleepIdle();
  expect(idle.idle(1)).toBe(CONTINUE);
  expect(idle.idle(0)).toBe(YIELD_TO_EVENT_LOOP);
  expect(idle.restNs).toBe(1_000_000);
});

test("park rests briefly after work, and then hands over for a millisecond", () => {
  const parker = recordingParker();
  const idle = new ParkIdle(parker);
  expect([idle.idle(0), idle.restNs]).toEqual([YIELD_TO_EVENT_LOOP, 1_000_000]);
  expect(idle.idle(1)).toBe(CONTINUE);
  expect(Array.from({ length: 6 }, () => rest(idle))).toEqual([PARK, PARK, PARK, PARK, PARK, YIELD_TO_EVENT_LOOP]);
  expect(parker.calls).toEqual([100_000, 100_000, 100_000, 100_000, 100_000]);
  expect(idle.restNs).toBe(1_000_000);
});

test("every name makes the strategy of that name, and an unknown one is refused with the choices", () => {
  for (const name of IDLE_STRATEGY_NAMES) {
    expect(createIdleStrategy(parseIdleStrategy(name), recordingParker()).name).toBe(name);
  }
  expect(() => parseIdleStrategy("spin")).toThrow(UsageError);
  expect(() => parseIdleStrategy("spin")).toThrow('"spin": expected one of busy-spin, yield, backoff, park, sleep');
});
