import { describe, expect, test } from "bun:test";
import { absolutePath, inexactArgument, inexactVariable, requireExactVariable } from "../../src/core/exact-text.ts";

function bytes(...parts: (string | number)[]): Uint8Array {
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from([part]))));
}

describe("text that the system has as bytes", () => {
  test("the arguments of the command are looked at, and shown with their bytes", () => {
    const line = bytes("bun", 0, 0xff, 0, "record", 0, "a\ufffd", 0, "b", 0xe4, ".mcap", 0);
    expect(inexactArgument(3, line)).toBe('"b\\xe4.mcap"');
    // A name that has U+FFFD itself is one like any other; what stands before the arguments is not theirs.
    expect(inexactArgument(2, bytes(0xff, 0, "a\ufffd", 0, "ü", 0))).toBeNull();
    expect(inexactArgument(1, bytes("x", 0xff))).toBe('"x\\xff"');
    expect(inexactArgument(2, bytes())).toBeNull();
  });

  test("a variable is found by its whole name", () => {
    const block = bytes("XAERON_DIR=", 0xff, 0, "AERON_DIR=/dev/shm/", 0xc3, "x", 0, "OTHER=ü", 0);
    expect(inexactVariable("AERON_DIR", block)).toBe('"/dev/shm/\\xc3x"');
    expect(inexactVariable("OTHER", block)).toBeNull();
    expect(inexactVariable("NONE", block)).toBeNull();
  });

  test("what the process itself has as text is taken as it is", () => {
    requireExactVariable("TENSORPOOL_TEST_NOT_SET", "a\ufffd");
    expect(absolutePath("/a/\ufffd/../b")).toBe("/a/b");
    expect(absolutePath("b")).toBe(`${process.cwd()}/b`);
  });
});
