import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  formatByteRate,
  formatBytes,
  formatBytesExact,
  formatCount,
  formatDuration,
  formatDurationExact,
  formatRate,
  parseDuration,
  parseRate,
  parseSize,
  UsageError,
} from "../../src/core/index.ts";

const whole = fc.oneof(
  fc.nat(100_000),
  fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  fc.tuple(fc.nat(2047), fc.constantFrom(1024, 1024 ** 2, 1024 ** 3, 1e3, 1e6, 1e9, 60e9)).map(([n, unit]) => n * unit),
);

test("an exactly formatted size or duration is read back as the same number", () => {
  fc.assert(
    fc.property(whole, (value) => {
      expect(parseSize(formatBytesExact(value))).toBe(value);
      expect(parseDuration(formatDurationExact(value))).toBe(value);
    }),
  );
});

test("what is formatted for people is off by at most half a percent", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (value) => {
      const near = (text: string, units: Readonly<Record<string, number>>) => {
        const [, number, unit] = /^([\d.]+) ?(\S*)$/.exec(text) ?? [];
        const read = Number(number) * (units[unit ?? ""] ?? Number.NaN);
        expect(Math.abs(read / value - 1)).toBeLessThanOrEqual(0.005);
      };
      near(formatBytes(value), { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 });
      near(formatDuration(value), { ns: 1, us: 1e3, ms: 1e6, s: 1e9, min: 60e9, h: 3600e9, d: 86_400e9 });
      near(formatRate(value), { "/s": 1, "k/s": 1e3, "M/s": 1e6, "G/s": 1e9, "T/s": 1e12 });
      near(formatByteRate(value), { "B/s": 1, "kB/s": 1e3, "MB/s": 1e6, "GB/s": 1e9, "TB/s": 1e12 });
      expect(Number(formatCount(value).replaceAll(",", ""))).toBe(value);
    }),
  );
});

test("any text is read as a safe number or refused with a UsageError that quotes it", () => {
  const text = fc.oneof(
    fc.string(),
    fc.tuple(fc.float(), fc.constantFrom("", "k", "KiB", "us", "s", "Hz", "x")).map(([n, unit]) => `${n}${unit}`),
    fc.bigInt({ min: 0n, max: 10n ** 30n }).map((n) => `${n}GB`),
  );
  fc.assert(
    fc.property(text, (given) => {
      for (const parse of [parseSize, parseDuration, parseRate]) {
        try {
          const value = parse(given);
          expect(parse === parseRate ? Number.isFinite(value) && value > 0 : Number.isSafeInteger(value)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
          expect((error as UsageError).message).toContain(`found "${given}"`);
        }
      }
    }),
  );
});
