import { expect, test } from "bun:test";
import packageJson from "../../package.json" with { type: "json" };
import { run } from "../support/namespace.ts";
import { SELF } from "../support/place.ts";

/** Without its compiler, Bun has no native calls: whatever opened a library would fail. */
const WITHOUT_NATIVE_CALLS = { BUN_JSC_useJIT: "0" };

test("the version and the list of commands need no native code, so they are there at once", async () => {
  const version = await run([...SELF, "--version"], WITHOUT_NATIVE_CALLS);
  expect(version).toEqual({ exitCode: 0, stdout: `${packageJson.version}\n`, stderr: "" });
  const help = await run([...SELF, "--help"], WITHOUT_NATIVE_CALLS);
  expect(help).toEqual({ exitCode: 0, stdout: expect.stringContaining("Commands:"), stderr: "" });
});

test("what needs native code says what forbids it", async () => {
  const { exitCode, stdout, stderr } = await run([...SELF, "version"], WITHOUT_NATIVE_CALLS);
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  expect(stderr).toContain("executable memory");
  expect(stderr).toContain("MemoryDenyWriteExecute");
  expect(stderr).not.toMatch(/^\s+at /m);
});
