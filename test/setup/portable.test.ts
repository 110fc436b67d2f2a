import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Checkout, type SetupRun } from "../support/checkout.ts";

/** A pip that is called as `python3 -m pip install ... --target FOLDER` and puts a stand-in for Zig there. */
function addPip(checkout: Checkout, before = ""): void {
  checkout.addTool(
    "python3",
    `const fs = require("node:fs");
     const args = process.argv.slice(2);
     fs.appendFileSync(${JSON.stringify(join(checkout.root, "pip-calls"))}, args.join(" ") + "\\n");
     ${before}
     const folder = args[args.indexOf("--target") + 1] + "/ziglang";
     fs.mkdirSync(folder, { recursive: true });
     fs.writeFileSync(folder + "/package.json", '{ "type": "commonjs" }');
     fs.copyFileSync(${JSON.stringify(join(checkout.root, "tools", "cc"))}, folder + "/zig");`,
  );
}

/** Builds the portable library for a CPU, as build.ts does, and prints its folder. */
async function prepare(checkout: Checkout, arch: string): Promise<SetupRun> {
  const code = `
    import { preparePortableLibrary } from "./ffi/native/portable.mjs";
    try { console.log(await preparePortableLibrary(${JSON.stringify(arch)}, process.env)); }
    catch (error) { console.error(error.message); process.exitCode = 1; }`;
  const child = Bun.spawn([Bun.which("node") ?? "node", "--input-type=module", "--eval", code], {
    cwd: checkout.root,
    env: { PATH: join(checkout.root, "tools") },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  return Checkout.outcomeOf(child);
}

describe("a libaeron for old systems", () => {
  test("is built with the Zig that pip fetches by its checksum, once for each CPU", async () => {
    using checkout = new Checkout();
    checkout.addCargo();
    checkout.addCompiler();
    addPip(checkout);
    const first = await prepare(checkout, "x64");
    expect({ exitCode: first.exitCode, stderr: first.stderr }).toEqual({
      exitCode: 0,
      stderr: expect.stringContaining("building libaeron for x86_64-linux-gnu.2.17"),
    });
    // The stand-in for the compiler writes down what it was called with.
    const library = readFileSync(join(first.stdout.trim(), "libaeron.so"), "utf8");
    expect(library).toMatch(/^cc -target x86_64-linux-gnu\.2\.17 /);
    expect(library).toContain("-shared");
    const pip = readFileSync(join(checkout.root, "pip-calls"), "utf8");
    for (const part of ["--require-hashes", "--no-deps", "--only-binary=:all:", "zig.txt"]) expect(pip).toContain(part);

    expect(await prepare(checkout, "x64")).toEqual({ exitCode: 0, stdout: first.stdout, stderr: "" });
    const other = await prepare(checkout, "arm64");
    expect(readFileSync(join(other.stdout.trim(), "libaeron.so"), "utf8")).toContain("aarch64-linux-gnu.2.17");
    // Zig is there, and the library for the first CPU stays.
    expect(readFileSync(join(checkout.root, "pip-calls"), "utf8")).toBe(pip);
    expect(existsSync(join(first.stdout.trim(), "libaeron.so"))).toBe(true);
  });

  test("is not built without pip, which is said, and nothing is left behind", async () => {
    using checkout = new Checkout();
    checkout.addCargo();
    checkout.addCompiler();
    const { exitCode, stdout, stderr } = await prepare(checkout, "x64");
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toContain("pip could not fetch Zig");
    expect(stderr).toContain("python3: not found");
    for (const folder of ["tools", "portable"])
      expect(readdirSync(join(checkout.root, "ffi", "native", folder))).toEqual([]);
  });

  test("relays what pip said when it fails", async () => {
    using checkout = new Checkout();
    checkout.addCargo();
    checkout.addCompiler();
    addPip(checkout, 'console.error("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES"); process.exit(1);');
    const { exitCode, stderr } = await prepare(checkout, "x64");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("  | ERROR: THESE PACKAGES DO NOT MATCH THE HASHES");
  });
});
