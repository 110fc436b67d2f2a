import { UsageError } from "../core/errors.ts";
import { IDLE_EXPECTED, IDLE_STRATEGY_NAMES, type IdleChoice, parseIdleStrategy } from "../core/idle/index.ts";
import { suggestion } from "../core/nearest.ts";
import { quoted } from "../core/text.ts";
import { formatBytesExact, formatDurationExact, parseDuration, parseRate, parseSize } from "../core/units.ts";
import { describeToml, parseTomlLiteral, type TomlValue } from "./toml-document.ts";
import { readParts, ValueProblem, within } from "./value-problem.ts";

/** The type of a setting's value, from a flag or variable (text) and from a file (a TOML value). */
export interface ValueType<T = unknown> {
  /** A description for messages and documentation. */
  readonly expected: string;
  /** A valid TOML literal, for new files. */
  readonly example: string;
  /** @throws ValueProblem */
  parse(text: string): T;
  /** @throws ValueProblem */
  read(value: TomlValue): T;
  /** The value in the form of a flag or a variable: `parse` reads it back as the same value. */
  format(value: T): string;
  /** The value in the form of a file, if that differs from the result of `read`. */
  write?(value: T): unknown;
}

type Kind = "string" | "bigint" | "number" | "boolean";

export interface ScalarOptions<T> {
  /** A hint that an error adds for an invalid text. */
  readonly hint?: (text: string) => string;
  readonly format?: (value: T) => string;
}

/**
 * A value that is written the same way everywhere, except for the quotes of texts in TOML. `kinds`: its types in TOML; `convert`: returns
 * its value, or undefined if it is invalid.
 */
export function scalar<T>(
  expected: string,
  example: string,
  kinds: readonly Kind[],
  convert: (text: string) => T | undefined,
  { hint = () => "", format = String }: ScalarOptions<T> = {},
): ValueType<T> {
  const converted = (text: string, found: string): T => {
    const value = convert(text);
    if (value === undefined) throw new ValueProblem(expected, found, [], hint(text));
    return value;
  };
  return {
    expected,
    example,
    format,
    parse: (text) => converted(text, quoted(text)),
    read: (value) => {
      if (!kinds.includes(typeof value as Kind)) throw new ValueProblem(expected, describeToml(value));
      return converted(typeof value === "number" ? plainNumber(value) : String(value), describeToml(value));
    },
  };
}

/** Any text that is not empty. */
export function text(expected = "a text", example = "text"): ValueType<string> {
  // A whole number has only one text: `http = 9464`, `cpu = 2`.
  return scalar(expected, JSON.stringify(example), ["string", "bigint"], (value) => (value === "" ? undefined : value));
}

/** Text that is sent over the wire as US-ASCII, on one line. */
export function asciiText(example: string, maxChars: number): ValueType<string> {
  const convert = (value: string): string | undefined =>
    /^[\x20-\x7e]+$/.test(value) && value.length <= maxChars ? value : undefined;
  const expected = `1 to ${maxChars} characters of printable US-ASCII`;
  return scalar(expected, JSON.stringify(example), ["string"], convert);
}

/** A secret that is sent over the wire as US-ASCII. Errors do not show it. */
export function token(): ValueType<string> {
  const expected = "a token: 1 to 1024 characters of printable US-ASCII";
  const read = (value: TomlValue): string => {
    if (typeof value === "string" && /^[\x20-\x7e]{1,1024}$/.test(value)) return value;
    throw new ValueProblem(expected, "another value");
  };
  return { expected, example: '"secret"', parse: read, read, format: String };
}

/** A name of letters, digits, - and _. */
export function word(example: string): ValueType<string> {
  const convert = (value: string): string | undefined => (/^[A-Za-z0-9_-]+$/.test(value) ? value : undefined);
  return scalar("letters, digits, - and _", JSON.stringify(example), ["string"], convert);
}

const HOST_NAME =
  /^(?:\*|(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?|\[?[0-9A-Fa-f]*:[0-9A-Fa-f:.]+\]?)$/;

/** The name or address of a host in requests, without a port; `*` matches any. */
export function hostName(): ValueType<string> {
  const expected = "a host name or address without a port, or * for any";
  const convert = (value: string): string | undefined => (HOST_NAME.test(value) ? value : undefined);
  const hint = (value: string): string =>
    value.includes("/") ? "; a range of addresses cannot be given: requests name a host" : "";
  return scalar(expected, '"monitor.example"', ["string"], convert, { hint });
}

/** The http or https address of a server. */
export function webAddress(expected: string, example: string): ValueType<URL> {
  const convert = (value: string): URL | undefined => {
    const url = URL.canParse(value) ? new URL(value) : undefined;
    return url !== undefined && /^https?:$/.test(url.protocol) ? url : undefined;
  };
  return scalar(expected, JSON.stringify(example), ["string"], convert);
}

/** A path; a relative one is resolved in the folder in which the process was started. */
export function path(example = "/dev/shm/tensorpool"): ValueType<string> {
  const convert = (value: string): string | undefined => (value === "" || value.includes("\0") ? undefined : value);
  return scalar("a path", JSON.stringify(example), ["string"], convert);
}

export function choice<T extends string>(...choices: readonly T[]): ValueType<T> {
  const convert = (value: string): T | undefined => choices.find((candidate) => candidate === value);
  const hint = (value: string): string => suggestion(value, choices);
  return scalar(`one of ${choices.join(", ")}`, JSON.stringify(choices[0]), ["string"], convert, { hint });
}

/** One of these words, in upper or lower case. */
export function anyCase<T extends string>(...choices: readonly T[]): ValueType<T> {
  const convert = (value: string): T | undefined =>
    choices.find((candidate) => candidate.toLowerCase() === value.trim().toLowerCase());
  const hint = (value: string): string => suggestion(value, choices);
  return scalar(`one of ${choices.join(", ")}`, JSON.stringify(choices[0]), ["string"], convert, { hint });
}

/** The idle strategy of a process. */
export function idleStrategy(): ValueType<IdleChoice> {
  const convert = (value: string): IdleChoice | undefined => converted(parseIdleStrategy, value);
  return scalar(IDLE_EXPECTED, '"backoff"', ["string"], convert, {
    hint: (value) => suggestion(value, IDLE_STRATEGY_NAMES),
  });
}

/** Permission bits of files (W-30). A number is read by its decimal digits. */
export function permissions(): ValueType<"600" | "660"> {
  const convert = (value: string): "600" | "660" | undefined =>
    (["600", "660"] as const).find((mode) => value === mode || value === `0${mode}`);
  return scalar('"600" or "660"', '"660"', ["string", "bigint"], convert);
}

/** On or off. */
export function toggle(): ValueType<boolean> {
  const convert = (value: string): boolean | undefined =>
    value === "true" || value === "1" ? true : value === "false" || value === "0" ? false : undefined;
  return scalar("true or false", "true", ["boolean"], convert);
}

export interface IntegerOptions {
  readonly powerOfTwo?: boolean;
  readonly example?: number;
}

/** A whole number within [min, max], both safe integers. */
export function integer(min: number, max: number, options: IntegerOptions = {}): ValueType<number> {
  const what = options.powerOfTwo === true ? "a power of two" : "a whole number";
  const convert = (value: string): number | undefined => {
    // As a big integer: rounding a number that is too large to a double might make it valid.
    const number = /^\d{1,40}$/.test(value) ? BigInt(value) : null;
    if (number === null || number < BigInt(min) || number > BigInt(max)) return undefined;
    return isAccepted(Number(number), options) ? Number(number) : undefined;
  };
  return scalar(`${what} from ${min} to ${max}`, String(options.example ?? Math.max(1, min)), ["bigint"], convert);
}

/** Bytes: a number, or a text with a unit. */
export function size(min: number, max: number, options: IntegerOptions = {}): ValueType<number> {
  const what = options.powerOfTwo === true ? "a size that is a power of two" : "a size";
  const convert = (value: string): number | undefined => {
    const bytes = converted(parseSize, value);
    if (bytes === undefined || bytes < min || bytes > max || !isAccepted(bytes, options)) return undefined;
    return bytes;
  };
  const expected = `${what} from ${min} to ${max} bytes, such as 65536 or 64KiB`;
  return scalar(expected, '"64KiB"', ["bigint", "string"], convert, { format: formatBytesExact });
}

function isAccepted(value: number, { powerOfTwo = false }: IntegerOptions): boolean {
  return !powerOfTwo || Number.isInteger(Math.log2(value));
}

/** Nanoseconds, from a text with a unit; only 0 needs none. `isPositive`: not 0. */
export function duration({ isPositive = false } = {}): ValueType<number> {
  const expected = `a duration ${isPositive ? "above 0 " : ""}with its unit, such as 250us, 10ms, 1.5s or 2m`;
  const convert = (value: string): number | undefined => {
    const durationNs = converted(parseDuration, value);
    return durationNs === 0 && isPositive ? undefined : durationNs;
  };
  return scalar(expected, '"5s"', ["string", "bigint"], convert, { format: formatDurationExact });
}

const UNIT_NS = { ns: 1, ms: 1e6, s: 1e9 } as const;

/** A duration in `unit`, which the setting's name contains: a whole number, or a text with a unit of its own. */
export function durationIn(unit: keyof typeof UNIT_NS, min: number, max: number): ValueType<number> {
  const convert = (value: string): number | undefined => {
    const durationNs = converted(parseDuration, value);
    const count = /^\d{1,16}$/.test(value) ? Number(value) : (durationNs ?? Number.NaN) / UNIT_NS[unit];
    return Number.isSafeInteger(count) && count >= min && count <= max ? count : undefined;
  };
  const expected = `a whole number of ${unit} from ${min} to ${max}, or a duration with its unit such as 250ms`;
  return scalar(expected, String(Math.max(1, min)), ["bigint", "string"], convert);
}

/** Nanoseconds, from seconds as a number or a text with a unit. */
export function seconds(): ValueType<number> {
  const expected = "seconds, or a duration with its unit such as 250ms or 2m";
  const convert = (value: string): number | undefined =>
    /^\d+(\.\d+)?$/.test(value) ? Math.round(Number(value) * 1e9) : converted(parseDuration, value);
  // More than 104 days are more nanoseconds than a double counts exactly.
  const format = (value: number): string =>
    Number.isSafeInteger(value) ? formatDurationExact(value) : plainNumber(value / 1e9);
  return scalar(expected, "10", ["bigint", "number", "string"], convert, { format });
}

/** A number within [min, max], with or without decimals. */
export function numberFrom(min: number, max: number, example: number): ValueType<number> {
  const convert = (value: string): number | undefined => {
    const number = /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
    return number >= min && number <= max ? number : undefined;
  };
  return scalar(`a number from ${min} to ${max}`, String(example), ["bigint", "number"], convert, {
    format: plainNumber,
  });
}

/** Hertz. */
export function rate(): ValueType<number> {
  const expected = "a rate above 0 such as 30, 29.97, 30000/1001 or 1kHz";
  return scalar(expected, "30", ["bigint", "number", "string"], (value) => converted(parseRate, value), {
    format: plainNumber,
  });
}

/** A share: a number from 0 to 1, or a text in percent. */
export function ratio(): ValueType<number> {
  const convert = (value: string): number | undefined => {
    const match = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(value);
    if (match === null) return undefined;
    const share = Number(match[1]) / (match[2] === "%" ? 100 : 1);
    return share >= 0 && share <= 1 ? share : undefined;
  };
  const format = (share: number): string => {
    const percent = plainNumber(share * 100);
    return Number(percent) / 100 === share ? `${percent}%` : plainNumber(share);
  };
  return scalar("a share such as 0.1% or 0.001", '"0.1%"', ["bigint", "number", "string"], convert, { format });
}

/** An array; as text, either its elements separated by commas, or a TOML array. */
export function list<T>(element: ValueType<T>, name: string): ValueType<readonly T[]> {
  const expected = `at least one ${name}`;
  const all = <From>(values: readonly From[], one: (value: From) => T): readonly T[] => {
    if (values.length === 0) throw new ValueProblem(expected, "an empty array");
    return readParts(values.map((value, i) => () => within(i, () => one(value))));
  };
  const read = (value: TomlValue): readonly T[] => {
    if (Array.isArray(value)) return all(value, element.read);
    // A single element needs no brackets; a repeated option on the command line has one line for each element.
    if (typeof value === "string") return all(value.split(/[,\n]/), element.parse);
    return [element.read(value)];
  };
  return {
    expected: `${expected}: ${element.expected}`,
    example: `[${element.example}]`,
    read,
    format: (values) => {
      const texts = values.map(element.format);
      const isPlain = texts.every((each) => !each.includes(",")) && !texts[0]?.trimStart().startsWith("[");
      return isPlain ? texts.join(",") : tomlLiteral(texts);
    },
    parse: (value) => (value.trimStart().startsWith("[") ? readLiteral(value, expected, read) : read(value)),
  };
}

/** Reads a text as a TOML literal. @throws ValueProblem */
export function readLiteral<T>(literal: string, expected: string, read: (value: TomlValue) => T): T {
  const value = parseTomlLiteral(literal);
  if (value === null) throw new ValueProblem(`${expected}, as a TOML value`, quoted(literal));
  return read(value);
}

/** A value as TOML on one line, as `parseTomlLiteral` reads it. Undefined members are left out. */
export function tomlLiteral(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(tomlLiteral).join(", ")}]`;
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return plainNumber(value);
  if (typeof value !== "object" || value === null) return String(value);
  const entries = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([key, member]) => `${JSON.stringify(key)} = ${tomlLiteral(member)}`);
  return `{ ${entries.join(", ")} }`;
}

/** A number from 0 on, as digits without the exponent that `String` writes for large and small ones. */
function plainNumber(value: number): string {
  const [, whole = "", decimals = "", exponent] = /^(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(String(value)) ?? [];
  if (exponent === undefined) return String(value);
  const shift = Number(exponent);
  if (shift < 0) return `0.${"0".repeat(-shift - 1)}${whole}${decimals}`;
  return whole + decimals.padEnd(shift, "0");
}

function converted<T>(parse: (text: string) => T, value: string): T | undefined {
  try {
    return parse(value);
  } catch (error) {
    // The caller that knows the setting reports the expected value.
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}
