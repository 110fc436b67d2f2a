import { describe, expect, test } from "bun:test";
import { contiguousBytes } from "../../src/recording/export/contiguous.ts";
import { lookup3 } from "../../src/recording/export/hdf5-bytes.ts";

describe("contiguousBytes", () => {
  const numbers = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i);

  test("takes rows out of padded ones", () => {
    const shape = { dtype: "uint8", dims: [2, 3], strides: [4, 1] } as const;
    expect([...contiguousBytes(shape, numbers(7))]).toEqual([0, 1, 2, 4, 5, 6]);
  });

  test("takes columns out of padded ones", () => {
    const shape = { dtype: "uint8", dims: [3, 2], strides: [1, 4], majorOrder: "column" } as const;
    expect([...contiguousBytes(shape, numbers(7))]).toEqual([0, 1, 2, 4, 5, 6]);
  });

  test("takes single elements, and reads 0 as contiguous", () => {
    const apart = { dtype: "uint16", dims: [2, 2], strides: [0, 4] } as const;
    expect([...contiguousBytes(apart, numbers(14))]).toEqual([0, 1, 4, 5, 8, 9, 12, 13]);
    const planes = { dtype: "uint8", dims: [2, 2, 2], strides: [10, 0, 0] } as const;
    expect([...contiguousBytes(planes, numbers(14))]).toEqual([0, 1, 2, 3, 10, 11, 12, 13]);
  });

  test("leaves contiguous values where they are", () => {
    const bytes = numbers(6);
    expect(contiguousBytes({ dtype: "uint8", dims: [2, 3] }, bytes).buffer).toBe(bytes.buffer);
    expect(contiguousBytes({ dtype: "uint8", dims: [0, 3], strides: [3, 1] }, bytes)).toHaveLength(0);
  });
});

test("lookup3 is that of its author", () => {
  const text = (words: string): Uint8Array => new TextEncoder().encode(words);
  expect(lookup3(text(""))).toBe(0xdeadbeef);
  expect(lookup3(text("Four score and seven years ago"))).toBe(0x17770551);
});
