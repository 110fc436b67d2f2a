import { describe, expect, test } from "bun:test";
import { ruleList, valueTypes } from "../../src/config/index.ts";
import { tomlLiteral } from "../../src/config/value-type.ts";
import { configFile } from "../support/config-schema.ts";

const RULES = `
[[supervisor.rules]]
name = "slow viewers"
streams = ["camera-*", 10000]
consumers = [42]
drop_ratio_above = "0.1%"
for = "5s"
mode = "decimated"
decimation = 4
restore_after = "1m"

[[supervisor.rules]]
drop_ratio_above = 0.05
for = "250ms"
mode = "latest"
`;

const READ = [
  {
    name: "slow viewers",
    streams: ["camera-*", "10000"],
    consumers: [42],
    dropRatioAbove: 0.001,
    forNs: 5e9,
    mode: "decimated",
    decimation: 4,
    restoreAfterNs: 60e9,
  },
  {
    name: "rule 2",
    streams: null,
    consumers: null,
    dropRatioAbove: 0.05,
    forNs: 0.25e9,
    mode: "latest",
    decimation: 2,
    restoreAfterNs: 30e9,
  },
];

describe("a supervisor's rules", () => {
  test("are tables of a file, and what a flag says in the same words", () => {
    const rules = configFile(RULES).tables.get("supervisor")?.[0]?.values.get("rules");
    expect(rules?.value).toEqual(READ);
    expect(ruleList().parse(ruleList().format(READ as never))).toEqual(READ as never);
    const literal = `[{ drop_ratio_above = "1%", for = "1s", mode = "latest" }]`;
    expect(ruleList().parse(literal)).toHaveLength(1);
    expect(ruleList().parse(literal.slice(1, -1))).toEqual(ruleList().parse(literal));
  });

  test("what is wrong is named with file, line and key", () => {
    const wrong = (replaced: string, by: string): (() => unknown) => {
      const text = RULES.replace(replaced, by);
      expect(text).not.toBe(RULES);
      return () => configFile(text);
    };
    expect(wrong('"0.1%"', '"2"')).toThrow(
      'tensorpool.toml:6: supervisor.rules[0].drop_ratio_above: expected a share such as 0.1% or 0.001, found the text "2"',
    );
    expect(wrong('"0.1%"', "1.5")).toThrow("found 1.5");
    expect(wrong('for = "5s"', "for = 5")).toThrow("tensorpool.toml:7: supervisor.rules[0].for: expected a duration");
    expect(wrong('for = "5s"\n', "")).toThrow("supervisor.rules[0]: expected for: a duration");
    expect(wrong('"decimated"', '"stream"')).toThrow(
      "tensorpool.toml:8: supervisor.rules[0].mode: expected one of latest, decimated",
    );
    expect(wrong('mode = "latest"', 'mode = "latest"\ndecimation = 3')).toThrow(
      'supervisor.rules[1].decimation: expected mode = "decimated" with it',
    );
    expect(wrong("restore_after", "restore_aftr")).toThrow('did you mean "restore_after"?');
    expect(wrong("[42]", "[0]")).toThrow(
      "tensorpool.toml:5: supervisor.rules[0].consumers[0]: expected a whole number from 1",
    );
    expect(() => configFile("[supervisor]\nrules = 5")).toThrow(
      "tensorpool.toml:2: supervisor.rules: expected an array of {",
    );
    expect(() => configFile("[supervisor]\nrules = [5]")).toThrow("supervisor.rules[0]: expected a table");
  });

  test("shares are numbers or percent, from 0 to 1", () => {
    const ratio = valueTypes.ratio();
    expect(["0.1%", "0.1 %", "0.001"].map((text) => ratio.parse(text))).toEqual([0.001, 0.001, 0.001]);
    expect([ratio.parse("0"), ratio.parse("100%"), ratio.read(1n), ratio.read(0.5)]).toEqual([0, 1, 1, 0.5]);
    for (const text of ["", "-1%", "101%", "1.01", "x", "%", "1e-3"]) {
      expect(() => ratio.parse(text)).toThrow("expected a share such as 0.1% or 0.001");
    }
  });

  test("a table is written on one line as TOML has it", () => {
    expect(tomlLiteral([{ a: "x", b: [1n, 2n], c: { d: true, "e f": 1.5 } }])).toBe(
      '[{ "a" = "x", "b" = [1, 2], "c" = { "d" = true, "e f" = 1.5 } }]',
    );
  });
});
