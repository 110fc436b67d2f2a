import { expect, test } from "bun:test";
import { SharedWords } from "../../src/shm/atomics.ts";

const VALUES = [0, 1, 2, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 52 - 1, 2 ** 52, 2 ** 53 - 1];

test("W-14: a word is stored with exactly its bits, and loaded again as the same number", () => {
  const buffer = new ArrayBuffer(16);
  const words = new SharedWords(buffer);
  for (const value of VALUES) {
    words.store(1, value);
    expect(new DataView(buffer).getBigUint64(8, true)).toBe(BigInt(value));
    expect(words.load(1)).toBe(value);
    expect(words.load(0)).toBe(0);
  }
});

test("words beyond 2^53, those that are no number as doubles included, equal nothing that is expected", () => {
  const buffer = new ArrayBuffer(8);
  const words = new SharedWords(buffer);
  for (const foreign of [2n ** 53n, 2n ** 63n, 0x7ff0_0000_0000_0001n, 0x7ff8_0000_0000_0002n, 2n ** 64n - 1n]) {
    new DataView(buffer).setBigUint64(0, foreign, true);
    expect(words.load(0)).toBeGreaterThan(Number.MAX_SAFE_INTEGER);
  }
});
