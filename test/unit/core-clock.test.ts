import { expect, test } from "bun:test";
import { monotonic } from "../../src/aeron/monotonic.ts";
import { processNs, SystemClock, uptimeNs } from "../../src/core/clock.ts";

test("the time of a process is a whole number, beyond 32 bits from the beginning, and tells its age", () => {
  const nowNs = processNs();
  expect(Number.isInteger(nowNs)).toBe(true);
  expect(nowNs).toBeGreaterThanOrEqual(2 ** 32);
  const age = uptimeNs(nowNs);
  expect(age).toBe(nowNs - 2 ** 32);
  expect(age).toBeLessThanOrEqual(Bun.nanoseconds());
});

test("clock, process time and CLOCK_MONOTONIC go together", () => {
  const before = processNs();
  const now = new SystemClock().nanoTime();
  const after = processNs();
  expect(now).toBeWithin(before, after + 1);
  expect(monotonic.toProcessNs(monotonic.high(now), monotonic.low(now))).toBe(now);
  expect(monotonic.fromBigint(monotonic.toBigint(now))).toBe(now);
});
