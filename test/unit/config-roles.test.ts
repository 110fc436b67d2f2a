import { describe, expect, test } from "bun:test";
import { COMMANDS } from "../../src/cli/commands.ts";
import { layeredOptions } from "../../src/cli/config/layered-options.ts";
import { type OptionValues, readOptions, OptionValues as Values } from "../../src/cli/option-spec.ts";
import { chooseTable, type Environment, resolveRole } from "../../src/config/index.ts";
import { UsageError } from "../../src/core/errors.ts";
import { configFile, roleNamed, SCHEMA } from "../support/config-schema.ts";

/** The options of a role from the three places. */
function options(name: string, args: readonly string[], env: Environment, text = ""): OptionValues {
  const role = roleNamed(name);
  const command = COMMANDS.find((candidate) => candidate.name === name);
  const { values } = readOptions(name, [...(command?.options ?? [])], args, () => "");
  const file = configFile(text);
  const table = role.isArray ? chooseTable(role, file, values.given.get("use")) : (file.tables.get(name)?.[0] ?? null);
  return new Values(name, resolveRole(role, SCHEMA, { flags: values.given, env, file, table }));
}

describe("the layers of a role's options", () => {
  test("flag over role's variable over common variable over role's table over [common]", () => {
    const text = '[common]\nidle = "sleep"\n[[producers]]\nidle = "yield"\n';
    const at = (args: string[], env: Environment, from = text): string | undefined =>
      options("producer", args, env, from).text("idle");
    const own = { TENSORPOOL_PRODUCER_IDLE: "busy-spin", TENSORPOOL_IDLE: "backoff" };
    expect(at(["--idle", "sleep"], own)).toBe("sleep");
    expect(at([], own)).toBe("busy-spin");
    expect(at([], { TENSORPOOL_IDLE: "backoff" })).toBe("backoff");
    expect(at([], {})).toBe("yield");
    expect(at([], {}, '[common]\nidle = "sleep"\n')).toBe("sleep");
    expect(at([], {}, "")).toBeUndefined();
  });

  test("the folder of Aeron: flag, TENSORPOOL_DRIVER_AERON_DIR, DRIVER_AERON_DIR, the file", () => {
    const text = '[driver]\naeron_dir = "/file"\n';
    const at = (args: string[], env: Environment): string | undefined =>
      options("consumer", args, env, text).text("aeron-dir");
    const env = { TENSORPOOL_DRIVER_AERON_DIR: "/long", DRIVER_AERON_DIR: "/short", AERON_DIR: "/aeron" };
    expect(at(["--aeron-dir", "/flag"], env)).toBe("/flag");
    expect(at([], { ...env, TENSORPOOL_AERON_DIR: "/common" })).toBe("/common");
    expect(at([], env)).toBe("/long");
    expect(at([], { DRIVER_AERON_DIR: "/short", AERON_DIR: "/aeron" })).toBe("/short");
    expect(at([], { AERON_DIR: "/aeron" })).toBe("/file");
    // AERON_DIR itself is the default where nothing is said.
    expect(options("consumer", [], { AERON_DIR: "/aeron" }).has("aeron-dir")).toBe(false);
  });

  test("the folder of the regions: SHM_BASE_DIR and TENSORPOOL_SHM_BASE_DIR keep working", () => {
    expect(options("producer", [], { SHM_BASE_DIR: "/a" }).text("shm-dir")).toBe("/a");
    const both = { SHM_BASE_DIR: "/a", TENSORPOOL_SHM_BASE_DIR: "/b" };
    expect(options("producer", [], both, '[shm]\nbase_dir = "/c"\n').text("shm-dir")).toBe("/b");
    expect(options("producer", [], {}, '[shm]\nbase_dir = "/c"\n').text("shm-dir")).toBe("/c");
  });

  test("W-30: shm.permissions_mode says how the producer shares", () => {
    expect(options("producer", [], {}, "[shm]\npermissions_mode = '660'\n").text("share")).toBe("group");
    expect(options("producer", [], { SHM_PERMISSIONS_MODE: "600" }).text("share")).toBe("private");
    expect(options("producer", [], {}).has("share")).toBe(false);
  });

  test("switches, negatable ones and lists come from all three places", () => {
    const text = "[[producers]]\nstandalone = true\nprefault = false\npool = ['64KiB', 1048576]\n";
    const file = options("producer", [], {}, text);
    expect([file.flag("standalone"), file.flag("prefault"), file.text("pool")]).toEqual([true, false, "64KiB,1048576"]);
    const env = {
      TENSORPOOL_PRODUCER_STANDALONE: "0",
      TENSORPOOL_PRODUCER_PREFAULT: "true",
      TENSORPOOL_PRODUCER_POOL: '["8KiB"]',
    };
    const variables = options("producer", [], env, text);
    expect([variables.flag("standalone"), variables.flag("prefault"), variables.list("pool")]).toEqual([
      false,
      true,
      ["8KiB"],
    ]);
    const flags = options("producer", ["--no-standalone", "--no-prefault", "--pool", "4KiB,8KiB"], env, text);
    expect([flags.flag("standalone"), flags.flag("prefault"), flags.list("pool")]).toEqual([
      false,
      false,
      ["4KiB", "8KiB"],
    ]);
    expect(options("producer", [], {}, "[policies]\nprefault_shm = false\n").flag("prefault")).toBe(false);
  });

  test("numbers keep their digits, and getters give the same value wherever it is set", () => {
    const rates = [
      options("producer", ["--rate", "30000/1001"], {}),
      options("producer", [], { TENSORPOOL_PRODUCER_RATE: "30000/1001" }),
      options("producer", [], {}, '[[producers]]\nrate = "30000/1001"\n'),
    ];
    expect(rates.map((each) => each.rate("rate"))).toEqual([30000 / 1001, 30000 / 1001, 30000 / 1001]);
    const exact = options("producer", [], {}, "[[producers]]\ncount = 9007199254740991\nseconds = 2.5\n");
    expect(exact.integer("count", 1, Number.MAX_SAFE_INTEGER)).toBe(9007199254740991);
    expect(exact.seconds("seconds")).toBe(2.5e9);
  });

  test("errors name the place that the value comes from", () => {
    const text = '[[producers]]\nsource = "npyy:x"\n';
    const values = options("producer", [], {}, text);
    const error = values.relabelled(new UsageError('--source: expected one of npy:, found "npyy:x"'));
    expect((error as Error).message).toBe(
      'tensorpool.toml:2: producers[0].source: expected one of npy:, found "npyy:x"',
    );
    expect(() => options("producer", [], { TENSORPOOL_STREAM: "0x" })).toThrow(
      "TENSORPOOL_STREAM: expected a stream id",
    );
    expect(() => options("consumer", [], { TENSORPOOL_STREAM: "0x" })).toThrow(
      "TENSORPOOL_STREAM: expected a stream id",
    );
    const inGetter = options("producer", [], { TENSORPOOL_PRODUCER_COUNT: "70" });
    expect(() => inGetter.integer("count", 1, 60)).toThrow(
      "TENSORPOOL_PRODUCER_COUNT: expected a whole number from 1 to 60",
    );
  });

  test("a variable of another role means nothing", () => {
    expect(options("consumer", [], { TENSORPOOL_PRODUCER_IDLE: "nonsense" }).has("idle")).toBe(false);
  });
});

describe("which table a process uses", () => {
  const TWO = '[[producers]]\nname = "a"\n\n[[producers]]\nname = "b"\nstream = 7\n';
  const streamOf = (use: string | null, text: string): string | undefined =>
    options("producer", use === null ? [] : ["--use", use], {}, text).text("stream");

  test("the only one, or the one with that name or stream", () => {
    expect(streamOf(null, "[[producers]]\nstream = 5\n")).toBe("5");
    expect(streamOf(null, "")).toBeUndefined();
    expect(streamOf("b", TWO)).toBe("7");
    expect(streamOf("7", TWO)).toBe("7");
    expect(options("producer", ["--use", "10000"], {}, TWO).text("name")).toBe("a");
    expect(
      options("consumer", ["--use", "c"], {}, "[[consumers]]\nname='b'\n[[consumers]]\nname='c'\nmax_rate=5\n").rate(
        "max-rate",
      ),
    ).toBe(5);
  });

  test("several and none chosen is an error that lists them", () => {
    expect(() => streamOf(null, TWO)).toThrow(
      'tensorpool.toml: expected --use NAME, because there are 2 [[producers]]: "a", stream 10000 (tensorpool.toml:1); "b", stream 7 (tensorpool.toml:4)',
    );
  });

  test("one that is not there, or is there several times, is an error", () => {
    expect(() => streamOf("c", TWO)).toThrow(
      '--use: expected tensorpool.toml to have [[producers]] of that name, found "c"',
    );
    const same = "[[consumers]]\nstream = 7\n[[consumers]]\nstream = 7\n";
    expect(() => options("consumer", ["--use", "7"], {}, same)).toThrow("found several of stream 7");
  });
});

describe("commands", () => {
  const layer = (name: string, env: Environment): ReturnType<typeof layeredOptions> => {
    const command = COMMANDS.find((candidate) => candidate.name === name);
    if (command === undefined) throw new Error(name);
    return layeredOptions(COMMANDS, command, readOptions(name, [], [], () => "").values, env);
  };

  test("every command takes the general variables, and warns of unknown ones", () => {
    const { values, warnings } = layer("version", { TENSORPOOL_LOG_LEVEL: "warn", TENSORPOOL_QIUET: "1" });
    expect(values.text("log-level")).toBe("warn");
    expect(warnings).toHaveLength(1);
    expect(() => layer("version", { TENSORPOOL_LOG_LEVEL: "x" })).toThrow("TENSORPOOL_LOG_LEVEL: expected one of");
  });

  test("tools take the places that roles use, and no variables of their own", () => {
    const env = { DRIVER_AERON_DIR: "/a", TENSORPOOL_SHM_DIR: "/b", TENSORPOOL_INSPECT_SLOTS: "3" };
    const { values } = layer("inspect", env);
    expect([values.text("shm-dir"), values.text("slots")]).toEqual(["/b", undefined]);
  });

  test("the demo's places are its own", () => {
    const { values } = layer("demo", { SHM_BASE_DIR: "/a", AERON_DIR: "/b", TENSORPOOL_AERON_DIR: "/c" });
    expect([values.has("shm-dir"), values.has("aeron-dir")]).toEqual([false, false]);
    expect(layer("demo", { TENSORPOOL_DEMO_SHM_DIR: "/d" }).values.text("shm-dir")).toBe("/d");
  });
});
