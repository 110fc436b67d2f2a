import type { RandomSource } from "../../src/roles/ports.ts";

/** Numbers that follow from a seed alone (mulberry32). */
export class SeededRandom implements RandomSource {
  #state: number;

  constructor(seed: number) {
    // Seeds that follow each other begin far apart.
    this.#state = Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) >>> 0;
  }

  /** Another sequence, which does not depend on how much of this one is used from now on. */
  fork(): SeededRandom {
    return new SeededRandom(this.bits());
  }

  bits(): number {
    this.#state = (this.#state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  readonly unit = (): number => this.bits() / 2 ** 32;

  /** A whole number from `min` to `max`. */
  between(min: number, max: number): number {
    return min + Math.floor(this.unit() * (max - min + 1));
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.between(0, choices.length - 1)] as T;
  }

  readonly clientId = (): number => this.between(1, 0xffff_fffe);

  readonly u64 = (): bigint => (BigInt(this.bits()) << 32n) | BigInt(this.bits());
}
