import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MUTATIONS } from "../sim/mutations.ts";
import { ROOT } from "../support/source-tree.ts";

test("the text that each mutation replaces occurs once in its file", () => {
  const wrong = MUTATIONS.filter(({ file, from }) => readFileSync(join(ROOT, file), "utf8").split(from).length !== 2);
  expect(wrong.map(({ name }) => name)).toEqual([]);
});
