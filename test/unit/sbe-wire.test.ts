import { describe, expect, test } from "bun:test";
import { wire } from "../../src/cli/commands/wire.ts";
import { MESSAGE_VECTORS, SLOT_VECTORS } from "../support/sbe-messages.ts";

interface Run {
  readonly code: number;
  readonly out: string[];
  readonly err: string[];
}

/** Runs `tensorpool wire` on standard input that comes in pieces of `pieceBytes`. */
async function run(args: string[], input = "", pieceBytes = 7): Promise<Run> {
  const out: string[] = [];
  const err: string[] = [];
  async function* stdin() {
    const bytes = new TextEncoder().encode(input);
    for (let i = 0; i < bytes.length; i += pieceBytes) yield bytes.subarray(i, i + pieceBytes);
  }
  const code = await wire(args, { stdin: stdin(), stdout: (line) => out.push(line), stderr: (line) => err.push(line) });
  return { code, out, err };
}

const HEARTBEAT = '{"streamId":10000,"producerId":7,"epoch":"5","timestampNs":"6000000"}';
const HEARTBEAT_HEX = "18000a008403010010270000070000000500000000000000808d5b0000000000";

describe("wire encode", () => {
  test("prints the hexadecimal of each reference message", async () => {
    for (const { name, fields, hex } of MESSAGE_VECTORS.slice(0, 12)) {
      expect(await run(["encode", name, "--json", JSON.stringify(fields)])).toEqual({ code: 0, out: [hex], err: [] });
    }
  });

  test("- translates standard input line by line, in any pieces", async () => {
    const lines = MESSAGE_VECTORS.map(({ name, fields }) => JSON.stringify({ name, fields }));
    const { code, out, err } = await run(["encode", "-"], lines.join("\n"));
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(out).toEqual(MESSAGE_VECTORS.map(({ hex }) => hex));
  });

  test("takes all that decode prints, by itself and with the name beside it", async () => {
    const { out } = await run(["decode", HEARTBEAT_HEX]);
    const [printed] = out;
    expect((await run(["encode", "-"], `${printed}\r\n`)).out).toEqual([HEARTBEAT_HEX]);
    expect((await run(["encode", "Heartbeat", "--json", `${printed}`])).out).toEqual([HEARTBEAT_HEX]);
    expect((await run(["encode", "QosProducer", "--json", `${printed}`])).code).toBe(1);
  });

  test("encodes the structures of shared memory", async () => {
    for (const { name, fields, hex } of SLOT_VECTORS) {
      expect((await run(["encode", name, "--json", JSON.stringify(fields)])).out).toEqual([hex]);
    }
  });

  test("takes u64 as a safe integer, and leaves out optional fields", async () => {
    const json = '{"streamId":1,"epoch":2,"seq":3,"headerIndex":4}';
    const { code, out } = await run(["encode", "FrameDescriptor", "--json", json]);
    expect(code).toBe(0);
    const fields = { streamId: 1, epoch: "2", seq: "3", headerIndex: 4, timestampNs: null, metaVersion: null };
    expect(JSON.parse((await run(["decode", `${out[0]}`])).out[0] ?? "").fields).toEqual(fields);
  });

  const mistakes: readonly [string, string, string, string][] = [
    [
      "an unknown field",
      "Heartbeat",
      HEARTBEAT.replace("epoch", "eopch"),
      "Heartbeat.eopch: expected one of streamId, producerId",
    ],
    ["a missing field", "Heartbeat", '{"streamId":1}', "Heartbeat.producerId: expected 0 to 4294967295, found nothing"],
    [
      "a wrong type",
      "Heartbeat",
      HEARTBEAT.replace("10000", '"1"'),
      'Heartbeat.streamId: expected 0 to 4294967295, found "1"',
    ],
    ["a number out of range", "Heartbeat", HEARTBEAT.replace("10000", "4294967296"), "found 4294967296"],
    ["a fraction", "Heartbeat", HEARTBEAT.replace("10000", "0.5"), "found 0.5"],
    [
      "a u64 that lost digits",
      "Heartbeat",
      HEARTBEAT.replace('"5"', "9007199254740993"),
      "in a decimal string, found 9007199254740992",
    ],
    [
      "a u64 that is too large",
      "Heartbeat",
      HEARTBEAT.replace('"5"', '"18446744073709551616"'),
      'found "18446744073709551616"',
    ],
    [
      "an unknown name",
      "ConsumerConfig",
      '{"streamId":1,"consumerId":1,"useShm":true,"mode":"FAST"}',
      'mode: expected STREAM or LATEST or DECIMATED, found "FAST"',
    ],
    [
      "a code instead of a boolean",
      "ConsumerConfig",
      '{"streamId":1,"consumerId":1,"useShm":1}',
      "useShm: expected true or false, found 1",
    ],
    [
      "null in a required field",
      "Heartbeat",
      HEARTBEAT.replace("10000", "null"),
      "streamId: expected 0 to 4294967295, found null",
    ],
    [
      "the null value as a number",
      "QosProducer",
      '{"streamId":1,"producerId":1,"epoch":1,"currentSeq":1,"watermark":4294967295}',
      "watermark: expected null",
    ],
    [
      "text outside US-ASCII",
      "ControlResponse",
      '{"correlationId":1,"code":"OK","errorMessage":"é"}',
      "errorMessage: expected a string of US-ASCII",
    ],
    [
      "bytes that are not base64",
      "DataSourceMeta",
      '{"streamId":1,"metaVersion":1,"timestampNs":1,"attributes":[{"key":"","format":"","value":"?"}]}',
      'DataSourceMeta.attributes[0].value: expected bytes in base64, found "?"',
    ],
    [
      "a group that is no array",
      "DataSourceMeta",
      '{"streamId":1,"metaVersion":1,"timestampNs":1,"attributes":{}}',
      "attributes: expected an array, found {}",
    ],
    [
      "an array of the wrong length",
      "TensorSlotHeader256",
      JSON.stringify({ ...SLOT_VECTORS[1]?.fields, dims: [1] }),
      "dims: expected an array of 8, found [1]",
    ],
    ["a message that there is not", "Hartbeat", "{}", 'expected the name of a message, found "Hartbeat"'],
    ["text that is no JSON", "Heartbeat", "{", "expected JSON, found {"],
    ["an array", "Heartbeat", "[]", "Heartbeat: expected an object, found []"],
  ];
  for (const [what, name, json, reason] of mistakes) {
    test(`reports ${what} with the field, what was expected and what was found`, async () => {
      const { code, out, err } = await run(["encode", name, "--json", json]);
      expect({ code, out }).toEqual({ code: 1, out: [] });
      expect(err.join("\n")).toContain(reason);
    });
  }

  test("an envelope that contradicts its message is refused", async () => {
    const { code, err } = await run(["encode", "-"], `{"name":"Heartbeat","templateId":9,"fields":${HEARTBEAT}}`);
    expect(code).toBe(1);
    expect(err).toEqual(["tensorpool wire: line 1: Heartbeat templateId: expected 10, found 9"]);
  });
});

describe("wire decode", () => {
  test("prints one line of JSON with its keys in order", async () => {
    const { code, out, err } = await run(["decode", HEARTBEAT_HEX]);
    expect({ code, err }).toEqual({ code: 0, err: [] });
    const header = '"schemaId":900,"templateId":10,"version":1,"blockLength":24,"name":"Heartbeat"';
    expect(out).toEqual([`{${header},"fields":${HEARTBEAT}}`]);
  });

  test("--name says that the bytes are a structure of shared memory", async () => {
    for (const { name, hex, fields } of SLOT_VECTORS) {
      const { out } = await run(["decode", hex.toUpperCase(), "--name", name]);
      expect(JSON.parse(out[0] ?? "")).toMatchObject({ schemaId: 900, version: 1, name, fields });
      expect((await run(["decode", `${hex}00`, "--name", name])).err[0]).toContain(`found ${hex.length / 2 + 1}`);
      expect((await run(["decode", hex.slice(2), "--name", name])).code).toBe(1);
      expect((await run(["decode", hex])).code).toBe(1);
    }
  });

  test("a bad line is reported with its number, the others are printed, and the exit code is 1", async () => {
    const lines = [HEARTBEAT_HEX, "zz", "", HEARTBEAT_HEX.slice(0, -2), `${HEARTBEAT_HEX}  `];
    const { code, out, err } = await run(["decode", "-"], lines.join("\n"));
    expect(code).toBe(1);
    expect(out).toHaveLength(2);
    expect(err[0]).toBe('tensorpool wire: line 2: expected hexadecimal, found "z" at character 1');
    expect(err[1]).toStartWith("tensorpool wire: line 4: Heartbeat (W-36, truncated)");
    expect(err).toHaveLength(2);
  });

  const hostile: readonly [string, string, string][] = [
    ["nothing", "", "expected a message header of 8 bytes, found 0 bytes"],
    ["half a byte", "abc", "found 3 digits"],
    ["an unknown schema", "000001000700ffff", "found schema 7 template 1"],
    ["an unknown template", "0000ff0084030100", "found schema 900 template 255"],
    ["a higher version", HEARTBEAT_HEX.replace("84030100", "84030200"), "expected version 1, found 2"],
    ["a wrong block length", HEARTBEAT_HEX.replace("18000a", "17000a"), "expected a block of 24 bytes, found 23"],
    ["trailing bytes", `${HEARTBEAT_HEX}00`, "expected no bytes after the last part, found 1 at byte 32"],
  ];
  for (const [what, hex, reason] of hostile) {
    test(`refuses ${what}, with the reason`, async () => {
      const { code, out, err } = await run(["decode", hex]);
      expect({ code, out }).toEqual({ code: 1, out: [] });
      expect(err.join("\n")).toContain(reason);
    });
  }
});

describe("wire used wrongly", () => {
  const wrong = [
    [],
    ["translate"],
    ["encode"],
    ["encode", "Heartbeat"],
    ["encode", "-", "--json", "{}"],
    ["encode", "Heartbeat", "--json"],
    ["decode"],
    ["decode", "00", "11"],
    ["decode", "00", "--json", "{}"],
    ["decode", "00", "--name", "Nothing"],
    ["decode", "--colour"],
  ];
  for (const args of wrong) {
    test(`exits with 2: wire ${args.join(" ")}`, async () => {
      const { code, out, err } = await run(args);
      expect({ code, out, errors: err.length }).toEqual({ code: 2, out: [], errors: 1 });
    });
  }
});

describe("wire --help", () => {
  test("each help goes to standard output and names the others", async () => {
    for (const args of [["--help"], ["encode", "--help"], ["decode", "-h"]]) {
      const { code, out, err } = await run(args);
      expect({ code, err }).toEqual({ code: 0, err: [] });
      expect(out.join("\n")).toStartWith("Usage: tensorpool wire");
    }
  });

  test("the examples run, and each gives what the other takes", async () => {
    const example = async (verb: string) => {
      const { out } = await run([verb, "--help"]);
      const line = /^ {2}tensorpool wire (.*)$/m.exec(out.join("\n"))?.[1] ?? "";
      return run(line.split(" ").map((word) => word.replace(/^'|'$/g, "")));
    };
    expect((await example("encode")).out).toEqual([HEARTBEAT_HEX]);
    expect(JSON.parse((await example("decode")).out[0] ?? "").fields).toEqual(JSON.parse(HEARTBEAT));
  });
});
