import type { DataSourceMetaDecoder } from "../../sbe/index.ts";
import type { AttributeFact } from "./facts.ts";

/** What is kept of a stream's metadata; the rest is for those who read the stream. */
const MAX_ATTRIBUTES = 64;
const MAX_TEXT_BYTES = 1024;

/** The attributes of a message, the text of those that are text. */
export function attributesOf(message: DataSourceMetaDecoder): AttributeFact[] {
  const attributes: AttributeFact[] = [];
  const group = message.attributes;
  for (group.rewind(); group.next() && attributes.length < MAX_ATTRIBUTES; ) {
    const [format, value] = [group.format(), group.value()];
    const isText = (format.startsWith("text/") || format === "application/json") && value.length <= MAX_TEXT_BYTES;
    attributes.push({ key: group.key(), format, text: isText ? new TextDecoder().decode(value) : null });
  }
  return attributes;
}
