import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failureList, failuresOf } from "../support/failure-list.ts";

const folder = mkdtempSync(join(tmpdir(), "tensorpool-failures-"));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SUBJECT = `
import { describe, expect, test } from "bun:test";
test("passes", () => {});
describe("a 'group' & <more>", () => {
  test("differs > a bit", () => expect({ a: 1 }).toEqual({ a: 2 }));
  test("explains itself", () => {
    throw new Error(["expected its end", ...Array.from({ length: 30 }, (_, n) => "line " + n)].join("\\n"));
  });
});
test("takes too long", () => new Promise(() => {}), 20);
`;

/** What a run of Bun printed and reported. */
function run(files: Readonly<Record<string, string>>): { report: string; output: string } {
  const cwd = mkdtempSync(join(folder, "run-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  const options = ["--parallel=2", "--reporter=junit", "--reporter-outfile=report.xml"];
  const { stderr } = Bun.spawnSync([process.execPath, "test", ...options], { cwd });
  return { report: readFileSync(join(cwd, "report.xml"), "utf8"), output: stderr.toString() };
}

test("each failure is listed with its file, its groups, and the beginning of its error", () => {
  const { report, output } = run({ "a.test.ts": SUBJECT });
  const lines = failureList(failuresOf(report, output, 3)).split("\n");
  expect(lines.filter((line) => !line.startsWith(" "))).toEqual([
    "Failed tests:",
    "a.test.ts: a 'group' & <more> > differs > a bit",
    "a.test.ts: a 'group' & <more> > explains itself",
    "a.test.ts: takes too long",
    "",
  ]);
  expect(lines).toContain('    -   "a": 2,');
  expect(lines).toContain("    Error: expected its end");
  expect(lines).toContain("    line 13");
  expect(lines).not.toContain("    line 14");
  expect(lines.at(-2)).toMatch(/timed out/);
});

test("a file that cannot be loaded is listed too", () => {
  const { report, output } = run({ "a.test.ts": 'import "./missing.ts";\n', "b.test.ts": SUBJECT });
  const list = failureList(failuresOf(report, output, 4));
  expect(list).toContain("an error outside the tests\n");
  expect(list).toContain("Cannot find module './missing.ts'");
  expect(list).toContain("b.test.ts: takes too long\n");
});

test("of a run that was killed, the tests that had failed are named, and its last lines shown", () => {
  const output = "(pass) x [1.00ms]\n(fail) a > b [12.34ms]\nstill running\n";
  const list = failureList(failuresOf(null, output, 2));
  expect(list).toStartWith("Failed tests:\na > b\nthe test run, which ended with\n");
  expect(list).toEndWith("    still running\n");
});

test("nothing is printed when nothing failed", () => {
  expect(failureList(failuresOf("<testsuites></testsuites>", "", 0))).toBe("");
});
