// Text from other processes has no limit on the wire. It is limited on input, so that pages, events and log lines stay short whatever a
// process sends.

export const MAX_NAME_CHARS = 256;
export const MAX_TEXT_CHARS = 1024;
export const MAX_URI_CHARS = 4096;
/** Most pools that are kept of a stream. */
export const MAX_POOLS = 64;

/** `text`, cut to at most `maxChars` characters; the last one shows that it was cut. */
export function bounded(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars - 1)}…`;
}
