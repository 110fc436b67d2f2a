import { expect, test } from "bun:test";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");

test("npm test with a file of test/full names the command that runs it", () => {
  const { stderr, exitCode } = Bun.spawnSync([process.execPath, "test/run.ts", "test/full/fuzz.test.ts"], {
    cwd: ROOT,
    stdout: "ignore",
    stderr: "pipe",
  });
  expect(stderr.toString()).toContain("npm run test:full -- test/full/fuzz.test.ts");
  expect(exitCode).toBe(2);
});
