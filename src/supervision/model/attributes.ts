import type { DataSourceMetaDecoder } from "../../sbe/index.ts";
import type { AttributeFact } from "./facts.ts";
import { bounded, MAX_NAME_CHARS, MAX_TEXT_CHARS } from "./limits.ts";

/** Limits of the metadata that is kept of a stream; consumers of the stream read all of it. */
const MAX_ATTRIBUTES = 64;
const MAX_CHARS = 16_384;

/** The attributes of a message; the text of those with a text format is included unless it is too long. */
export function attributesOf(message: DataSourceMetaDecoder): AttributeFact[] {
  const attributes: AttributeFact[] = [];
  const group = message.attributes;
  let chars = 0;
  for (group.rewind(); attributes.length < MAX_ATTRIBUTES && group.next(); ) {
    const [key, format] = [bounded(group.key(), MAX_NAME_CHARS), bounded(group.format(), MAX_NAME_CHARS)];
    const value = group.value();
    const isText = (format.startsWith("text/") || format === "application/json") && value.length <= MAX_TEXT_CHARS;
    const text = isText ? new TextDecoder().decode(value) : null;
    chars += key.length + format.length + (text?.length ?? 0);
    if (chars > MAX_CHARS) break;
    attributes.push({ key, format, text });
  }
  return attributes;
}
