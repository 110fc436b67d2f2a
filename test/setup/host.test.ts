import { describe, expect, test } from "bun:test";
import { refusalOf } from "../../setup/host.mjs";

describe("the host check", () => {
  test("accepts little-endian Linux on x64 and arm64", () => {
    expect(refusalOf({ platform: "linux", arch: "x64", endianness: "LE" })).toBeNull();
    expect(refusalOf({ platform: "linux", arch: "arm64", endianness: "LE" })).toBeNull();
  });

  test.each([
    [{ platform: "darwin", arch: "arm64", endianness: "LE" }, "Linux only"],
    [{ platform: "win32", arch: "x64", endianness: "LE" }, "Linux only"],
    [{ platform: "linux", arch: "s390x", endianness: "BE" }, "little-endian hosts only"],
    [{ platform: "linux", arch: "riscv64", endianness: "LE" }, "x64 and arm64 only"],
  ])("refuses %o in one sentence", (host, reason) => {
    const refusal = refusalOf(host);
    expect(refusal).toContain(reason);
    expect(refusal).not.toContain("\n");
    expect(refusal).toEndWith(".");
  });
});
