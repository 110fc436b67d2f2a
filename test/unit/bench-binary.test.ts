import { describe, expect, test } from "bun:test";
import { residentBytes } from "../../bench/binary-start.ts";
import { type Round, ratioOfFastest, ratioOfRounds, turnsOf } from "../../bench/ratio.ts";
import { fastestQuarter } from "../../src/cli/bench/statistics.ts";

/** Rounds of a machine whose speed changes from run to run by up to `noise`, but is the same for both ways. */
function noisyRounds(count: number, ratio: number, noise: number): Round[] {
  const speed = (i: number): number => 1 + noise * Math.sin(i * 12.9898);
  return Array.from({ length: count }, (_, i) => ({
    first: [speed(4 * i), speed(4 * i + 3)],
    other: [ratio * speed(4 * i + 1), ratio * speed(4 * i + 2)],
  }));
}

describe("the ratio of two ways that take turns", () => {
  test("is exact where nothing disturbs them, and certain", () => {
    const rounds = noisyRounds(5, 0.9, 0);
    const { value, interval } = ratioOfRounds(rounds);
    for (const found of [value, ...interval]) expect(found).toBeCloseTo(0.9, 12);
  });

  test("lies in an interval that holds the true one, and that is wider where there is more noise", () => {
    const [little, much] = [0.05, 0.4].map((noise) => ratioOfRounds(noisyRounds(40, 0.9, noise)).interval);
    for (const [from, to] of [little, much] as [number, number][]) {
      expect(from).toBeLessThan(0.9);
      expect(to).toBeGreaterThan(0.9);
    }
    const widthOf = ([from, to]: readonly [number, number] = [0, 0]): number => to - from;
    expect(widthOf(much)).toBeGreaterThan(2 * widthOf(little));
  });

  test("is not moved by a round in which one of them was held up, nor by a machine that becomes slower steadily", () => {
    const rounds: Round[] = Array.from({ length: 7 }, (_, i) => {
      const [a, b, c, d] = [0, 1, 2, 3].map((turn) => Math.exp(-0.1 * (4 * i + turn))) as [
        number,
        number,
        number,
        number,
      ];
      return { first: [a, d], other: [b, c] };
    });
    rounds.push({ first: [1, 1], other: [0.1, 1] });
    expect(ratioOfRounds(rounds).value).toBeCloseTo(1, 12);
    expect(turnsOf("first", "other")).toEqual(["first", "other", "other", "first"]);
  });

  test("of the fastest quarter compares runs of the same speed, however often the machine had another one for either", () => {
    const rounds = Array.from({ length: 16 }, (_, i) => {
      const speed = (turn: number): number => ((i + turn) % 4 === 0 ? 3 : 1.7);
      return { first: [speed(0), speed(3)], other: [0.97 * speed(1), 0.97 * speed(2)] };
    });
    const { value, interval } = ratioOfFastest(rounds);
    expect(value).toBeCloseTo(0.97, 12);
    expect(interval[0]).toBeLessThanOrEqual(0.97);
    expect(interval[1]).toBeGreaterThanOrEqual(0.97 - 1e-12);
  });

  test("is the same for the same rounds, and refuses a rate of nothing", () => {
    const rounds = noisyRounds(9, 1.1, 0.3);
    expect(ratioOfRounds(rounds)).toEqual(ratioOfRounds(rounds));
    expect(() => ratioOfRounds([{ first: [1, 0], other: [1, 1] }])).toThrow("expected values above 0, found 1, 0");
    expect(() => ratioOfRounds([{ first: [], other: [1, 1] }])).toThrow("found none");
  });
});

describe("the fastest quarter", () => {
  test("is the mean of the largest values, of one at least", () => {
    expect(fastestQuarter([1, 2, 3, 4, 5, 6, 7, 8])).toBe(7.5);
    expect(fastestQuarter([5])).toBe(5);
    expect(() => fastestQuarter([])).toThrow("expected one value at least");
  });
});

test("what a process has of memory leaves out what it has mapped below a folder", () => {
  const smaps = [
    "00400000-00452000 r-xp 00000000 08:02 173521      /usr/bin/tensorpool",
    "Size:                328 kB",
    "Rss:                 100 kB",
    "Pss:                  50 kB",
    "7f0000000000-7f0004000000 rw-s 00000000 00:19 42  /dev/shm/place/regions/default/1.pool",
    "Rss:               65536 kB",
    "7f0005000000-7f0005100000 rw-s 00000000 00:19 43  /dev/shm/place/aeron/cnc.dat",
    "Rss:                  20 kB",
    "7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0 ",
    "Rss:                   3 kB",
  ].join("\n");
  expect(residentBytes(smaps, "/dev/shm/place/regions")).toBe(123 * 1024);
});
