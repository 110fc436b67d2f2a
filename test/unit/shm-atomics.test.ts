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

test("W-14: a word that follows from the one before by a small step has exactly its bits, whatever the way there", () => {
  const buffer = new ArrayBuffer(8);
  const words = new SharedWords(buffer);
  const view = new DataView(buffer);
  for (const start of [0, 2 ** 31 - 20, 2 ** 32 - 20, 2 ** 52 - 20, 2 ** 53 - 200]) {
    let value = start;
    for (let i = 0; i < 60; i++) {
      value = Math.max(0, value + (((i * 7) % 21) - 8));
      words.store(0, value);
      expect(view.getBigUint64(0, true)).toBe(BigInt(value));
      expect(words.holds(0, value)).toBe(true);
      expect(words.holds(0, value + 1) || words.holds(0, value + 2 ** 32)).toBe(false);
    }
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
