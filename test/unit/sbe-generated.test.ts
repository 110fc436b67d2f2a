import { expect, test } from "bun:test";
import { committedFiles, generateAll } from "../../src/sbe/compiler/generate.ts";

test("the committed flyweights are what the schemas generate; otherwise run `npm run generate`", () => {
  const generated = generateAll();
  const committed = committedFiles();
  expect([...committed.keys()].sort()).toEqual([...generated.keys()].sort());
  for (const [name, text] of generated) expect({ name, text: committed.get(name) }).toEqual({ name, text });
});
