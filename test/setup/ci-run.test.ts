import { expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");

/** Runs `.ci/run` with an npm whose two test commands print these last lines and end with these codes. */
function runCi(
  selection: readonly [string, number],
  full: readonly [string, number],
): { lines: string[]; code: number } {
  const folder = mkdtempSync(join(tmpdir(), "tensorpool-ci-"));
  try {
    const npm = [
      'case "$3" in',
      // The selection runs in a copy of the checkout, the other one in the checkout itself.
      `test) case "$PWD" in */"with blank ü") echo a line; echo '${selection[0]}'; exit ${selection[1]} ;; esac ;;`,
      `test:full) echo a table; echo '${full[0]}'; exit ${full[1]} ;;`,
      "esac",
    ];
    // Programs that the script looks for, so that it does not install them.
    for (const [name, lines] of [
      ["npm", npm],
      ["ffmpeg", ["true"]],
      ["promtool", ["true"]],
      ["python3", ["true"]],
      // What else it misses here is not this test's to install, and the checkout has not to be copied.
      ["apt-get", ["true"]],
      ["cp", ["true"]],
      // An ordinary user, who runs the tests once.
      ["id", ["echo 1000"]],
    ] as const) {
      writeFileSync(join(folder, name), ["#!/bin/sh", ...lines, ""].join("\n"));
      chmodSync(join(folder, name), 0o755);
    }
    const { stdout, exitCode } = Bun.spawnSync([join(ROOT, ".ci/run")], {
      env: { ...process.env, PATH: `${folder}:${process.env["PATH"]}` },
      stderr: "inherit",
    });
    return { lines: stdout.toString().trimEnd().split("\n"), code: exitCode };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const SUMMARY = /^\d+ passed, \d+ failed$/;

test("CI ends with one line that sums both test commands up, and with the code of the first that failed", () => {
  const cases = [
    { selection: ["10 passed, 0 failed", 0], full: ["3 passed, 0 failed", 0], last: "13 passed, 0 failed", code: 0 },
    { selection: ["10 passed, 2 failed", 1], full: ["3 passed, 0 failed", 0], last: "13 passed, 2 failed", code: 1 },
    { selection: ["10 passed, 0 failed", 0], full: ["2 passed, 1 failed", 1], last: "12 passed, 1 failed", code: 1 },
    // A run that ended before its last line is a failure, whatever code it gave.
    { selection: ["a crash", 0], full: ["3 passed, 0 failed", 0], last: "3 passed, 1 failed", code: 1 },
    { selection: ["10 passed, 0 failed", 0], full: ["killed", 137], last: "10 passed, 1 failed", code: 137 },
  ] as const;
  for (const { selection, full, last, code } of cases) {
    const ci = runCi(selection, full);
    expect({ last: ci.lines.at(-1), code: ci.code }).toEqual({ last, code });
    expect(ci.lines.filter((line) => SUMMARY.test(line))).toEqual([last]);
  }
});

test("CI names what failed in both commands just before its last line", () => {
  const listed = (name: string) => `Failed tests:\n${name}\n    error: of ${name}\n1 passed, 1 failed`;
  const { lines } = runCi([listed("a > b"), 1], [listed("c.test.ts: d"), 1]);
  expect(lines.slice(-6)).toEqual([
    "Failed tests:",
    "a > b",
    "    error: of a > b",
    "c.test.ts: d",
    "    error: of c.test.ts: d",
    "2 passed, 2 failed",
  ]);
  const ended = runCi(["1 passed, 0 failed", 0], ["a crash", 137]);
  expect(ended.lines.slice(-3)).toEqual([
    "Failed tests:",
    "test:full, which ended before its last line",
    "1 passed, 1 failed",
  ]);
});
