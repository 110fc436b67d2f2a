import { printable, toJson } from "../../core/text.ts";
import type { KnownStream } from "../../observe/known-streams.ts";
import type { Attribute } from "../../protocol/attribute.ts";

/** An attribute's value by its format (W-45): text as text, JSON parsed, anything else as bytes. */
export type AttributeValue =
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "bytes"; readonly value: Uint8Array };

const SHOWN_BYTES = 16;

export function readAttribute({ format, value }: Attribute): AttributeValue {
  const type = format.split(";")[0]?.trim().toLowerCase() ?? "";
  const isJson = type === "application/json" || type.endsWith("+json");
  if (!isJson && !type.startsWith("text/")) return { kind: "bytes", value };
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(value);
    return isJson ? { kind: "json", value: JSON.parse(text) } : { kind: "text", value: text };
  } catch (error) {
    // The value does not match its format: it is shown as bytes.
    if (error instanceof TypeError || error instanceof SyntaxError) return { kind: "bytes", value };
    throw error;
  }
}

/** The value as text on one line. */
export function attributeText(attribute: Attribute): string {
  const { kind, value } = readAttribute(attribute);
  switch (kind) {
    case "text":
      return printable(value);
    case "json":
      return toJson(value);
    case "bytes": {
      const more = value.length > SHOWN_BYTES ? `... (${value.length} bytes)` : "";
      return `${value.subarray(0, SHOWN_BYTES).toHex()}${more}`;
    }
  }
}

/** The known facts about a data source as JSON; bytes are base64. */
export function metaJson({ streamId, name, summary, producerId, epoch, meta }: KnownStream): unknown {
  const attributes = (meta?.attributes ?? []).map((attribute) => {
    const { kind, value } = readAttribute(attribute);
    const { key, format } = attribute;
    return kind === "bytes" ? { key, format, base64: value.toBase64() } : { key, format, value };
  });
  return { streamId, name, summary, producerId, epoch, metaVersion: meta?.metaVersion ?? null, attributes };
}
