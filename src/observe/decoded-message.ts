import { printable } from "../core/text.ts";
import { DecodeError, decodeJson, type JsonFields, type JsonValue } from "../sbe/index.ts";

/** A message for a tool: its fields, or the reason why it could not be decoded. */
export type DecodedMessage =
  | { readonly name: string; readonly version: number; readonly fields: JsonFields }
  | { readonly hex: string; readonly reason: string; readonly rule: string | null };

/** Bytes that are shown of a message that cannot be decoded. */
const SHOWN_HEX_BYTES = 64;

export function decodeMessage(bytes: Uint8Array): DecodedMessage {
  try {
    const { name, version, fields } = decodeJson(bytes);
    return { name, version, fields };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { hex: bytes.toHex(), reason: error.message, rule: error.rule ?? null };
  }
}

/** A message's name, or a text if it has none. */
export function nameOf(message: DecodedMessage): string {
  return "name" in message ? message.name : "(undecodable)";
}

/** Long fields with little information: they come last, so that a narrow terminal shows the others. */
const LAST_FIELDS = ["timestampNs", "producerId", "epoch"];

/**
 * The fields on one line, as `key=value`; absent fields are left out. A message that could not be decoded is shown as the reason and its
 * bytes in hexadecimal.
 */
export function compactFields(message: DecodedMessage): string {
  if ("name" in message) {
    const entries = Object.entries(message.fields);
    const isLast = ([key]: readonly [string, JsonValue]): boolean => LAST_FIELDS.includes(key);
    return fieldsText([...entries.filter((entry) => !isLast(entry)), ...entries.filter(isLast)]);
  }
  const { hex, reason } = message;
  const more = hex.length > SHOWN_HEX_BYTES * 2 ? `... (${hex.length / 2} bytes)` : "";
  return `${printable(reason)}: ${hex.slice(0, SHOWN_HEX_BYTES * 2)}${more}`;
}

function fieldsText(entries: readonly (readonly [string, JsonValue])[]): string {
  return entries
    .filter(([, value]) => value !== null)
    .map(([key, value]) => `${key}=${valueText(value)}`)
    .join(" ");
}

function valueText(value: JsonValue): string {
  if (typeof value === "string") return /^[!#-~]+$/.test(value) ? value : JSON.stringify(value);
  if (value === null || typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `[${value.map(entryText).join(", ")}]`;
  return `{${fieldsText(Object.entries(value))}}`;
}

/** An entry of a group; an attribute of metadata is shown as its key and, if it is text, its text. */
function entryText(entry: JsonValue): string {
  if (entry === null || typeof entry !== "object" || Array.isArray(entry)) return valueText(entry);
  const { key, format, value } = entry as JsonFields;
  if (typeof key !== "string" || typeof format !== "string" || typeof value !== "string") return valueText(entry);
  const isText = format.startsWith("text/") || format === "application/json";
  return `${key}=${isText ? valueText(Buffer.from(value, "base64").toString("utf8")) : `${format}:${value}`}`;
}
