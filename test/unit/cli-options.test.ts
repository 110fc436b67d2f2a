import { describe, expect, test } from "bun:test";
import { COMMANDS } from "../../src/cli/commands.ts";
import { readOptions } from "../../src/cli/config/read-options.ts";
import { GENERAL } from "../../src/cli/specs/common-options.ts";
import {
  flag,
  Origins,
  openFlag,
  option,
  options,
  parsedFlags,
  type ValuesOf,
  valuesOf,
  valueTypes,
  withDefault,
} from "../../src/config/index.ts";
import { OptionError } from "../../src/core/errors.ts";

const ALL = [
  ...COMMANDS.flatMap((command) => command.options.map((spec) => ({ of: command.name, spec }))),
  ...Object.values(GENERAL).map((spec) => ({ of: "every command", spec })),
];

describe("the options of all commands", () => {
  test("every command that takes --aeron-dir takes --shm-dir, so that both can be given to all", () => {
    const lacking = COMMANDS.filter(({ options: specs }) => {
      const names = specs.map(({ name }) => name);
      return names.includes("aeron-dir") && !names.includes("shm-dir");
    });
    expect(lacking.map(({ name }) => name)).toEqual([]);
  });

  test("have a name, a type with an example that it takes, and help; a command has each once", () => {
    for (const { of, spec } of ALL) {
      const { name, type, help } = spec;
      expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(`${of} --${name}: ${help}`).not.toEndWith(": ");
      expect(type.expected).not.toBe("");
      const { read, example } = type;
      const [value] = Object.values(Bun.TOML.parse(`value = ${example}`) as Record<string, unknown>);
      const exact = typeof value === "number" && Number.isInteger(value) ? BigInt(value) : value;
      // Arrays and tables are read by the tests of their types, with exact numbers in them.
      if (typeof exact !== "object") expect(() => read(exact as never)).not.toThrow();
    }
    for (const { options: specs } of COMMANDS) {
      const names = [...specs, ...Object.values(GENERAL)].flatMap(({ name, short = name }) => [
        ...new Set([name, short]),
      ]);
      expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
    }
  });

  test("have a default that their own type takes, and what is required has none", () => {
    for (const { spec } of ALL) {
      const { type, default: text, isRequired } = spec;
      if (text === undefined) continue;
      expect(isRequired).toBeUndefined();
      expect(type.parse(type.format(type.parse(text)))).toEqual(type.parse(text));
    }
  });

  test("refuse what is beyond their bounds with an error that names these", () => {
    const bounded = ALL.filter(({ spec }) => /from \d+ to \d+/.test(spec.type.expected));
    expect(bounded.length).toBeGreaterThan(40);
    for (const { spec } of bounded) {
      const [bounds = "", max = ""] = /from \d+ to (\d+)/.exec(spec.type.expected) ?? [];
      const beyond = String(BigInt(max) + 1n);
      const written = new Map([[spec.name, { value: beyond, origin: { kind: "flag", name: spec.name } as const }]]);
      expect(() => parsedFlags([spec], written)).toThrow(new RegExp(`^--${spec.name}: expected .*${bounds}`));
    }
  });
});

describe("a set of options", () => {
  const SET = options({
    maxRate: option(valueTypes.rate(), "HZ", "the most"),
    slots: option(valueTypes.integer(1, 64), "N", "how many", { default: "8" }),
    to: option(valueTypes.path(), "FILE", "where to", { isRequired: true }),
    loud: flag("say it loudly"),
    once: openFlag("or not"),
  });
  const SPECS = Object.values(SET);
  const valuesAt = (...args: string[]): ValuesOf<typeof SET> =>
    valuesOf("x", SPECS, parsedFlags(SPECS, readOptions("x", SPECS, args, () => "").written)) as ValuesOf<typeof SET>;

  test("has typed values by the names of its properties: defaults where nothing is given, and absent ones", () => {
    const values = valuesAt("--to", "a", "--max-rate", "1kHz", "--loud");
    // These are checked by the compiler as well.
    const { slots, to, loud }: { slots: number; to: string; loud: boolean } = values;
    const { maxRate, once }: { maxRate?: number | undefined; once?: boolean | undefined } = values;
    expect({ slots, to, loud, maxRate, once }).toEqual({
      slots: 8,
      to: "a",
      loud: true,
      maxRate: 1000,
      once: undefined,
    });
    expect(valuesAt("--to", "a", "--no-once", "--slots", "64")).toEqual({
      to: "a",
      once: false,
      slots: 64,
      loud: false,
    });
  });

  test("says what is missing", () => {
    expect(() => valuesAt()).toThrow("x: --to is missing, e.g. --to /dev/shm/tensorpool");
  });

  test("keeps the options of another set as the same objects, and makes another of one with another default", () => {
    const other = options({ ...SET, slots: withDefault(SET.slots, { otherwise: "as many as fit" }) });
    expect(other.maxRate).toBe(SET.maxRate);
    expect(other.slots).toMatchObject({ name: "slots", otherwise: "as many as fit" });
    expect(other.slots).not.toHaveProperty("default");
  });

  test("an error about an option has its flag, or the place that its value comes from", () => {
    const variable = { kind: "variable", name: "X_SLOTS" } as const;
    const origins = new Origins(SPECS, new Map([["slots", { value: 8, origin: variable }]]));
    const messageOf = (option: string, part?: string): string =>
      (origins.located(new OptionError(option, "expected less", part === undefined ? {} : { part })) as Error).message;
    expect(messageOf("slots")).toBe("X_SLOTS: expected less");
    expect(messageOf("maxRate")).toBe("--max-rate: expected less");
    expect(messageOf("maxRate", "png")).toBe("--max-rate png: expected less");
    expect(messageOf("elsewhere")).toBe("elsewhere: expected less");
  });
});

test("a newcomer's task: one line adds an option to a command, to its file, its variables and its help", async () => {
  const { helpText } = await import("../../src/cli/help.ts");
  const { settingsSchema } = await import("../../src/cli/config/schema.ts");
  const { command } = await import("../../src/cli/specs/command.ts");
  const { PRODUCER, producer } = await import("../../src/cli/specs/roles.ts");
  const { knownVariables, configTemplate } = await import("../../src/config/index.ts");
  const EXTENDED = options({
    ...PRODUCER,
    maxBurst: option(valueTypes.integer(1, 64), "N", "frames at once", { default: "4" }),
  });
  const settings = { table: "producers", isArray: true };
  const extended = command({
    ...producer,
    settings,
    options: EXTENDED,
    load: async () => ({ run: async ({ values }) => values.maxBurst }),
  });
  expect(await helpText([extended], extended)).toContain("--max-burst <N>");
  const schema = settingsSchema([extended]);
  expect(knownVariables(schema)).toContain("TENSORPOOL_PRODUCER_MAX_BURST");
  expect(configTemplate(schema)).toContain("# frames at once (default: 4)\n#max_burst = 4\n");
});
