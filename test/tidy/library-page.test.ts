import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { publicNames } from "../support/declarations.ts";
import { LIBRARY_PAGE, libraryPage } from "../support/library-page.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

test(
  "docs/LIBRARY.md is what the doc comments say (npm run generate:library writes it)",
  () => {
    expect(readFileSync(LIBRARY_PAGE, "utf8")).toBe(libraryPage());
  },
  PROCESS_TEST_MS,
);

test("the public surface is read from src/index.ts, types and values alike", () => {
  const names = publicNames().map(({ name }) => name);
  expect(names).toContain("TensorPool");
  expect(names).toContain("CopySink");
  expect(names).toContain("LOSS_CAUSES");
  expect(new Set(names).size).toBe(names.length);
});
