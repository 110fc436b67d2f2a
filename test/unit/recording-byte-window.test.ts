import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FileWindow, MAX_LOAD_BYTES, MemoryWindow } from "../../src/recording/byte-window.ts";
import { TestFolder } from "../support/test-folder.ts";

const folder = new TestFolder();
afterAll(() => folder.remove());

const pattern = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31) % 251);

describe("FileWindow", () => {
  test("gives bytes at any offset, in any order", () => {
    const bytes = pattern(3 * MAX_LOAD_BYTES + 17);
    const path = join(folder.path, crypto.randomUUID());
    writeFileSync(path, bytes);
    using window = new FileWindow(path);
    for (const [offset, length] of [
      [0, 8],
      [8, 100],
      [bytes.length - 5, 5],
      [MAX_LOAD_BYTES - 3, MAX_LOAD_BYTES],
      [1, 2],
    ] as const) {
      const at = window.load(offset, length);
      expect(window.bytes.slice(at, at + length)).toEqual(bytes.slice(offset, offset + length));
    }
    const target = new Uint8Array(2 * MAX_LOAD_BYTES);
    window.copy(target, 7);
    expect(target).toEqual(bytes.slice(7, 7 + target.length));
  });

  test("refuses what is beyond the end, and says so of a file that has become shorter", () => {
    const path = join(folder.path, crypto.randomUUID());
    writeFileSync(path, pattern(10_000));
    using window = new FileWindow(path);
    expect(() => window.load(9_999, 2)).toThrow("points at bytes 9999 to 10001, and there are 10000 bytes");
    expect(() => window.load(2 ** 60, 8)).toThrow("there are 10000 bytes");
    truncateSync(path, 100);
    expect(() => window.load(5_000, 8)).toThrow("was truncated while it was read: byte 5000 is gone");
  });

  test("names a file that is not there, and one that is a folder", () => {
    mkdirSync(join(folder.path, "folder"));
    expect(() => new FileWindow(join(folder.path, "absent"))).toThrow("there is no file");
    expect(() => new FileWindow(join(folder.path, "folder"))).toThrow("is a folder: give a file");
  });
});

test("MemoryWindow gives a buffer's bytes as they are, and nothing beyond them", () => {
  const window = new MemoryWindow("chunk", pattern(100));
  expect(window.load(40, 60)).toBe(40);
  expect(() => window.load(40, 61)).toThrow("chunk: a record points at bytes 40 to 101, and there are 100 bytes");
});
