import { expect, test } from "bun:test";
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { closeFile, sealedMemoryFile } from "../../ffi/libc.ts";

/** The code of the error that a system call ends with. */
function refusalOf(call: () => unknown): unknown {
  try {
    call();
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

test("a sealed memory file holds its bytes, and nobody can change, lengthen or shorten it by any descriptor", () => {
  const bytes = new TextEncoder().encode("code that is run");
  const fd = sealedMemoryFile("test", bytes);
  const path = `/proc/self/fd/${fd}`;
  try {
    const other = openSync(path, "r+");
    try {
      for (const each of [fd, other]) {
        expect(refusalOf(() => writeSync(each, "X", 0))).toBe("EPERM");
        expect(refusalOf(() => writeSync(each, "X", bytes.length))).toBe("EPERM");
        for (const length of [0, bytes.length + 1]) expect(refusalOf(() => ftruncateSync(each, length))).toBe("EPERM");
      }
    } finally {
      closeSync(other);
    }
    expect(readFileSync(path)).toEqual(Buffer.from(bytes));
  } finally {
    closeFile(fd);
  }
});
