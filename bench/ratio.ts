import { fastestQuarter, median } from "../src/cli/bench/statistics.ts";

/** Results of two alternatives in one round: first, other, other, first. */
export interface Round {
  readonly first: readonly number[];
  readonly other: readonly number[];
}

/** Ratio of the other alternative to the first. */
export interface Ratio {
  readonly value: number;
  /** The 95 % confidence interval. */
  readonly interval: readonly [number, number];
}

const RESAMPLES = 4000;
const TAIL = 0.025;

/** The median of the rounds' ratios: a disturbed round has no more weight than any other. */
export function ratioOfRounds(rounds: readonly Round[]): Ratio {
  const ratios = rounds.map(({ first, other }) => geometricMean(other) / geometricMean(first));
  return withInterval(ratios, median);
}

/**
 * The fastest quarter of all runs of each alternative, i.e. the undisturbed machine. A machine whose cores are shared with others may
 * have two speeds; this compares runs at the same speed.
 */
export function ratioOfFastest(rounds: readonly Round[]): Ratio {
  return withInterval(rounds, (chosen) => {
    const fastest = (way: keyof Round): number => fastestQuarter(chosen.flatMap((round) => round[way]));
    return fastest("other") / fastest("first");
  });
}

/** The bootstrap interval of the value: rounds are resampled at random. The same rounds always give the same interval. */
function withInterval<T>(rounds: readonly T[], ratioOf: (rounds: readonly T[]) => number): Ratio {
  const random = randomFrom(1);
  const found = Array.from({ length: RESAMPLES }, () =>
    ratioOf(rounds.map(() => rounds[Math.floor(random() * rounds.length)] as T)),
  ).sort((a, b) => a - b);
  const at = (share: number): number => found[Math.round(share * (RESAMPLES - 1))] as number;
  return { value: ratioOf(rounds), interval: [at(TAIL), at(1 - TAIL)] };
}

/** In the order first, other, other, first a machine that slows down steadily affects both alternatives equally. */
export function turnsOf<T>(first: T, other: T): readonly T[] {
  return [first, other, other, first];
}

/** The geometric mean, so that twice as fast and half as fast cancel out. */
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
