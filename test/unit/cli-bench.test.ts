import { describe, expect, test } from "bun:test";
import { Histogram } from "../../src/cli/bench/histogram.ts";
import { hintsOf, type Machine } from "../../src/cli/bench/machine.ts";

describe("the histogram of the bench", () => {
  test("gives quantiles within 1.6 % of the true ones, and the largest value exactly", () => {
    const histogram = new Histogram();
    const values = Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 3_000_017);
    for (const value of values) histogram.add(value);
    const sorted = [...values].sort((a, b) => a - b);
    for (const share of [0.01, 0.5, 0.9, 0.99, 0.999]) {
      const expected = sorted[Math.ceil(share * values.length) - 1] as number;
      expect(Math.abs(histogram.quantile(share) - expected)).toBeLessThanOrEqual(expected * 0.016 + 1);
    }
    expect(histogram.quantiles().max).toBe(sorted.at(-1) as number);
    expect(histogram.count).toBe(values.length);
  });

  test("is exact for small values, takes clocks that disagree, and what is longer than four seconds", () => {
    const histogram = new Histogram();
    for (const value of [-5, 0, 1, 63, 1e12]) histogram.add(value);
    expect([0.2, 0.4, 0.6, 0.8].map((share) => histogram.quantile(share))).toEqual([0, 0, 1, 63]);
    expect(histogram.quantiles().max).toBe(2 ** 32 - 1);
  });
});

describe("the head of the bench", () => {
  const quiet: Machine = {
    cpu: "some CPU",
    cores: 8,
    kernel: "6.1",
    governor: "performance",
    shmemEnabled: "advise",
    loadAverage: 0,
    busyProcesses: [],
  };

  test("hints at nothing on a machine that is set up for it", () => {
    expect(hintsOf(quiet)).toEqual([]);
    expect(hintsOf({ ...quiet, governor: null, shmemEnabled: null })).toEqual([]);
  });

  test("hints at what makes figures worse", () => {
    const poor = { ...quiet, cores: 1, governor: "powersave", shmemEnabled: "never", busyProcesses: ["make (42)"] };
    expect(hintsOf(poor)).toHaveLength(4);
    expect(hintsOf(poor).join("\n")).toContain("make (42)");
  });
});
