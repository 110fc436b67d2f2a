import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Checkout, type SetupRun } from "../support/checkout.ts";

/** A failure that a person can act on: exit code 1, nothing on stdout, no stack trace. */
function expectPlainFailure(run: SetupRun): void {
  expect(run.stderr).not.toMatch(/^\s+at /m);
  expect(run.stdout).toBe("");
  expect(run.exitCode).toBe(1);
}

describe("set-up without the tools it needs", () => {
  test("names the ways out when there is no C compiler", async () => {
    using checkout = new Checkout();
    checkout.addCargo();
    const run = await checkout.run("setup");
    expectPlainFailure(run);
    expect(run.stderr).toContain("there is no C compiler");
    for (const way of ["build-essential", "ziglang", "CC=", "AERON_LIBRARY="]) expect(run.stderr).toContain(way);
  });

  test("names the ways out when there is no cargo", async () => {
    using checkout = new Checkout();
    checkout.addCompiler();
    const run = await checkout.run("setup");
    expectPlainFailure(run);
    expect(run.stderr).toContain("there is no cargo");
    for (const way of ["build-essential cargo", "AERON_LIBRARY="]) expect(run.stderr).toContain(way);
    expect(checkout.built).toEqual([]);
  });

  test("refuses a CC that does not run instead of taking another compiler", async () => {
    using checkout = new Checkout();
    checkout.addCompiler();
    const run = await checkout.run("setup", { CC: "no-such-compiler --fast" });
    expectPlainFailure(run);
    expect(run.stderr).toContain('CC ("no-such-compiler --fast") does not run');
  });

  test("relays what cargo said when it fails, and leaves nothing behind", async () => {
    using checkout = new Checkout();
    checkout.addCompiler();
    checkout.addTool("cargo", 'console.error("error: no route to the index"); process.exitCode = 101;');
    const run = await checkout.run("setup");
    expectPlainFailure(run);
    expect(run.stderr).toContain("could not fetch the sources of libaeron (exit code 101)");
    expect(run.stderr).toContain("  | error: no route to the index");
    expect(checkout.built).toEqual([]);
  });

  test("relays what the compiler said when it fails, and leaves nothing behind", async () => {
    using checkout = new Checkout();
    checkout.addCargo();
    checkout.addCompiler('console.error("one.c:1: error: no such thing"); process.exit(4);');
    const run = await checkout.run("setup");
    expectPlainFailure(run);
    expect(run.stderr).toContain("cc could not compile one.c (exit code 4)");
    expect(run.stderr).toContain("  | one.c:1: error: no such thing");
    expect(checkout.built).toEqual([]);
  });

  test("refuses sources that differ from what their package lists", async () => {
    using checkout = new Checkout();
    checkout.addCargo("int changed;", "int one;");
    checkout.addCompiler();
    const run = await checkout.run("setup");
    expectPlainFailure(run);
    expect(run.stderr).toContain("one.c of libaeron-sys has the checksum");
    expect(checkout.built).toEqual([]);
  });
});

describe("AERON_LIBRARY", () => {
  test("naming a missing file is refused by that name", async () => {
    using checkout = new Checkout();
    const run = await checkout.run("setup", { AERON_LIBRARY: "/nowhere/libaeron.so" });
    expectPlainFailure(run);
    expect(run.stderr).toContain("AERON_LIBRARY names /nowhere/libaeron.so, which is not a file");
  });

  test("naming a file is used without a compiler or cargo", async () => {
    using checkout = new Checkout();
    const library = join(checkout.root, "libaeron.so");
    writeFileSync(library, "");
    const run = await checkout.run("setup", { AERON_LIBRARY: library });
    expect(run).toEqual({ exitCode: 0, stdout: "", stderr: "set-up: everything is in place\n" });
    expect(existsSync(checkout.build)).toBe(false);
  });

  test("may be relative to the folder that npm was called from", async () => {
    using checkout = new Checkout();
    writeFileSync(join(checkout.root, "tools", "libaeron.so"), "");
    const env = { AERON_LIBRARY: "./libaeron.so", INIT_CWD: join(checkout.root, "tools") };
    expect((await checkout.run("setup", env)).exitCode).toBe(0);
  });
});

describe("building libaeron", () => {
  test("happens once, and is silent afterwards", async () => {
    using checkout = new Checkout();
    checkout.addCargo();
    checkout.addCompiler();
    const first = await checkout.run("setup");
    expect(first.stderr).toMatch(/set-up: building libaeron with cc on \d+ CPUs \(once\): done in \d+\.\d s/);
    expect(first.exitCode).toBe(0);
    expect(readFileSync(checkout.library, "utf8")).toContain("-shared");
    const second = await checkout.run("setup");
    expect(second).toEqual({ exitCode: 0, stdout: "", stderr: "set-up: everything is in place\n" });
    expect(checkout.compilerCalls).toEqual(["compile", "link"]);
    expect(checkout.built).toEqual([expect.stringMatching(/^[0-9a-f]{12}-[0-9a-f]{12}$/), "libaeron.so"]);
  });

  test("happens once for two set-ups at the same time", async () => {
    using checkout = new Checkout();
    checkout.addCargo();
    checkout.addCompiler("Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);");
    const runs = await Promise.all([checkout.run("setup"), checkout.run("setup")]);
    expect(runs.map((run) => run.exitCode)).toEqual([0, 0]);
    expect(runs.filter((run) => run.stderr.includes("waiting for another set-up"))).toHaveLength(1);
    expect(checkout.compilerCalls).toEqual(["compile", "link"]);
  });

  test("is taken up by the one that waits when the first is killed", async () => {
    using checkout = new Checkout();
    checkout.addCargo();
    checkout.addCompiler("Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);");
    const first = checkout.spawn("setup");
    while (!existsSync(join(checkout.root, "calls"))) await Bun.sleep(10);
    const second = checkout.run("setup");
    await Bun.sleep(150);
    first.kill("SIGKILL");
    expect((await second).exitCode).toBe(0);
    expect(readFileSync(checkout.library, "utf8")).toContain("-shared");
    expect(checkout.built).toHaveLength(2);
  });

  test.each(["SIGINT", "SIGTERM"] as const)("that %s interrupts leaves nothing that looks finished", async (signal) => {
    using checkout = new Checkout();
    checkout.addCargo();
    checkout.addCompiler("Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20_000);");
    const child = checkout.spawn("setup");
    while (!existsSync(join(checkout.root, "calls"))) await Bun.sleep(10);
    child.kill(signal);
    const run = await Checkout.outcomeOf(child);
    expect(run.exitCode).toBe(signal === "SIGINT" ? 130 : 143);
    expect(run.stderr).not.toMatch(/^\s+at /m);
    expect(checkout.built).toEqual([]);
  });

  test("is repeated with another compiler, and the older library goes away", async () => {
    using checkout = new Checkout();
    checkout.addCargo();
    checkout.addCompiler();
    await checkout.run("setup");
    const [before] = checkout.built;
    checkout.addTool(
      "other-cc",
      `process.argv[2] === "--version" ? console.log("2.0") : require(${JSON.stringify(join(checkout.root, "tools", "cc"))});`,
    );
    const run = await checkout.run("setup", { CC: "other-cc" });
    expect(run.exitCode).toBe(0);
    expect(checkout.built).toHaveLength(2);
    expect(checkout.built[0]).not.toBe(before);
  });

  test("is not needed again when the compiler has gone", async () => {
    using checkout = new Checkout();
    checkout.addCargo();
    checkout.addCompiler();
    await checkout.run("setup");
    checkout.addTool("cc", "process.exitCode = 1;");
    expect((await checkout.run("setup")).stderr).toBe("set-up: everything is in place\n");
  });
});
