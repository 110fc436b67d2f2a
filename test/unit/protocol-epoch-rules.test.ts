import { describe, expect, test } from "bun:test";
import { isAdminTokenValid } from "../../src/protocol/admin-token.ts";
import { epochsToSweep, nextEpochAfter } from "../../src/protocol/epoch-rules.ts";

describe("D-13: the next epoch", () => {
  test("is the wall clock in whole milliseconds where nothing is above it", () => {
    expect(nextEpochAfter({ highestOnDisk: null, current: 0, wallClockMs: 1_700_000_000_000.9 })).toBe(
      1_700_000_000_000,
    );
    expect(nextEpochAfter({ highestOnDisk: 5n, current: 6, wallClockMs: 1000 })).toBe(1000);
  });

  test("is above the highest on disk and the current one when the clock is behind them, or is paused", () => {
    expect(nextEpochAfter({ highestOnDisk: 2000n, current: 0, wallClockMs: 1000 })).toBe(2001);
    expect(nextEpochAfter({ highestOnDisk: 1999n, current: 2000, wallClockMs: 2000 })).toBe(2001);
    expect(nextEpochAfter({ highestOnDisk: null, current: 3000, wallClockMs: 1000 })).toBe(3001);
  });

  test("is none where no exact number is left above", () => {
    const last = Number.MAX_SAFE_INTEGER;
    expect(nextEpochAfter({ highestOnDisk: BigInt(last) - 1n, current: 0, wallClockMs: 0 })).toBe(last);
    expect(nextEpochAfter({ highestOnDisk: BigInt(last), current: 0, wallClockMs: 0 })).toBeNull();
    expect(nextEpochAfter({ highestOnDisk: 2n ** 64n - 1n, current: 0, wallClockMs: 0 })).toBeNull();
    expect(nextEpochAfter({ highestOnDisk: null, current: last, wallClockMs: 0 })).toBeNull();
  });
});

describe("D-19: ended epochs", () => {
  const policy = { keep: 2, minAgeNs: 100 };
  const ended = (epoch: number, endedNs: number, hadFrames = true) => ({ epoch, endedNs, hadFrames });
  const epochsOf = (retained: Parameters<typeof epochsToSweep>[0], nowNs: number, changes = {}) =>
    epochsToSweep(retained, nowNs, { ...policy, ...changes }).map(({ epoch }) => epoch);

  test("the newest stay, whatever their age and the order they are listed in", () => {
    expect(epochsOf([ended(3, 0), ended(1, 0), ended(4, 0), ended(2, 0)], 1e9)).toEqual([1, 2]);
    expect(epochsOf([ended(1, 0), ended(2, 0)], 1e9)).toEqual([]);
    expect(epochsOf([ended(1, 0), ended(2, 0)], 1e9, { keep: 0 })).toEqual([1, 2]);
  });

  test("none goes before its time", () => {
    const retained = [ended(1, 0), ended(2, 50), ended(3, 60), ended(4, 70)];
    expect(epochsOf(retained, 99)).toEqual([]);
    expect(epochsOf(retained, 100)).toEqual([1]);
    expect(epochsOf(retained, 150)).toEqual([1, 2]);
  });

  test("one that never carried a frame goes at once, and takes no place among those that stay", () => {
    const retained = [ended(1, 0), ended(2, 0), ended(3, 0, false), ended(4, 0, false)];
    expect(epochsOf(retained, 0)).toEqual([3, 4]);
    expect(epochsOf(retained, 1e9)).toEqual([3, 4]);
  });

  test("the current one never goes, with frames or without", () => {
    const current = { epoch: 9, endedNs: null };
    expect(epochsOf([{ ...current, hadFrames: true }, ended(1, 0)], 1e9, { keep: 0 })).toEqual([1]);
    expect(epochsOf([{ ...current, hadFrames: false }], 1e9, { keep: 0 })).toEqual([]);
  });

  test("epochs beyond exact numbers are compared as they are", () => {
    const big = { epoch: 2n ** 64n - 1n, endedNs: 0, hadFrames: true };
    expect(epochsOf([big, ended(5, 0)], 1e9, { keep: 1 })).toEqual([5]);
  });
});

describe("D-20: the token of administrative requests", () => {
  test("is the configured one, byte by byte", () => {
    expect(isAdminTokenValid("s3cret", "s3cret")).toBe(true);
    expect(isAdminTokenValid("schlüssel", new TextEncoder().encode("schlüssel"))).toBe(true);
    for (const given of ["", "s3cre", "s3creT", "x3cret", "s3crets", "s3crets3cret", "s3cret\0"]) {
      expect(isAdminTokenValid("s3cret", given)).toBe(false);
    }
    expect(isAdminTokenValid("aa", "aaaa")).toBe(false);
  });

  test("opens nothing while none is configured, not even to an empty one", () => {
    expect(isAdminTokenValid("", "")).toBe(false);
    expect(isAdminTokenValid("", "x")).toBe(false);
    expect(isAdminTokenValid("", new Uint8Array(0))).toBe(false);
  });
});
