import { describe, expect, test } from "bun:test";
import { layerViolation } from "../support/layers.ts";
import { codeOf, importCycles, importsOf, textFiles } from "../support/source-tree.ts";

const files = codeOf(textFiles());

describe("the layers of the house", () => {
  test("imports point down", () => {
    expect(
      files.flatMap((file) =>
        importsOf(file)
          .map((one) => layerViolation(file, one))
          .filter(Boolean),
      ),
    ).toEqual([]);
  });

  test("imports go in no circles", () => {
    expect(importCycles(files).map((cycle) => cycle.join(" -> "))).toEqual([]);
  });

  test("only ffi/ imports bun:ffi", () => {
    const users = files.filter((file) => importsOf(file).some(({ specifier }) => specifier === "bun:ffi"));
    expect(users.map(({ path }) => path).filter((path) => !path.startsWith("ffi/"))).toEqual([]);
  });

  test("only src/shm/ does atomics", () => {
    const users = files.filter(({ path, text }) => /^(src|ffi)\//.test(path) && /\bAtomics\./.test(text));
    expect(users.map(({ path }) => path).filter((path) => !path.startsWith("src/shm/"))).toEqual([]);
  });

  test("examples use the library's public surface only", () => {
    const examples = files.filter(({ path }) => path.startsWith("examples/"));
    const inside = examples.flatMap((file) =>
      importsOf(file)
        .filter(({ target }) => target !== null && target !== "src/index.ts" && !target.startsWith("examples/"))
        .map(({ specifier }) => `${file.path} imports ${specifier}`),
    );
    expect(inside).toEqual([]);
  });

  test("relative imports name the file with its extension", () => {
    const bare = files.flatMap((file) =>
      importsOf(file)
        .filter(({ target }) => target !== null && !/\.(ts|mjs|json|so|css|page)$/.test(target))
        .map(({ specifier }) => `${file.path} imports ${specifier}`),
    );
    expect(bare).toEqual([]);
  });
});

describe("the check of the layers itself", () => {
  const violation = (path: string, text: string): string | null => {
    const file = { path, text };
    return (
      importsOf(file)
        .map((one) => layerViolation(file, one))
        .find((one) => one !== null) ?? null
    );
  };

  test("sees imports in every form", () => {
    const text = [
      'import a, { type B } from "./a.ts";',
      'import type {\n  C,\n} from "../c.ts";',
      'import * as d from "node:d";',
      'export * from "./e.ts";',
      'export type { F } from "./f.ts";',
      'import "./g.ts";',
      'const h = await import("./h.ts");',
    ].join("\n");
    const found = importsOf({ path: "src/x/y.ts", text });
    expect(found.map(({ target }) => target).sort()).toEqual(
      ["src/c.ts", "src/x/a.ts", "src/x/e.ts", "src/x/f.ts", "src/x/g.ts", "src/x/h.ts", null].sort(),
    );
    expect(found.filter(({ isTypeOnly }) => isTypeOnly).map(({ specifier }) => specifier)).toEqual([
      "../c.ts",
      "./f.ts",
    ]);
  });

  test("names the file, the import and the reason", () => {
    expect(violation("src/core/a.ts", 'import { b } from "../shm/b.ts";')).toBe(
      "src/core/a.ts imports ../shm/b.ts: core is below shm, and imports point down",
    );
    expect(violation("src/io/a.ts", 'import { b } from "../shm/b.ts";')).toContain(
      "io may import ffi, core, protocol, recording only",
    );
    expect(violation("src/gui/a.ts", 'import { b } from "../shm/b.ts";')).toContain("gui is no layer");
    expect(violation("src/roles/a.ts", 'import { b } from "../shm/b.ts";')).toBeNull();
  });

  test("finds a circle, and none through types", () => {
    const a = { path: "src/a.ts", text: 'import { b } from "./b.ts";' };
    expect(importCycles([a, { path: "src/b.ts", text: 'import { a } from "./a.ts";' }])).toEqual([
      ["src/a.ts", "src/b.ts", "src/a.ts"],
    ]);
    expect(importCycles([a, { path: "src/b.ts", text: 'import type { a } from "./a.ts";' }])).toEqual([]);
  });
});
