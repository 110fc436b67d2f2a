import { parseArgs } from "node:util";
import { messageOf, TensorPoolError, UsageError } from "../../core/errors.ts";
import { decodeJson, encodeEnvelope, encodeJson, MESSAGES, messageByName } from "../../sbe/index.ts";
import { printError, printLine } from "../output/console.ts";
import type { CommandContext } from "../specs/command.ts";

/** The input and output streams of `wire`. */
export interface WireIo {
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Writes one line; the argument has no line terminator. */
  stdout(line: string): void;
  stderr(line: string): void;
}

const EXAMPLE_HEX = "18000a008403010010270000070000000500000000000000808d5b0000000000";
const EXAMPLE_JSON = '{"streamId":10000,"producerId":7,"epoch":"5","timestampNs":"6000000"}';

const USAGE = `Usage: tensorpool wire encode <MessageName> --json '<object>'
       tensorpool wire encode -
       tensorpool wire decode <hex> [--name <MessageName>]
       tensorpool wire decode - [--name <MessageName>]

Translates messages of the wire between hexadecimal and JSON. \`wire encode --help\` and \`wire decode --help\` say more.`;

const ENCODE_USAGE = `Usage: tensorpool wire encode <MessageName> --json '<object>'
       tensorpool wire encode -

Prints the hexadecimal of the whole message with its SBE header. The object holds the fields under the names of the
specification: enums by their names, Bool as true or false, u64 and i64 as decimal strings (or safe integers), absent
optionals null or left out, groups as arrays, strings as strings, \`value\` bytes in base64.
With - each line of standard input is {"name":..,"fields":{..}}. A line that cannot be encoded is reported with its number,
and the exit code is 1 in the end.

Example:
  tensorpool wire encode Heartbeat --json '${EXAMPLE_JSON}'

Messages:
${listOfNames("message")}
Structures of shared memory, without a header:
${listOfNames("structure")}`;

const DECODE_USAGE = `Usage: tensorpool wire decode <hex> [--name <MessageName>]
       tensorpool wire decode - [--name <MessageName>]

Prints {"schemaId":..,"templateId":..,"version":..,"blockLength":..,"name":"..","fields":{..}}. With - each line of standard
input is the hexadecimal of one message. What cannot be decoded is reported with the reason, and the exit code is 1.

Options:
  --name <MessageName>  What the bytes are; needed for the structures of shared memory, which have no header:
                        ShmRegionSuperblock and TensorSlotHeader256

Example:
  tensorpool wire decode ${EXAMPLE_HEX}`;

/**
 * The command `tensorpool wire`; `args` are the arguments after these words. Returns the exit code: 0 done, 1 some input could not be
 * encoded or decoded (the reason is on `stderr`), 2 wrong usage.
 */
export async function wire(args: string[], io: WireIo): Promise<number> {
  try {
    return await translateArguments(args, io);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.stderr(`tensorpool wire: ${error.message}`);
    return 2;
  }
}

async function translateArguments(args: string[], io: WireIo): Promise<number> {
  const { verb, subject, json, name, help } = parse(args);
  if (help) {
    io.stdout(verb === "encode" ? ENCODE_USAGE : verb === "decode" ? DECODE_USAGE : USAGE);
    return 0;
  }
  switch (verb) {
    case "encode": {
      if (name !== undefined) throw new UsageError("encode takes the message's name as an argument, found --name");
      if (subject === "-") {
        if (json !== undefined) throw new UsageError("encode - reads standard input, found --json");
        return translateLines(io, (line) => encodeEnvelope(parseJson(line)).toHex());
      }
      if (subject === undefined) throw new UsageError("encode: expected the name of a message or -, found nothing");
      if (json === undefined) throw new UsageError(`encode ${subject}: expected --json '<object>', found nothing`);
      return translate(io, "", () => encodeNamed(subject, json).toHex());
    }
    case "decode": {
      if (json !== undefined) throw new UsageError("decode takes hexadecimal, found --json");
      if (name !== undefined && messageByName(name) === undefined) {
        throw new UsageError(`--name: expected the name of a message, found ${name}; see wire encode --help`);
      }
      if (subject === "-") return translateLines(io, (line) => JSON.stringify(decodeJson(parseHex(line), name)));
      if (subject === undefined) throw new UsageError("decode: expected hexadecimal or -, found nothing");
      return translate(io, "", () => JSON.stringify(decodeJson(parseHex(subject), name)));
    }
    default:
      throw new UsageError(`expected encode or decode, found ${verb ?? "nothing"}; see wire --help`);
  }
}

function parse(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { json: { type: "string" }, name: { type: "string" }, help: { type: "boolean", short: "h" } },
    });
    const [verb, subject, ...more] = positionals;
    if (more.length > 0) throw new UsageError(`expected one argument after ${verb}, found ${more.length + 1}`);
    return { verb, subject, json: values.json, name: values.name, help: values.help ?? false };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(messageOf(error), { cause: error });
  }
}

/** Prints one translation, or reports why it failed. */
function translate(io: WireIo, prefix: string, work: () => string): number {
  try {
    io.stdout(work());
    return 0;
  } catch (error) {
    if (!(error instanceof TensorPoolError)) throw error;
    io.stderr(`tensorpool wire: ${prefix}${error.message}`);
    return 1;
  }
}

/** Translates each line of standard input; skips blank lines. */
async function translateLines(io: WireIo, work: (line: string) => string): Promise<number> {
  let number = 0;
  let code = 0;
  for await (const line of linesOf(io.stdin)) {
    number++;
    if (line !== "")
      code = Math.max(
        code,
        translate(io, `line ${number}: `, () => work(line)),
      );
  }
  return code;
}

async function* linesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of input) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield line.trim();
  }
  rest += decoder.decode();
  if (rest !== "") yield rest.trim();
}

/** Accepts either the fields alone or the whole object that `wire decode` prints. */
function encodeNamed(name: string, text: string): Uint8Array {
  const value = parseJson(text);
  const isEnvelope = typeof value === "object" && value !== null && "fields" in value;
  if (!isEnvelope) return encodeJson(name, value);
  const named = "name" in value ? value.name : name;
  if (named !== name)
    throw new WireInputError("contradiction", `name: expected ${name}, found ${JSON.stringify(named)}`);
  return encodeEnvelope({ ...value, name });
}

/** The text is not valid JSON or hexadecimal, or names a different message than the command. */
class WireInputError extends TensorPoolError<"not-json" | "not-hex" | "contradiction"> {}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new WireInputError("not-json", `expected JSON, found ${abbreviated(text)} (${messageOf(error)})`, {
      cause: error,
    });
  }
}

function parseHex(text: string): Uint8Array {
  const stray = /[^0-9a-fA-F]/.exec(text);
  if (stray !== null) {
    const found = `${JSON.stringify(stray[0])} at character ${stray.index + 1}`;
    throw new WireInputError("not-hex", `expected hexadecimal, found ${found}`, { found });
  }
  if (text.length % 2 !== 0) {
    throw new WireInputError("not-hex", `expected two hexadecimal digits for each byte, found ${text.length} digits`);
  }
  return Uint8Array.fromHex(text);
}

function abbreviated(text: string): string {
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}

function listOfNames(kind: "message" | "structure"): string {
  return MESSAGES.filter((info) => info.kind === kind)
    .map((info) => `  ${info.name}`)
    .join("\n");
}

/** `wire encode|decode`: parses its arguments itself. */
export function run({ rawArguments }: CommandContext): Promise<number> {
  return wire([...rawArguments], {
    stdin: Bun.stdin.stream(),
    stdout: printLine,
    stderr: printError,
  });
}
