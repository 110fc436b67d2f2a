import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { DRIVER_RULE_IDS, DRIVER_RULES } from "./driver-rules.ts";
import { namedTestsOf, rulesNamedIn } from "./named-tests.ts";
import { namedTests, PAGE, protocolPage } from "./page.ts";
import { RULES, WITHOUT_TEST } from "./rules.ts";

const tests = namedTests();

const rules = [...RULES, ...DRIVER_RULES];

describe("the rules", () => {
  test("of the wire protocol are all there, once each", () => {
    const expected = Array.from({ length: 49 }, (_, i) => `W-${String(i + 1).padStart(2, "0")}`);
    expect(RULES.map(({ id }) => id)).toEqual(expected);
  });

  test("of the driver model are there once each and in order, as far as tests name them", () => {
    const ids = DRIVER_RULES.map(({ id }) => id);
    expect(ids).toEqual(DRIVER_RULE_IDS.filter((id) => ids.includes(id)));
  });

  test("of the driver model that tests name have an entry", () => {
    const entries = new Set(DRIVER_RULES.map(({ id }) => id));
    const named = new Set(tests.flatMap(({ rules: ids }) => ids));
    expect(DRIVER_RULE_IDS.filter((id) => named.has(id) && !entries.has(id))).toEqual([]);
  });

  test("have each a test that names them, or a reason why there is none", () => {
    const named = new Set(tests.flatMap(({ rules: ids }) => ids));
    const without = rules.filter(({ id }) => !named.has(id) && WITHOUT_TEST[id] === undefined);
    expect(without.map(({ id, asks }) => `${id}: ${asks}`)).toEqual([]);
  });

  test("have no reason to be without a test where there is one", () => {
    const named = new Set(tests.flatMap(({ rules: ids }) => ids));
    expect(Object.keys(WITHOUT_TEST).filter((id) => named.has(id))).toEqual([]);
  });

  test("are those that tests name", () => {
    const known = new Set([...RULES.map(({ id }) => id), ...DRIVER_RULE_IDS]);
    const unknown = tests.filter(({ rules: ids }) => ids.some((id) => !known.has(id)));
    expect(unknown.map(({ file, title }) => `${file}: ${title}`)).toEqual([]);
  });

  test("and their tests are listed in docs/PROTOCOL_RULES.md; otherwise run `npm run generate:protocol`", () => {
    expect(readFileSync(PAGE, "utf8")).toBe(protocolPage(tests));
  });
});

describe("the search for tests that name rules", () => {
  const titlesOf = (text: string) => namedTestsOf({ path: "a.test.ts", text }).map(({ title, tests: n }) => [title, n]);

  test("reads single rules, lists and ranges", () => {
    const [first, last] = ["W-09", "W-11"];
    expect(rulesNamedIn(`${first} to ${last}, W-20: x`)).toEqual([first, "W-10", last, "W-20"]);
    const driverRule = "D-19";
    expect(rulesNamedIn(`${first} to ${driverRule}, AD-19: x`)).toEqual([first, driverRule]);
  });

  test("finds titles over two lines and in every kind of quotes, with what is escaped", () => {
    const text = ['test("W-01: a \\"b\\"", () => {});', "test(", "  'W-02: c',", ");", "test(`W-03: d`);"].join("\n");
    expect(titlesOf(text)).toEqual([
      ['W-01: a "b"', 1],
      ["W-02: c", 1],
      ["W-03: d", 1],
    ]);
  });

  test("counts a group for those of its tests that name no rule themselves, and not at all when there are none", () => {
    const group = ['describe("W-04: e", () => {', '  test("f", g);', '  test("W-05: h", g);', '  test("i", g);', "});"];
    expect(titlesOf([...group, 'test("j", g);'].join("\n"))).toEqual([
      ["W-04: e", 2],
      ["W-05: h", 1],
    ]);
    expect(titlesOf(['describe("W-04: e", () => {', '  test("W-05: h", g);', "});"].join("\n"))).toEqual([
      ["W-05: h", 1],
    ]);
  });
});
