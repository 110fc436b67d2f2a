import { quoted } from "../core/text.ts";
import { describeToml, isTable, parseTomlLiteral, type TomlValue } from "./toml-document.ts";
import { ValueProblem } from "./value-problem.ts";
import { tomlLiteral, type ValueType } from "./value-type.ts";

/** One attribute as settings specify it: a text and its format. */
export interface AttributeSetting {
  readonly key: string;
  /** A MIME type, or `sbe:<schemaId>.<templateId>` (W-45). */
  readonly format: string;
  readonly value: string;
}

const DEFAULT_FORMAT = "text/plain";
const EXPECTED = "KEY=VALUE or KEY:FORMAT=VALUE such as gain=2.5 or pose:application/json=[0,1]";
const LINES_HINT = '; each line is an attribute: one whose value has several lines goes as TOML, { note = "a\\nb" }';
/** Set by flags of their own. */
const RESERVED = /^tensorpool\./;
/** Keys and formats are US-ASCII on the wire (W-45). */
const ASCII = /^[\x21-\x7e]+$/;
/** Separates the attributes of one text, because values may contain commas. */
const SEPARATOR = "\n";

/** Attributes: several flags, or a table or an array in a file; each key once. */
export function attributeList(): ValueType<readonly AttributeSetting[]> {
  const readAll = (texts: readonly string[]): readonly AttributeSetting[] => {
    const attributes = texts.map(attributeOf);
    for (const [i, { key }] of attributes.entries()) {
      if (attributes.findIndex((other) => other.key === key) < i)
        throw new ValueProblem("each key once", `${key} twice`);
    }
    return attributes;
  };
  const write = (attributes: readonly AttributeSetting[]) =>
    Object.fromEntries(attributes.map((attribute) => [nameOf(attribute), attribute.value]));
  return {
    expected: EXPECTED,
    example: '{ gain = "2.5", "pose:application/json" = "[0, 1]" }',
    parse: (text) => readAll(textsOf(literalOf(text) ?? text)),
    read: (value) => readAll(textsOf(value)),
    format: (attributes) => {
      const isPlain =
        attributes.every(({ value }) => !value.includes(SEPARATOR)) && !/^\s*[[{]/.test(attributes[0]?.key ?? "");
      if (!isPlain) return tomlLiteral(write(attributes));
      return attributes.map((attribute) => `${nameOf(attribute)}=${attribute.value}`).join(SEPARATOR);
    },
    write,
  };
}

/** KEY, or KEY:FORMAT. */
function nameOf({ key, format }: AttributeSetting): string {
  return format === DEFAULT_FORMAT ? key : `${key}:${format}`;
}

/** A TOML literal, as in variables; null for anything else. */
function literalOf(value: TomlValue): TomlValue | null {
  return typeof value === "string" && /^\s*[[{]/.test(value) ? parseTomlLiteral(value) : null;
}

/** Each attribute in the form of a flag. */
function textsOf(value: TomlValue): string[] {
  if (typeof value === "string") return value.split(SEPARATOR);
  if (Array.isArray(value)) {
    return value.map((entry, i) => {
      if (typeof entry === "string") return entry;
      throw new ValueProblem(EXPECTED, describeToml(entry), [i]);
    });
  }
  if (!isTable(value)) throw new ValueProblem(`a table of attributes, or ${EXPECTED}`, describeToml(value));
  return Object.entries(value).map(([key, entry]) => {
    if (["string", "bigint", "number", "boolean"].includes(typeof entry)) return `${key}=${String(entry)}`;
    throw new ValueProblem("a text, a number or a switch", describeToml(entry), [key]);
  });
}

function attributeOf(text: string, _index: number, { length }: readonly string[]): AttributeSetting {
  const equals = text.indexOf("=");
  const name = equals < 0 ? "" : text.slice(0, equals);
  const colon = name.indexOf(":");
  const key = colon < 0 ? name : name.slice(0, colon);
  const format = colon < 0 ? DEFAULT_FORMAT : name.slice(colon + 1);
  if (!ASCII.test(key) || !ASCII.test(format))
    throw new ValueProblem(EXPECTED, quoted(text), [], length > 1 && !text.includes("=") ? LINES_HINT : "");
  if (RESERVED.test(key)) {
    throw new ValueProblem(
      "a key without the prefix tensorpool. (these have flags: --flow, --timestamp-clock)",
      quoted(key),
    );
  }
  return { key, format, value: text.slice(equals + 1) };
}
