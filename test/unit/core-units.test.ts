import { expect, test } from "bun:test";
import {
  formatByteRate,
  formatBytes,
  formatCount,
  formatDuration,
  formatRate,
  parseDuration,
  parseRate,
  parseSize,
} from "../../src/core/units.ts";

test("sizes: letters and KiB are powers of 1024, kB powers of 1000", () => {
  const sizes = ["4096", "64k", "64KiB", "64 kib", "8MiB", "1.5m", "1GB", "0", "2tb", "1B"].map(parseSize);
  expect(sizes).toEqual([4096, 65_536, 65_536, 65_536, 8_388_608, 1_572_864, 1e9, 0, 2e12, 1]);
});

test("sizes that are not whole bytes, too large, negative or without a number are refused, naming both sides", () => {
  expect(() => parseSize("1.0001k")).toThrow('expected a whole number of bytes, found "1.0001k"');
  expect(() => parseSize("9007199254740992")).toThrow("expected at most 9007199254740991 bytes");
  for (const text of ["", "-1", "k", "1e3", "0x10", "1 2", "64 kbit", "1,5k"]) {
    expect(() => parseSize(text)).toThrow(`expected a size such as 4096, 64KiB or 1.5GB, found "${text}"`);
  }
});

test("durations have a unit, except zero", () => {
  const durations = ["250us", "250µs", "1.5s", "10ms", "2m", "2min", "7ns", "1h", "1d", "0"].map(parseDuration);
  expect(durations).toEqual([250e3, 250e3, 1.5e9, 10e6, 120e9, 120e9, 7, 3600e9, 86_400e9, 0]);
  expect(() => parseDuration("10")).toThrow(
    'expected a duration with its unit, such as 250us, 10ms, 1.5s or 2m, found "10"',
  );
  expect(() => parseDuration("0.5ns")).toThrow("expected a whole number of nanoseconds");
});

test("rates are numbers, fractions or carry a unit, and are above 0", () => {
  expect(["30", "29.97", "30fps", "30/s", "1kHz", "60/2"].map(parseRate)).toEqual([30, 29.97, 30, 30, 1000, 30]);
  expect(parseRate("30000/1001")).toBeCloseTo(29.97003);
  for (const text of ["0", "-1", "1/0", "fast", "1 parsec", ""])
    expect(() => parseRate(text)).toThrow("expected a rate above 0");
});

test("numbers for people have three digits and the unit that keeps them small", () => {
  expect([0, 1, 1023, 1024, 655_360, 1_048_100, 1.5 * 2 ** 30].map(formatBytes)).toEqual([
    "0 B",
    "1 B",
    "1023 B",
    "1 KiB",
    "640 KiB",
    "1 MiB",
    "1.5 GiB",
  ]);
  expect([0, 999, 1234, 250_000, 1.5e9, 150e9].map(formatDuration)).toEqual([
    "0 ns",
    "999 ns",
    "1.23 us",
    "250 us",
    "1.5 s",
    "2.5 min",
  ]);
  expect([30, 29.97, 1_234_567].map(formatRate)).toEqual(["30/s", "30/s", "1.23 M/s"]);
  expect([512, 4.4e9].map(formatByteRate)).toEqual(["512 B/s", "4.4 GB/s"]);
  expect([0, 999, 1_234_567, 10n ** 18n].map(formatCount)).toEqual([
    "0",
    "999",
    "1,234,567",
    "1,000,000,000,000,000,000",
  ]);
  expect(formatRate(Number.NaN)).toBe("-/s");
});
