import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { withoutObeyedVariables } from "../../packaging/bun-executable.ts";
import { asksForNewerGlibc, neededFunctions, type Parts, problemsOf } from "../../packaging/checks.ts";
import { compareVersions, type ElfFile, newest, readElf } from "../../packaging/elf.ts";
import { chosenTargets } from "../../packaging/targets.ts";
import { ROOT } from "../support/source-tree.ts";

const LIBRARY = join(ROOT, "ffi", "native", "build", "libaeron.so");

describe("reading an ELF file", () => {
  test("libaeron: its CPU, the libraries it is linked with, its glibc and its functions", () => {
    const { arch, libraries, glibc, defined } = readElf(LIBRARY);
    expect(arch).toBe(process.arch);
    expect(libraries).toContain("libc.so.6");
    expect(glibc).toMatch(/^2\.\d+$/);
    expect(defined.has("aeron_driver_main_do_work")).toBe(true);
    // It asks libc for this one.
    expect(defined.has("memcpy")).toBe(false);
  });

  test("Bun: the CPU and the glibc that its tables of versions name", () => {
    const { arch, libraries, glibc } = readElf(process.execPath);
    expect({ arch, isLinked: libraries.includes("libc.so.6") }).toEqual({ arch: process.arch, isLinked: true });
    expect(glibc).toMatch(/^2\.\d+$/);
  });

  test("another file is refused by name", () => {
    expect(() => readElf(join(ROOT, "package.json"))).toThrow(
      /package\.json: expected a 64-bit little-endian ELF file/,
    );
  });

  test("versions are compared number by number", () => {
    expect(newest(["2.17", "2.4", "2.2.5"])).toBe("2.17");
    expect(newest([])).toBeNull();
    expect(compareVersions("2.34", "2.17")).toBeGreaterThan(0);
    expect(compareVersions("2.2.5", "2.2")).toBeGreaterThan(0);
    expect(compareVersions("2.17", "2.17")).toBe(0);
  });
});

describe("what keeps the parts of an executable from running", () => {
  const [x64] = chosenTargets("x64");
  const part = (changes: Partial<ElfFile> = {}): ElfFile => ({
    arch: "x64",
    libraries: ["libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "ld-linux-x86-64.so.2"],
    glibc: "2.17",
    defined: new Set(neededFunctions()),
    ...changes,
  });
  const problems = (libaeron: Partial<ElfFile>): string[] =>
    problemsOf(x64 as NonNullable<typeof x64>, { bun: part(), libaeron: part(libaeron) });

  test("nothing, when all fits", () => {
    expect(problems({})).toEqual([]);
  });

  test("another CPU, another library, a function that lacks", () => {
    expect(problems({ arch: "arm64" })).toEqual(["libaeron: expected x64, found arm64"]);
    expect(problems({ libraries: ["libbsd.so.0"] })).toEqual([
      "libaeron: expected glibc's own libraries only, found libbsd.so.0",
    ]);
    expect(problems({ defined: new Set(neededFunctions().filter((name) => name !== "aeron_init")) })).toEqual([
      "libaeron: expected every function that is called, without aeron_init",
    ]);
  });

  test("a newer glibc than Bun's", () => {
    const parts = (glibc: string | null): Parts => ({ bun: part(), libaeron: part({ glibc }) });
    expect(asksForNewerGlibc(parts("2.34"))).toBe(true);
    expect(asksForNewerGlibc(parts("2.17"))).toBe(false);
    expect(asksForNewerGlibc(parts(null))).toBe(false);
  });

  test("the functions that are called are all of libaeron's that the code names, and libaeron has them", () => {
    expect(neededFunctions()).toContain("aeron_image_constants");
    expect(neededFunctions().length).toBeGreaterThan(60);
    const { defined } = readElf(LIBRARY);
    expect(neededFunctions().filter((name) => !defined.has(name))).toEqual([]);
  });
});

describe("the variables that Bun obeys", () => {
  const executable = Buffer.from("a\0BUN_BE_BUN\0b BUN_OPTIONS list\0BUN_OPTIONS\0c", "latin1");

  test("are no names of variables any more, and nothing else is changed", () => {
    const changed = withoutObeyedVariables(executable).toString("latin1");
    expect(changed).toBe("a\0\0UN_BE_BUN\0b BUN_OPTIONS list\0\0UN_OPTIONS\0c");
  });

  test("a Bun that names them otherwise is refused", () => {
    expect(() => withoutObeyedVariables(Buffer.from("a\0BUN_BE_BUN\0", "latin1"))).toThrow(
      /expected the name BUN_OPTIONS once in Bun .*, found it nowhere/,
    );
    expect(() => withoutObeyedVariables(Buffer.concat([executable, executable]))).toThrow(/BUN_BE_BUN once .* again/);
  });
});

test("a target is named by its CPU", () => {
  expect(chosenTargets().map(({ arch }) => arch)).toEqual([process.arch as "x64"]);
  expect(chosenTargets("all").map(({ arch }) => arch)).toEqual(["x64", "arm64"]);
  expect(() => chosenTargets("riscv")).toThrow('--target: expected x64, arm64 or all, found "riscv"');
});
