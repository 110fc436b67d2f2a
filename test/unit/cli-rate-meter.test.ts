import { describe, expect, test } from "bun:test";
import { Output, type TextWriter } from "../../src/cli/output/output.ts";
import { RateMeter } from "../../src/cli/role/rate-meter.ts";
import { StatsReporter } from "../../src/cli/role/stats-reporter.ts";
import { ManualClock } from "../../src/core/clock.ts";

test("the first row of statistics has the rate since the start, and each further one that since the row before", () => {
  const meter = new RateMeter(5e9);
  const first = meter.begin(6e9);
  expect([first, meter.rate("published", 30, first)]).toEqual([1, 30]);
  const second = meter.begin(6.5e9);
  expect([second, meter.rate("published", 40, second)]).toEqual([0.5, 20]);
});

const writer: TextWriter = {
  isClosed: false,
  error: null,
  queuedBytes: 0,
  write: () => true,
  flush: async () => {},
};

describe("the last row of statistics", () => {
  /** Rates of the rows of a role that counts 100 frames a second, and closes at `closedNs`. */
  function ratesUntil(closedNs: number): number[] {
    const clock = new ManualClock(7e9);
    const meter = new RateMeter(7e9, 1e9);
    const rates: number[] = [];
    const take = (nowNs: number): number => {
      const seconds = meter.begin(nowNs);
      rates.push(Math.round(meter.rate("frames", (clock.nanoTime() - 7e9) / 1e7, seconds)));
      return rates.length;
    };
    const reporter = new StatsReporter(new Output({ format: "jsonl", writer }), [], 1e9, take, clock);
    reporter.doWork(clock.nanoTime());
    while (clock.nanoTime() + 1e8 <= closedNs) reporter.doWork(clock.advance(1e8));
    clock.advance(closedNs - clock.nanoTime());
    reporter.onClose();
    return rates;
  }

  test("has the rate of the time since the row before, also where frames were counted after the last cycle", () => {
    expect(ratesUntil(9.7e9)).toEqual([100, 100, 100]);
    expect(ratesUntil(9.75e9)).toEqual([100, 100, 100]);
    expect(ratesUntil(7.3e9)).toEqual([100]);
  });

  test("has the rate of more than one period where it comes right after another row, and not 0", () => {
    expect(ratesUntil(9e9)).toEqual([100, 100, 100]);
    expect(ratesUntil(9.01e9)).toEqual([100, 100, 100]);
    expect(ratesUntil(9.2e9)).toEqual([100, 100, 100]);
  });

  test("has no rate where no time went by at all", () => {
    expect(ratesUntil(7e9)).toEqual([0]);
  });
});
