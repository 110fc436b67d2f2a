import { expect, test } from "bun:test";
import { ManualClock, SystemClock } from "../../src/core/clock.ts";
import { CounterSet } from "../../src/core/counters.ts";
import { RateLimit } from "../../src/core/rate-limit.ts";
import { StallTracker } from "../../src/core/stall-tracker.ts";
import { Deadline, PeriodicTimer } from "../../src/core/timers.ts";

test("a periodic timer keeps to its grid when it is asked late", () => {
  const timer = new PeriodicTimer(100);
  const due = [0, 99, 130, 199, 200, 299, 301].filter((nowNs) => timer.isDue(nowNs));
  expect(due).toEqual([130, 200, 301]);
});

test("a periodic timer is due once after a pause, and says how many periods went by", () => {
  const timer = new PeriodicTimer(100, { immediate: true });
  expect(timer.isDue(0)).toBe(true);
  expect(timer.isDue(1050)).toBe(true);
  expect(timer.isDue(1051)).toBe(false);
  expect(timer.skipped).toBe(9);
  expect(timer.nextNs).toBe(1100);
});

test("a periodic timer of a fractional period does not drift over a million periods", () => {
  const periodNs = 1e9 / 30;
  const timer = new PeriodicTimer(periodNs, { immediate: true });
  let count = 0;
  for (let nowNs = 0; nowNs < 1000e9; nowNs += 7_000_000) if (timer.isDue(nowNs)) count += 1;
  expect(count).toBe(30_000);
});

test("a periodic timer can be restarted and made due, and refuses a period of nothing", () => {
  const timer = new PeriodicTimer(100);
  timer.isDue(0);
  timer.restart(50);
  expect(timer.isDue(149)).toBe(false);
  timer.makeDue(149);
  expect(timer.isDue(149)).toBe(true);
  expect(timer.isDue(150)).toBe(false);
  expect(() => new PeriodicTimer(0)).toThrow("found 0");
});

test("a deadline expires only when it was set, and stays expired", () => {
  const deadline = new Deadline();
  expect(deadline.hasExpired(Number.MAX_VALUE)).toBe(false);
  deadline.start(100, 50);
  expect(deadline.remainingNs(120)).toBe(30);
  expect([149, 150, 151].map((nowNs) => deadline.hasExpired(nowNs))).toEqual([false, true, true]);
  deadline.clear();
  expect([deadline.isSet, deadline.hasExpired(1000), deadline.remainingNs(0)]).toEqual([
    false,
    false,
    Number.POSITIVE_INFINITY,
  ]);
});

test("a stall tracker counts what is longer than its threshold and keeps the longest", () => {
  const tracker = new StallTracker(100);
  for (const spanNs of [99, 100, 101, 500, 3]) tracker.record(spanNs);
  expect(tracker).toMatchObject({ stalls: 2, maxNs: 500 });
  tracker.reset();
  expect(tracker).toMatchObject({ stalls: 0, maxNs: 0 });
});

test("a rate limit passes its burst, then one per period, and counts the rest", () => {
  const limit = new RateLimit(1000, 2);
  expect([0, 0, 0, 0, 999, 1000, 1001].map((nowNs) => limit.tryPass(nowNs))).toEqual([
    true,
    true,
    false,
    false,
    false,
    true,
    false,
  ]);
  expect(limit.takeHeldBack()).toBe(4);
  expect(limit.takeHeldBack()).toBe(0);
});

test("the system clock counts whole nanoseconds forward; a manual one is paused and never goes back by advancing", () => {
  const system = new SystemClock();
  const first = system.nanoTime();
  expect(Number.isSafeInteger(first)).toBe(true);
  expect(system.nanoTime()).toBeGreaterThanOrEqual(first);
  const manual = new ManualClock(5);
  expect(manual.advance(3)).toBe(8);
  manual.set(1);
  expect(manual.nanoTime()).toBe(1);
  expect(() => manual.advance(-1)).toThrow("found -1");
});

test("counters keep their names and order, and a snapshot is a copy", () => {
  const counters = new CounterSet({
    published: { help: "frames published", typeId: 901 },
    dropped: { help: "frames dropped" },
  });
  counters.of.published.increment();
  counters.of.published.add(2);
  const snapshot = counters.snapshot();
  counters.of.dropped.set(4);
  counters.of.dropped.proposeMax(3);
  expect(snapshot).toEqual({ published: 3, dropped: 0 });
  expect(counters.snapshotInto(snapshot)).toEqual({ published: 3, dropped: 4 });
  expect(counters.list.map(({ name, typeId }) => [name, typeId])).toEqual([
    ["published", 901],
    ["dropped", undefined],
  ]);
  counters.reset();
  expect(counters.snapshot()).toEqual({ published: 0, dropped: 0 });
});
