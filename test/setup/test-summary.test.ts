import { describe, expect, test } from "bun:test";
import { countTests } from "../support/test-summary.ts";

describe("the counts of a test run", () => {
  test("come from Bun's summary", () => {
    const output = "(fail) a [0.1ms]\n\n 3 pass\n 1 fail\n 2 expect() calls\nRan 4 tests across 2 files. [15.00ms]\n";
    expect(countTests(output, 1)).toEqual({ passed: 3, failed: 1 });
  });

  test("are read through colours", () => {
    const output =
      "\n\x1b[32m 12 pass\x1b[0m\n\x1b[2m 0 fail\x1b[0m\n 20 expect() calls\nRan 12 tests across 3 files. \x1b[2m[1ms]\x1b[0m\n";
    expect(countTests(output, 0)).toEqual({ passed: 12, failed: 0 });
  });

  test("are not taken from what a test printed itself", () => {
    const output = " 99 pass\nRan out\n\n 1 pass\n 0 fail\nRan 1 test across 1 file. [1.00ms]\n";
    expect(countTests(output, 0)).toEqual({ passed: 1, failed: 0 });
  });

  test("name a failure when the run crashed before its summary", () => {
    expect(countTests("(pass) a\n(pass) b\n", 139)).toEqual({ passed: 0, failed: 1 });
  });

  test("name a failure when no test was executed", () => {
    expect(countTests("\n 0 pass\n 0 fail\nRan 0 tests across 1 file. [1.00ms]\n", 0)).toEqual({
      passed: 0,
      failed: 1,
    });
  });

  test("name a failure when the run failed outside its tests", () => {
    const output = "\n 5 pass\n 0 fail\n 1 error\nRan 5 tests across 2 files. [1.00ms]\n";
    expect(countTests(output, 1)).toEqual({ passed: 5, failed: 1 });
  });
});
