import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../support/io-frames.ts";
import { ROOT } from "../support/source-tree.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

test(
  "a build that cannot write its folder says which, and what to do, without a stack trace",
  async () => {
    using folder = await temporaryFolder();
    // A file in place of the folder: the administrator, too, cannot write below it.
    writeFileSync(folder.path("dist"), "");
    const outfile = join(folder.path("dist"), "tensorpool");
    const command = [process.execPath, join(ROOT, "build.ts"), "--libaeron", "host", "--outfile", outfile];
    const build = Bun.spawn(command, { cwd: ROOT, stdin: "ignore", stdout: "ignore", stderr: "pipe" });
    const stderr = await build.stderr.text();
    expect(await build.exited).toBe(1);
    expect(stderr).toContain(`build: ${folder.path("dist")}`);
    expect(stderr).toContain("--outfile PATH builds in a folder that can be written");
    expect(stderr).not.toMatch(/^ +at /m);
  },
  PROCESS_TEST_MS,
);
