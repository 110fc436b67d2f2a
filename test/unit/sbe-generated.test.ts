import { expect, setDefaultTimeout, test } from "bun:test";
import { committedFiles, generateAll } from "../../src/sbe/compiler/generate.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

// It generates everything, which takes seconds of a busy machine.
setDefaultTimeout(PROCESS_TEST_MS);

test("the committed flyweights are what the schemas generate; otherwise run `npm run generate`", () => {
  const generated = generateAll();
  const committed = committedFiles();
  expect([...committed.keys()].sort()).toEqual([...generated.keys()].sort());
  for (const [name, text] of generated) expect({ name, text: committed.get(name) }).toEqual({ name, text });
});
