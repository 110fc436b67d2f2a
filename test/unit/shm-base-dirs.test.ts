import { describe, expect, test } from "bun:test";
import { mkdirSync, realpathSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { UsageError } from "../../src/core/errors.ts";
import { AllowedBaseDirs } from "../../src/shm/base-dirs.ts";
import { refusalOf, TemporaryDirectory } from "../support/shm.ts";

function tree(): TemporaryDirectory {
  const dir = new TemporaryDirectory();
  for (const name of ["b/inner", "bc", "outside"]) mkdirSync(dir.at(name), { recursive: true });
  for (const name of ["b/file", "b/inner/file", "bc/file", "outside/file"]) writeFileSync(dir.at(name), "x");
  return dir;
}

describe("allowed base directories", () => {
  test("W-26: a file below an allowed directory is contained, at any depth", () => {
    using dir = tree();
    const allowed = AllowedBaseDirs.resolve([dir.at("b")]);
    expect(allowed.contain(dir.at("b/file"))).toBe(realpathSync(dir.at("b/file")));
    expect(allowed.locate(dir.at("b/inner/file"))).toEqual({
      canonical: dir.at("b/inner/file"),
      base: dir.at("b"),
      components: ["inner", "file"],
    });
    expect(allowed.contain(dir.at("b//inner/./file"))).toBe(dir.at("b/inner/file"));
  });

  test("W-26: a directory whose name merely begins like an allowed one is outside", () => {
    using dir = tree();
    const error = refusalOf(() => AllowedBaseDirs.resolve([dir.at("b")]).contain(dir.at("bc/file")));
    expect(error.code).toBe("path-not-allowed");
    expect(error.rule).toBe("W-26");
    expect(error.message).toContain(dir.at("bc/file"));
  });

  test("W-26: .. leads outside and is refused; .. that stays inside is resolved", () => {
    using dir = tree();
    const allowed = AllowedBaseDirs.resolve([dir.at("b")]);
    expect(refusalOf(() => allowed.contain(`${dir.at("b")}/../outside/file`)).rule).toBe("W-26");
    expect(refusalOf(() => allowed.contain(`${dir.at("b")}/inner/../../outside/file`)).rule).toBe("W-26");
    expect(allowed.contain(`${dir.at("b")}/inner/../file`)).toBe(dir.at("b/file"));
  });

  test("W-26: links are followed before the check, in the last component and on the way", () => {
    using dir = tree();
    const allowed = AllowedBaseDirs.resolve([dir.at("b")]);
    symlinkSync(dir.at("outside/file"), dir.at("b/link"));
    symlinkSync(dir.at("outside"), dir.at("b/folder"));
    symlinkSync(dir.at("b/inner"), dir.at("outside/back"));
    expect(refusalOf(() => allowed.contain(dir.at("b/link"))).found).toBe(dir.at("outside/file"));
    expect(refusalOf(() => allowed.contain(dir.at("b/folder/file"))).rule).toBe("W-26");
    expect(allowed.contain(dir.at("outside/back/file"))).toBe(dir.at("b/inner/file"));
  });

  test("W-26: a relative path, the directory itself, a loop and a path through a file are refused", () => {
    using dir = tree();
    const allowed = AllowedBaseDirs.resolve([dir.at("b")]);
    symlinkSync(dir.at("b/loop"), dir.at("b/loop"));
    for (const path of ["b/file", "", dir.at("b"), `${dir.at("b")}/`, dir.at("b/loop"), dir.at("b/file/x"), "/a\0b"]) {
      expect(refusalOf(() => allowed.contain(path)).code).toBe("path-not-allowed");
    }
  });

  test("D-19: a file that does not exist may come later", () => {
    using dir = tree();
    const error = refusalOf(() => AllowedBaseDirs.resolve([dir.at("b")]).contain(dir.at("b/none")));
    expect(error.code).toBe("region-gone");
    expect(error.retryable).toBe(true);
  });

  test("W-26: an allowed directory is resolved once: a link changed later does not widen it", () => {
    using dir = tree();
    symlinkSync(dir.at("b"), dir.at("allowed"));
    const allowed = AllowedBaseDirs.resolve([dir.at("allowed")]);
    expect(allowed.contain(dir.at("allowed/file"))).toBe(dir.at("b/file"));
    unlinkSync(dir.at("allowed"));
    symlinkSync(dir.at("outside"), dir.at("allowed"));
    expect(refusalOf(() => allowed.contain(dir.at("allowed/file"))).rule).toBe("W-26");
    expect(allowed.contain(dir.at("b/file"))).toBe(dir.at("b/file"));
  });

  test("W-26: a directory that is made after the start is resolved when it is first needed, and then stays", () => {
    using dir = tree();
    const allowed = AllowedBaseDirs.resolve([dir.at("late")]);
    expect(refusalOf(() => allowed.contain(dir.at("outside/file"))).message).toContain("does not exist");
    mkdirSync(dir.at("late"));
    writeFileSync(dir.at("late/file"), "x");
    expect(allowed.contain(dir.at("late/file"))).toBe(dir.at("late/file"));
    renameSync(dir.at("late"), dir.at("moved"));
    symlinkSync(dir.at("outside"), dir.at("late"));
    expect(refusalOf(() => allowed.contain(dir.at("late/file"))).rule).toBe("W-26");
  });

  test("W-26: several directories may be allowed, the root too", () => {
    using dir = tree();
    expect(AllowedBaseDirs.resolve([dir.at("b"), dir.at("bc")]).contain(dir.at("bc/file"))).toBe(dir.at("bc/file"));
    expect(AllowedBaseDirs.resolve(["/"]).contain(dir.at("bc/file"))).toBe(dir.at("bc/file"));
  });

  test("a list that allows nothing, or a relative directory, is a mistake of the user", () => {
    expect(() => AllowedBaseDirs.resolve([])).toThrow(UsageError);
    expect(() => AllowedBaseDirs.resolve(["relative"])).toThrow(UsageError);
  });
});
