import { describe, expect, test } from "bun:test";
import { COMMANDS } from "../../src/cli/commands.ts";
import { readOptions } from "../../src/cli/config/read-options.ts";
import type { ProducerValues } from "../../src/cli/specs/roles.ts";
import {
  attributeList,
  chooseTable,
  GeneralSettings,
  parsedFlags,
  resolveRole,
  streamReference,
  withNamedStream,
} from "../../src/config/index.ts";
import { resolveCommand, valuesFor } from "../support/command-values.ts";
import { configFile, roleNamed, SCHEMA } from "../support/config-schema.ts";

const FILE = [
  "[profiles.small]",
  "header_nslots = 32",
  'payload_pools = [{ pool_id = 1, stride_bytes = "8KiB" }, { pool_id = 2, stride_bytes = "1MiB" }]',
  "[streams.left]",
  "stream_id = 42",
  "descriptor_stream_id = 1142",
].join("\n");

/** The values of a role with their origins, as `name=value (origin)`. */
function resolved(name: string, args: readonly string[], text = FILE, mayAsk = false): Record<string, string> {
  const role = roleNamed(name);
  const command = COMMANDS.find((candidate) => candidate.name === name);
  const { written } = readOptions(name, command?.options ?? [], args, () => "");
  const flags = parsedFlags(role.flags, written);
  const file = configFile(text);
  const table = chooseTable(role, file, undefined);
  const given = resolveRole(role, SCHEMA, { flags, env: {}, file, table });
  const all = withNamedStream(role, given, new GeneralSettings(file, {}), mayAsk);
  return Object.fromEntries(
    [...all].map(([flag, { value, origin }]) => [
      flag,
      `${value} (${origin.kind === "file" ? `line ${origin.line}` : origin.kind})`,
    ]),
  );
}

describe("a stream by its name in [streams]", () => {
  test("gives id and descriptor stream, and to who makes the regions itself the layout of its profile", () => {
    expect(resolved("producer", ["--stream", "left", "--standalone"])).toEqual({
      stream: "42 (line 5)",
      standalone: "true (flag)",
      "descriptor-stream-id": "1142 (line 6)",
      slots: "32 (line 2)",
      pool: "8192,1048576 (line 3)",
    });
    expect(resolved("producer", ["--stream", "left"])).toEqual({
      stream: "42 (line 5)",
      "descriptor-stream-id": "1142 (line 6)",
    });
    expect(resolved("consumer", ["--stream", "left", "--standalone"])).toEqual({
      stream: "42 (line 5)",
      standalone: "true (flag)",
      "descriptor-stream-id": "1142 (line 6)",
    });
  });

  test("what a flag or the role's table says wins", () => {
    const flags = ["--stream", "left", "--standalone", "--slots", "8", "--descriptor-stream-id", "7"];
    expect(resolved("producer", flags)).toMatchObject({ slots: "8 (flag)", "descriptor-stream-id": "7 (flag)" });
    const text = `${FILE}\n[[producers]]\nstream = "left"\nstandalone = true\npool = "4KiB"\n`;
    expect(resolved("producer", [], text)).toMatchObject({ stream: "42 (line 5)", pool: "4096 (line 10)" });
  });

  test("an id stays an id, also where nothing is named", () => {
    expect(resolved("producer", ["--stream", "42"])).toEqual({ stream: "42 (flag)" });
  });

  test("a name that is not there is refused with those that are, unless its command can ask for it", () => {
    expect(() => resolved("producer", ["--stream", "lft"])).toThrow(
      '--stream: expected a stream id, or a name of [streams], found "lft", there are left; did you mean "left"?',
    );
    expect(() => resolved("producer", ["--stream", "left"], "")).toThrow("and there is no [streams]");
    expect(resolved("consumer", ["--stream", "camera-1"], FILE, true)).toEqual({ stream: "camera-1 (flag)" });
  });

  test("a role with several streams takes ids and names", () => {
    const text = `${FILE}\n[[bridge_senders]]\nstream = ["left", 7]\nto = "127.0.0.1:4400"\n`;
    expect(resolved("bridge send", [], text)).toMatchObject({ stream: "42,7 (line 8)" });
    expect(() => resolved("bridge send", [], text.replace('"left"', '"lft"'))).toThrow('did you mean "left"?');
  });

  test("what can be neither is refused", () => {
    const type = streamReference();
    expect([type.parse("007"), type.parse("left"), type.read(7n), type.read("left")]).toEqual([7, "left", 7, "left"]);
    for (const text of ["0", "-1", "4294967296", "1x", "", "a b"]) {
      expect(() => type.parse(text)).toThrow("expected a stream id from 1 to 4294967294, or a name of [streams]");
    }
    expect(() => type.read(0n)).toThrow("from 1 to 4294967294");
  });
});

describe("attributes in settings", () => {
  const type = attributeList();
  const GAIN = { key: "gain", format: "text/plain", value: "2.5" };
  const POSE = { key: "pose", format: "application/json", value: "[0,1]" };

  test("are the same from flags, a table, an array and a variable", () => {
    expect(type.parse("gain=2.5\npose:application/json=[0,1]")).toEqual([GAIN, POSE]);
    expect(type.read({ gain: 2.5, "pose:application/json": "[0,1]" })).toEqual([GAIN, POSE]);
    expect(type.read(["gain=2.5", "pose:application/json=[0,1]"])).toEqual([GAIN, POSE]);
    expect(type.parse('{ gain = 2.5, "pose:application/json" = "[0,1]" }')).toEqual([GAIN, POSE]);
    expect(type.parse("note=a=b, c")).toEqual([{ key: "note", format: "text/plain", value: "a=b, c" }]);
    expect(type.write?.([GAIN, POSE])).toEqual({ gain: "2.5", "pose:application/json": "[0,1]" });
  });

  test("several flags are several attributes", () => {
    const args = ["--source", "synthetic:", "--attribute", "gain=2.5", "--attribute", "lens=f/2.8,50mm"];
    const lens = { key: "lens", format: "text/plain", value: "f/2.8,50mm" };
    expect(valuesFor<ProducerValues>("producer", ...args).attribute).toEqual([GAIN, lens]);
  });

  test("a table of a file reaches the role as flags would", () => {
    const text = '[[producers]]\nattribute = { gain = 2.5, "pose:application/json" = "[0,1]" }\n';
    const { values } = resolveCommand("producer", [], {}, text);
    expect(values.attribute).toEqual([GAIN, POSE]);
  });

  test("what is none is refused", () => {
    const CASES: readonly [text: string, message: string][] = [
      ["gain", 'expected KEY=VALUE or KEY:FORMAT=VALUE such as gain=2.5 or pose:application/json=[0,1], found "gain"'],
      ["=1", 'found "=1"'],
      ["a:=1", 'found "a:=1"'],
      ["schlüssel=1", 'found "schlüssel=1"'],
      ["a=1\na:text/html=2", "expected each key once, found a twice"],
      ["tensorpool.flow=wait", "expected a key without the prefix tensorpool."],
    ];
    for (const [text, message] of CASES) expect(() => type.parse(text)).toThrow(message);
    expect(() => type.read({ a: [1n] })).toThrow("expected a text, a number or a switch, found an array");
    expect(() => type.read(7n)).toThrow("expected a table of attributes");
    expect(() => type.read([7n])).toThrow("found 7");
  });
});
