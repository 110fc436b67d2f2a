import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { InstalledPackage } from "../support/installed-package.ts";
import { ROOT } from "../support/source-tree.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

const LIBRARY = join(ROOT, "ffi", "native", "build", "libaeron.so");
let project: InstalledPackage;

beforeAll(async () => {
  project = await InstalledPackage.create();
}, 2 * PROCESS_TEST_MS);

afterAll(() => project[Symbol.dispose]());

describe("the package that npm pack makes", () => {
  test("has the library, its types, the command line and what builds libaeron; no tests, and nothing that was built", () => {
    expect(project.files).toEqual(
      expect.arrayContaining([
        "LICENSE",
        "README.md",
        "SECURITY.md",
        "ffi/native/Cargo.lock",
        "setup/installed.mjs",
        "src/cli/main.ts",
        "src/index.ts",
        "types/src/index.d.ts",
      ]),
    );
    expect(
      project.files.filter((path) => /^(?:test|bench|packaging|dist)\/|\.so$|\/(?:build|tools)\//.test(path)),
    ).toEqual([]);
  });

  test("runs nothing when it is installed", () => {
    const scripts = Object.keys(packageJson.scripts);
    expect(scripts.filter((name) => /^(?:pre|post)?install$|^prepare$/.test(name))).toEqual([]);
  });

  test.each([
    { module: "NodeNext", moduleResolution: "NodeNext" },
    { module: "Preserve", moduleResolution: "bundler" },
  ])("its types check under strict settings, those of its own declarations as well: %o", async (options) => {
    project.write(
      "use.ts",
      `import { defineSource, type Frame, TensorPool } from "tensorpool";
       await using pool = await TensorPool.connect({ drive: "timer" });
       const consumer = await pool.addConsumer({ stream: 10_000, standalone: true });
       const result = consumer.read((frame: Frame) => frame.values.length);
       if (result.ok) { const count: number = result.value; console.log(count); }
       export const source = defineSource({ layout: { dtype: "uint16", dims: [4] }, fill(values) { values[0] = 7; } });
       // @ts-expect-error a name that there is not: the types are there, and not "any"
       export type { Nothing } from "tensorpool";`,
    );
    const { exitCode, stdout } = await project.check(options);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
  });

  test("says how libaeron gets there where it is not built yet", async () => {
    project.write("first.ts", 'import { TensorPool } from "tensorpool"; console.log(typeof TensorPool.connect);');
    const { exitCode, stderr } = await project.run(["bun", "first.ts"]);
    expect(stderr).toContain("libaeron is not built yet: run `npx tensorpool version` once");
    expect(exitCode).toBe(1);
    const found = await project.run(["bun", "first.ts"], { env: { AERON_LIBRARY: LIBRARY } });
    expect(found).toEqual({ exitCode: 0, stdout: "function\n", stderr: "" });
  });

  test("has the command line", async () => {
    const { exitCode, stdout, stderr } = await project.run(["npx", "tensorpool", "version", "-o", "json"], {
      env: { AERON_LIBRARY: LIBRARY },
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    // The commit of a checkout that the project may lie in is none of ours.
    expect(JSON.parse(stdout)).toMatchObject({ tensorpool: packageJson.version, commit: null, libaeron: "named" });
  });

  test("a user's module in the project imports the package by its name", async () => {
    cpSync(join(ROOT, "examples", "modules", "bars.ts"), join(project.path, "bars.ts"));
    const { exitCode, stderr } = await project.run(["npx", "tensorpool", "config", "validate"], {
      env: { AERON_LIBRARY: LIBRARY, TENSORPOOL_PRODUCER_SOURCE: "module:bars.ts" },
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringContaining("is valid") });
  });

  test("without Bun it says so, from the command line and as a library", async () => {
    const command = await project.run(["npx", "tensorpool", "version"], { bun: false });
    expect(command.stderr).toContain("tensorpool runs on Bun, and there is none: `npm install bun`");
    expect(command.exitCode).toBe(1);
    for (const imports of ["", "{ TensorPool, encodePng } from", "* as all from"]) {
      project.write("node.mjs", `import ${imports} "tensorpool";`);
      const library = await project.run(["node", "node.mjs"]);
      expect(library.stderr).toContain("Error: tensorpool is a library for Bun");
      expect(library.exitCode).toBe(1);
    }
  });

  test("what other runtimes get has every name, so that their message is ours", async () => {
    const names = [...readFileSync(join(ROOT, "setup/needs-bun.mjs"), "utf8").matchAll(/missing as (\w+)/g)];
    const library = await import("../../src/index.ts");
    expect(names.map(([, name]) => name).sort()).toEqual(Object.keys(library).sort());
  });
});
