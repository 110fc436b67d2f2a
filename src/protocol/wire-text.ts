import { UsageError } from "../core/errors.ts";
import { quoted } from "../core/text.ts";
import type { Attribute } from "./attribute.ts";

export const MAX_NAME_CHARS = 256;
export const MAX_SUMMARY_CHARS = 1024;
const MAX_TOKEN_CHARS = 1024;
/** Characters of a text that an error message shows. */
const MAX_SHOWN = 80;

/** Longest DataSourceMeta message: subscribers do not assemble longer ones. */
export const MAX_META_BYTES = 1024 * 1024;

/** Header of the message, its fixed fields, and the dimensions of the group. */
const META_BYTES = 8 + 16 + 4;
/** Lengths of key, format and value. */
const ATTRIBUTE_BYTES = 12;
const MAX_ATTRIBUTES = 0xfffe;
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** Size in bytes of a DataSourceMeta message with these attributes. */
export function metaBytes(attributes: readonly Attribute[]): number {
  return attributes.reduce(
    (sum, { key, format, value }) => sum + ATTRIBUTE_BYTES + key.length + format.length + value.length,
    META_BYTES,
  );
}

/** Checks the name and the summary of a data source before anything is created. @throws UsageError */
export function requireSourceText(name: string, summary: string): void {
  requireAscii("the name of a data source", name, 1, MAX_NAME_CHARS);
  requireAscii("the summary of a data source", summary, 0, MAX_SUMMARY_CHARS);
}

/** Checks attributes before they are sent (W-45). @throws UsageError */
export function requireAttributes(attributes: readonly Attribute[]): void {
  if (attributes.length > MAX_ATTRIBUTES) throw refused(`at most ${MAX_ATTRIBUTES} attributes`, `${attributes.length}`);
  for (const { key, format, value } of attributes) {
    requireAscii("the key of an attribute", key, 1, MAX_NAME_CHARS);
    requireAscii(`the format of attribute ${quoted(key, MAX_SHOWN)}`, format, 0, MAX_NAME_CHARS);
    if (!(value instanceof Uint8Array)) {
      throw refused(
        `a Uint8Array as the value of attribute ${quoted(key, MAX_SHOWN)} (textAttribute makes one)`,
        typeof value,
      );
    }
  }
  const bytes = metaBytes(attributes);
  if (bytes <= MAX_META_BYTES) return;
  const { key, value } = attributes.reduce((a, b) => (b.value.length > a.value.length ? b : a));
  const largest = `the largest is ${quoted(key, MAX_SHOWN)} with ${value.length}`;
  throw refused(`attributes of at most ${MAX_META_BYTES} bytes together`, `${bytes} bytes; ${largest}`);
}

/** Checks a driver's token: clients cannot send any other text. @throws UsageError, which does not show it */
export function requireToken(token: string): void {
  const expected = `a token of at most ${MAX_TOKEN_CHARS} characters of printable US-ASCII`;
  if (token.length > MAX_TOKEN_CHARS || !PRINTABLE_ASCII.test(token)) throw refused(expected, "another text");
}

function requireAscii(what: string, text: string, minChars: number, maxChars: number): void {
  const isFit = typeof text === "string" && text.length >= minChars && text.length <= maxChars;
  if (isFit && PRINTABLE_ASCII.test(text)) return;
  const length = `${minChars} to ${maxChars} characters`;
  const shown = typeof text === "string" ? quoted(text, MAX_SHOWN) : typeof text;
  throw refused(`${length} of printable US-ASCII as ${what}`, shown);
}

function refused(expected: string, found: string): UsageError {
  return new UsageError(`expected ${expected}, found ${found}`, { expected, found });
}
