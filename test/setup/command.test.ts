import { describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { Checkout } from "../support/checkout.ts";

const NODE = Bun.which("node") ?? "node";
const COMMAND = join(import.meta.dir, "..", "..", "setup", "command.mjs");

/** A Node process that does what set-up does last: run a command on its own stdin, stdout and stderr. */
function runInShell(script: string) {
  const program = `import { runCommand } from ${JSON.stringify(COMMAND)};
    process.exitCode = await runCommand("/bin/sh", ["-c", ${JSON.stringify(script)}], { cwd: "/", env: process.env });`;
  return Bun.spawn([NODE, "--input-type=module", "-e", program], { stdin: "pipe", stdout: "pipe", stderr: "pipe" });
}

describe("the prepared command", () => {
  test("passes its exit code on", async () => {
    expect(await runInShell("exit 4").exited).toBe(4);
  });

  test("that a signal ended is reported as a shell does", async () => {
    expect(await runInShell("kill -9 $$").exited).toBe(137);
    expect(await runInShell("kill -SEGV $$").exited).toBe(139);
  });

  test("reads our stdin and writes our stdout", async () => {
    const child = runInShell("cat");
    const bytes = new Uint8Array(1 << 20).fill(7);
    child.stdin.write(bytes);
    await child.stdin.end();
    expect(Buffer.compare(await Bun.readableStreamToBytes(child.stdout), bytes)).toBe(0);
    expect(await child.exited).toBe(0);
  });

  test("gets a SIGTERM that was meant for it, and is waited for", async () => {
    const child = runInShell("trap 'echo in order; exit 3' TERM; echo ready; while :; do sleep 0.05; done");
    const reader = child.stdout.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("ready\n");
    child.kill("SIGTERM");
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("in order\n");
    expect(await child.exited).toBe(3);
  });
});

describe("the packages", () => {
  test("that are missing are asked of npm, whose reasons are relayed when it fails", async () => {
    using checkout = new Checkout();
    rmSync(join(checkout.root, "node_modules"));
    checkout.addTool(
      "npm",
      `console.error("npm error code ECONNREFUSED\\nnpm error     at here\\nnpm error called with " + process.argv[2]); process.exitCode = 1;`,
    );
    const run = await checkout.run("lint");
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toBe("");
    expect(run.stderr).toContain("npm could not install the packages (exit code 1)");
    expect(run.stderr).toContain("  | npm error code ECONNREFUSED\n  | npm error called with ci\n");
  });

  test("that are missing without an npm are a sentence, not a stack trace", async () => {
    using checkout = new Checkout();
    rmSync(join(checkout.root, "node_modules"));
    const run = await checkout.run("lint");
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain("npm is not installed");
    expect(run.stderr).not.toMatch(/^\s+at /m);
  });

  test("an unknown task is refused with the names of those there are", async () => {
    using checkout = new Checkout();
    const run = await checkout.run("dmeo");
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('There is no task "dmeo". There are: tensorpool, demo, test,');
  });
});
