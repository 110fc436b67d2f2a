// Foreign text has no limit on the wire. What is kept of it has one where it comes in, so that pages, events and log lines stay
// short whatever a process sends.

export const MAX_NAME_CHARS = 256;
export const MAX_TEXT_CHARS = 1024;
export const MAX_URI_CHARS = 4096;
/** Pools of a stream that are kept. */
export const MAX_POOLS = 64;

/** `text`, cut to at most `maxChars` characters; the last one shows that something is missing. */
export function bounded(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars - 1)}…`;
}
