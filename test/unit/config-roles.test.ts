import { describe, expect, test } from "bun:test";
import { COMMANDS } from "../../src/cli/commands.ts";
import { layeredOptions } from "../../src/cli/config/layered-options.ts";
import { type Environment, valuesOf } from "../../src/config/index.ts";
import { OptionError } from "../../src/core/errors.ts";
import { commandNamed, resolveCommand } from "../support/command-values.ts";

const valuesAt = (...where: Parameters<typeof resolveCommand>) => resolveCommand(...where).values;

describe("the layers of a role's options", () => {
  test("flag over role's variable over common variable over role's table over [common]", () => {
    const text = '[common]\nidle = "sleep"\n[[producers]]\nidle = "yield"\n';
    const at = (args: string[], env: Environment, from = text): unknown => valuesAt("producer", args, env, from).idle;
    const own = { TENSORPOOL_PRODUCER_IDLE: "busy-spin", TENSORPOOL_IDLE: "backoff" };
    expect(at(["--idle", "sleep"], own)).toBe("sleep");
    expect(at([], own)).toBe("busy-spin");
    expect(at([], { TENSORPOOL_IDLE: "backoff" })).toBe("backoff");
    expect(at([], {})).toBe("yield");
    expect(at([], {}, '[common]\nidle = "sleep"\n')).toBe("sleep");
    expect(at([], {}, "")).toBe("backoff");
  });

  test("the folder of Aeron: flag, TENSORPOOL_DRIVER_AERON_DIR, DRIVER_AERON_DIR, the file", () => {
    const text = '[driver]\naeron_dir = "/file"\n';
    const at = (args: string[], env: Environment): unknown => valuesAt("consumer", args, env, text).aeronDir;
    const env = { TENSORPOOL_DRIVER_AERON_DIR: "/long", DRIVER_AERON_DIR: "/short", AERON_DIR: "/aeron" };
    expect(at(["--aeron-dir", "/flag"], env)).toBe("/flag");
    expect(at([], { ...env, TENSORPOOL_AERON_DIR: "/common" })).toBe("/common");
    expect(at([], env)).toBe("/long");
    expect(at([], { DRIVER_AERON_DIR: "/short", AERON_DIR: "/aeron" })).toBe("/short");
    expect(at([], { AERON_DIR: "/aeron" })).toBe("/file");
    // AERON_DIR itself is the default where nothing is said.
    expect(valuesAt("consumer", [], { AERON_DIR: "/aeron" }).aeronDir).toBeUndefined();
  });

  test("the folder of the regions: SHM_BASE_DIR and TENSORPOOL_SHM_BASE_DIR keep working", () => {
    expect(valuesAt("producer", [], { SHM_BASE_DIR: "/a" }).shmDir).toBe("/a");
    const both = { SHM_BASE_DIR: "/a", TENSORPOOL_SHM_BASE_DIR: "/b" };
    expect(valuesAt("producer", [], both, '[shm]\nbase_dir = "/c"\n').shmDir).toBe("/b");
    expect(valuesAt("producer", [], {}, '[shm]\nbase_dir = "/c"\n').shmDir).toBe("/c");
  });

  test("W-30: shm.permissions_mode says how the producer shares", () => {
    expect(valuesAt("producer", [], {}, "[shm]\npermissions_mode = '660'\n").share).toBe("group");
    expect(valuesAt("producer", [], { SHM_PERMISSIONS_MODE: "600" }).share).toBe("private");
    expect(valuesAt("producer", [], {}).share).toBe("private");
  });

  test("switches, negatable ones and lists come from all three places", () => {
    const text = "[[producers]]\nstandalone = true\nprefault = false\npool = ['64KiB', 1048576]\n";
    const file = valuesAt("producer", [], {}, text);
    expect([file.standalone, file.prefault, file.pool]).toEqual([true, false, [65536, 1048576]]);
    const env = {
      TENSORPOOL_PRODUCER_STANDALONE: "0",
      TENSORPOOL_PRODUCER_PREFAULT: "true",
      TENSORPOOL_PRODUCER_POOL: '["8KiB"]',
    };
    const variables = valuesAt("producer", [], env, text);
    expect([variables.standalone, variables.prefault, variables.pool]).toEqual([false, true, [8192]]);
    const args = ["--no-standalone", "--no-prefault", "--pool", "4KiB,8KiB"];
    const flags = valuesAt("producer", args, env, text);
    expect([flags.standalone, flags.prefault, flags.pool]).toEqual([false, false, [4096, 8192]]);
    expect(valuesAt("producer", [], {}, "[policies]\nprefault_shm = false\n").prefault).toBe(false);
  });

  test("numbers keep their digits, and are the same value wherever they are set", () => {
    const rates = [
      valuesAt("producer", ["--rate", "30000/1001"], {}),
      valuesAt("producer", [], { TENSORPOOL_PRODUCER_RATE: "30000/1001" }),
      valuesAt("producer", [], {}, '[[producers]]\nrate = "30000/1001"\n'),
    ];
    expect(rates.map(({ rate }) => rate)).toEqual([30000 / 1001, 30000 / 1001, 30000 / 1001]);
    const exact = valuesAt("producer", [], {}, "[[producers]]\ncount = 9007199254740991\nseconds = 2.5\n");
    expect([exact.count, exact.seconds]).toEqual([9007199254740991, 2.5e9]);
  });

  test("errors name the place that the value comes from", () => {
    const problem = new OptionError("source", 'expected one of npy:, found "npyy:x"');
    const located = (...where: Parameters<typeof resolveCommand>): string =>
      (resolveCommand(...where).origins.located(problem) as Error).message;
    const found = ': expected one of npy:, found "npyy:x"';
    expect(located("producer", [], {}, '[[producers]]\nsource = "npyy:x"\n')).toBe(
      `tensorpool.toml:2: producers[0].source${found}`,
    );
    expect(located("producer", [], { TENSORPOOL_PRODUCER_SOURCE: "npyy:x" })).toBe(
      `TENSORPOOL_PRODUCER_SOURCE${found}`,
    );
    expect(located("producer", ["--source", "npyy:x"], {})).toBe(`--source${found}`);
    // What is no option of the command keeps the name that it has in an API.
    expect(located("consumer", [], {})).toBe(`source${found}`);
    for (const name of ["producer", "consumer"]) {
      expect(() => valuesAt(name, [], { TENSORPOOL_STREAM: "0x" })).toThrow("TENSORPOOL_STREAM: expected a stream id");
    }
    expect(() => valuesAt("producer", [], { TENSORPOOL_PRODUCER_WAIT_CONSUMERS: "x" })).toThrow(
      "TENSORPOOL_PRODUCER_WAIT_CONSUMERS: expected a whole number from 0 to 1000000",
    );
  });

  test("a variable of another role means nothing", () => {
    expect(valuesAt("consumer", [], { TENSORPOOL_PRODUCER_IDLE: "nonsense" }).idle).toBe("backoff");
  });
});

describe("which table a process uses", () => {
  const TWO = '[[producers]]\nname = "a"\n\n[[producers]]\nname = "b"\nstream = 7\n';
  const streamOf = (use: string | null, text: string): unknown =>
    valuesAt("producer", use === null ? [] : ["--use", use], {}, text).stream;

  test("the only one, or the one with that name or stream", () => {
    expect(streamOf(null, "[[producers]]\nstream = 5\n")).toBe(5);
    expect(streamOf(null, "")).toBe(10_000);
    expect(streamOf("b", TWO)).toBe(7);
    expect(streamOf("7", TWO)).toBe(7);
    expect(valuesAt("producer", ["--use", "10000"], {}, TWO).name).toBe("a");
    expect(
      valuesAt("consumer", ["--use", "c"], {}, "[[consumers]]\nname='b'\n[[consumers]]\nname='c'\nmax_rate=5\n")
        .maxRate,
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
    expect(() => valuesAt("consumer", ["--use", "7"], {}, same)).toThrow("found several of stream 7");
  });
});

describe("commands", () => {
  const layer = (name: string, env: Environment) => {
    const command = commandNamed(name);
    const { given, warnings } = layeredOptions(COMMANDS, command, new Map(), env);
    return { given, warnings, values: valuesOf(name, command.options, given) };
  };

  test("every command takes the general variables, and warns of unknown ones", () => {
    const { given, warnings } = layer("version", { TENSORPOOL_LOG_LEVEL: "warn", TENSORPOOL_QIUET: "1" });
    expect(given.get("log-level")?.value).toBe("warn");
    expect(warnings).toHaveLength(1);
    expect(() => layer("version", { TENSORPOOL_LOG_LEVEL: "x" })).toThrow("TENSORPOOL_LOG_LEVEL: expected one of");
  });

  test("tools take the places that roles use, and no variables of their own", () => {
    const env = { DRIVER_AERON_DIR: "/a", TENSORPOOL_SHM_DIR: "/b", TENSORPOOL_INSPECT_SLOTS: "3" };
    const { values } = layer("inspect", env);
    expect([values.shmDir, values.slots]).toEqual(["/b", 10]);
  });

  test("the demo's places are its own", () => {
    const { values } = layer("demo", { SHM_BASE_DIR: "/a", AERON_DIR: "/b", TENSORPOOL_AERON_DIR: "/c" });
    expect([values.shmDir, values.aeronDir]).toEqual([undefined, undefined]);
    expect(layer("demo", { TENSORPOOL_DEMO_SHM_DIR: "/d" }).values.shmDir).toBe("/d");
  });
});
