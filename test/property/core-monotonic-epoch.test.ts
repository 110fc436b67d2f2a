import { expect, test } from "bun:test";
import fc from "fast-check";
import { MonotonicEpoch } from "../../src/core/monotonic-epoch.ts";

const TWO_32 = 2 ** 32;
/** Uptimes up to 292 years, with many near the carries of the low word and above 2^53. */
const monotonic = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  fc
    .tuple(fc.bigInt({ min: 1n, max: 2n ** 31n - 1n }), fc.bigInt({ min: -5n, max: 5n }))
    .map(([high, near]) => (high << 32n) + near),
  fc.bigInt({ min: 2n ** 53n - 1000n, max: 2n ** 53n + 1000n }),
);
const processTime = fc.oneof(
  fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  fc.integer({ min: 0, max: 1_000_000 }),
  fc.tuple(fc.nat(2 ** 20), fc.integer({ min: -5, max: 5 })).map(([high, near]) => Math.max(0, high * TWO_32 + near)),
);

test("any process time becomes the same CLOCK_MONOTONIC as with big integers, in words and in memory", () => {
  const view = new DataView(new ArrayBuffer(16));
  fc.assert(
    fc.property(monotonic, processTime, processTime, (monotonicNs, sampledNs, nowNs) => {
      const epoch = MonotonicEpoch.from(monotonicNs, sampledNs);
      const expected = BigInt.asUintN(64, monotonicNs - BigInt(sampledNs) + BigInt(nowNs));
      expect(epoch.toBigint(nowNs)).toBe(expected);
      expect((BigInt(epoch.high(nowNs)) << 32n) | BigInt(epoch.low(nowNs))).toBe(expected);
      epoch.write(view, 3, nowNs);
      expect(view.getBigUint64(3, true)).toBe(expected);
    }),
    { numRuns: 2000 },
  );
});

test("a reading within 2^53 ns of the process's start returns exactly, before or after it", () => {
  const view = new DataView(new ArrayBuffer(8));
  const difference = fc.oneof(
    fc.integer({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
    fc.integer({ min: -10, max: 10 }).map((near) => near * TWO_32 + near),
  );
  fc.assert(
    fc.property(monotonic, difference, (startNs, differenceNs) => {
      const readingNs = startNs + BigInt(differenceNs);
      fc.pre(readingNs >= 0n && readingNs < 2n ** 64n);
      const epoch = MonotonicEpoch.from(startNs, 0);
      view.setBigUint64(0, readingNs, true);
      // A difference of 0 may return as either zero.
      expect(epoch.read(view, 0) + 0).toBe(differenceNs + 0);
      expect(epoch.fromBigint(readingNs) + 0).toBe(differenceNs + 0);
    }),
    { numRuns: 2000 },
  );
});

test("readings too far away to be exact keep their sign and order of magnitude", () => {
  const epoch = MonotonicEpoch.from(2n ** 40n, 0);
  expect(epoch.toProcessNs(0xffff_ffff, 0xffff_ffff)).toBeCloseTo(2 ** 64, -13);
  expect(MonotonicEpoch.from(2n ** 63n, 0).toProcessNs(0, 0)).toBe(-(2 ** 63));
});
