/** One entry of a stream's metadata (W-45). `format` is a MIME type, `text/plain` for text. */
export interface Attribute {
  readonly key: string;
  readonly format: string;
  readonly value: Uint8Array;
}

/**
 * The attribute by which a producer says how it treats a full descriptor window: "wait" (a file: nothing may be lost on the
 * way, readers may hold it back for a bounded time) or "drop" (live; also what an absent attribute means).
 */
export const FLOW_ATTRIBUTE_KEY = "tensorpool.flow";
export type Flow = "drop" | "wait";

export function textAttribute(key: string, text: string): Attribute {
  return { key, format: "text/plain", value: new TextEncoder().encode(text) };
}

/** The text of the attribute `key`; undefined when there is none. */
export function attributeText(attributes: readonly Attribute[], key: string): string | undefined {
  const attribute = attributes.find((candidate) => candidate.key === key);
  return attribute === undefined ? undefined : new TextDecoder().decode(attribute.value);
}
