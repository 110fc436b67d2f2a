import { expect, test } from "bun:test";
import { RateMeter } from "../../src/cli/rate-meter.ts";

test("the first row of statistics has the rate since the start, and each further one that since the row before", () => {
  const meter = new RateMeter(5e9);
  const first = meter.begin(6e9);
  expect([first, meter.rate("published", 30, first)]).toEqual([1, 30]);
  const second = meter.begin(6.5e9);
  expect([second, meter.rate("published", 40, second)]).toEqual([0.5, 20]);
});
