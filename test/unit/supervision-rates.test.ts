import { describe, expect, test } from "bun:test";
import { RateWindow } from "../../src/supervision/model/rate-window.ts";
import { RunningTotal } from "../../src/supervision/model/running-total.ts";

const SECOND_NS = 1e9;

describe("RateWindow", () => {
  test("is not known before the second sample, and exact for steady growth", () => {
    const rate = new RateWindow();
    expect(rate.perSecond(0)).toBeNull();
    rate.add(0, 1000);
    expect(rate.perSecond(0)).toBeNull();
    for (let i = 1; i <= 20; i++) {
      rate.add(i * SECOND_NS, 1000 + i * 250);
      expect(rate.perSecond(i * SECOND_NS)).toBe(250);
    }
  });

  test("is not known from samples of one moment, in which everything came that had waited", () => {
    const rate = new RateWindow();
    rate.add(0, 0);
    rate.add(SECOND_NS / 100, 500);
    expect(rate.perSecond(SECOND_NS / 100)).toBeNull();
    rate.add(SECOND_NS, 600);
    expect(rate.perSecond(SECOND_NS)).toBe(600);
    // After five seconds without a sample, too.
    rate.add(6 * SECOND_NS, 700);
    rate.add(6.01 * SECOND_NS, 1100);
    expect(rate.perSecond(6.01 * SECOND_NS)).toBeCloseTo(500 / 5.01, 6);
  });

  test("follows a change within its window, whether samples come seldom or often", () => {
    for (const perSecond of [1, 4, 50]) {
      const rate = new RateWindow();
      let value = 0;
      for (let i = 0; i <= 10 * perSecond; i++) {
        rate.add((i / perSecond) * SECOND_NS, value);
        value += (i < 5 * perSecond ? 100 : 900) / perSecond;
      }
      expect(rate.perSecond(10 * SECOND_NS)).toBeCloseTo(900, 6);
    }
  });

  test("a count that goes backwards begins again: never negative, and no spike", () => {
    const rate = new RateWindow();
    for (let i = 0; i <= 5; i++) rate.add(i * SECOND_NS, i * 1000);
    rate.add(6 * SECOND_NS, 3);
    expect(rate.perSecond(6 * SECOND_NS)).toBeNull();
    rate.add(7 * SECOND_NS, 13);
    expect(rate.perSecond(7 * SECOND_NS)).toBe(10);
  });

  test("falls to 0 when nothing is reported any more", () => {
    const rate = new RateWindow();
    rate.add(0, 0);
    rate.add(SECOND_NS, 100);
    expect(rate.perSecond(2 * SECOND_NS)).toBe(100);
    expect(rate.isCurrent(2 * SECOND_NS)).toBe(true);
    expect(rate.perSecond(10 * SECOND_NS)).toBe(0);
    expect(rate.isCurrent(10 * SECOND_NS)).toBe(false);
  });
});

describe("RunningTotal", () => {
  test("adds up over restarts of the one who counts, exactly", () => {
    const total = new RunningTotal();
    const reports = [5, 5, 12, 0, 4, 4, 2, 9];
    for (const [i, count] of reports.entries()) total.report(i * SECOND_NS, count);
    expect(total.total).toBe(12 + 4 + 9);
  });

  test("a restart is in the total, not in the rate", () => {
    const total = new RunningTotal();
    total.report(0, 1_000_000);
    total.report(SECOND_NS, 1_000_000);
    total.report(2 * SECOND_NS, 500_000);
    expect(total.total).toBe(1_500_000);
    expect(total.perSecond(2 * SECOND_NS)).toBeNull();
    total.report(3 * SECOND_NS, 500_001);
    expect(total.perSecond(3 * SECOND_NS)).toBe(1);
  });
});
