import { fastestQuarter, median } from "../src/cli/bench/statistics.ts";

/** What two ways came to in one round: first, other, other, first. */
export interface Round {
  readonly first: readonly number[];
  readonly other: readonly number[];
}

/** How the other way compares with the first. */
export interface Ratio {
  readonly value: number;
  /** Where that lies with 95 % certainty. */
  readonly interval: readonly [number, number];
}

const RESAMPLES = 4000;
const TAIL = 0.025;

/** The median of the rounds' ratios: a round which was disturbed counts as one, and no more. */
export function ratioOfRounds(rounds: readonly Round[]): Ratio {
  const ratios = rounds.map(({ first, other }) => geometricMean(other) / geometricMean(first));
  return withInterval(ratios, median);
}

/**
 * The fastest quarter of all runs of each: what the machine does while nobody takes time from it. Where it has two speeds, as one
 * has whose cores are shared with others, this compares runs of the same one.
 */
export function ratioOfFastest(rounds: readonly Round[]): Ratio {
  return withInterval(rounds, (chosen) => {
    const fastest = (way: keyof Round): number => fastestQuarter(chosen.flatMap((round) => round[way]));
    return fastest("other") / fastest("first");
  });
}

/** The interval is the one in which the value lies when rounds are drawn again and again (bootstrap); the same for the same rounds. */
function withInterval<T>(rounds: readonly T[], ratioOf: (rounds: readonly T[]) => number): Ratio {
  const random = randomFrom(1);
  const found = Array.from({ length: RESAMPLES }, () =>
    ratioOf(rounds.map(() => rounds[Math.floor(random() * rounds.length)] as T)),
  ).sort((a, b) => a - b);
  const at = (share: number): number => found[Math.round(share * (RESAMPLES - 1))] as number;
  return { value: ratioOf(rounds), interval: [at(TAIL), at(1 - TAIL)] };
}

/** In the order first, other, other, first a machine that becomes slower steadily does so for both. */
export function turnsOf<T>(first: T, other: T): readonly T[] {
  return [first, other, other, first];
}

/** Of ratios: twice as fast and half as fast make up for each other. */
function geometricMean(values: readonly number[]): number {
  if (values.length === 0 || values.some((value) => !(value > 0))) {
    throw new RangeError(`expected values above 0, found ${values.join(", ") || "none"}`);
  }
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** Mulberry32: 0 <= number < 1, the same sequence for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
