import { expect, test } from "bun:test";
import { join } from "node:path";

const RUN = join(import.meta.dir, "..", "run.ts");

test("npm test with a file of test/full names the command that runs it", async () => {
  for (const [named, command] of [
    ["test/full/fuzz.test.ts", "npm run test:full -- fuzz`"],
    ["./test/full/", "npm run test:full`"],
  ] as const) {
    const child = Bun.spawn([process.execPath, RUN, named], { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
    const [text, code] = await Promise.all([child.stderr.text(), child.exited]);
    expect([code, text]).toEqual([2, expect.stringContaining(command)]);
  }
});
