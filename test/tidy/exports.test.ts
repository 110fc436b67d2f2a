import { expect, test } from "bun:test";
import { textFiles } from "../support/source-tree.ts";

const OURS = /^(src|ffi|packaging|bench|test|examples|build\.ts)/;
const DECLARED = /^export (?:async )?(?:const|let|class|function\*?) (\w+)/gm;

test("every exported value is used in another file", () => {
  const files = textFiles().filter(({ path }) => OURS.test(path) && path.endsWith(".ts"));
  const words = new Map(files.map(({ path, text }) => [path, new Set(text.match(/\w+/g))]));
  const users = new Map<string, number>();
  for (const names of words.values()) for (const name of names) users.set(name, (users.get(name) ?? 0) + 1);
  const unused = files
    .filter(({ path }) => /^(src|ffi|packaging)/.test(path) && !path.includes("/generated/"))
    .flatMap(({ path, text }) => [...text.matchAll(DECLARED)].map(([, name = ""]) => ({ path, name })))
    .filter(({ name }) => users.get(name) === 1);
  expect(unused.map(({ path, name }) => `${path}: ${name}`)).toEqual([]);
});
