const ASCII = new TextDecoder("latin1");

/** The US-ASCII string in these bytes, which must be within the view and already checked. Allocates. */
export function asciiAt(view: DataView, offset: number, length: number): string {
  return length === 0 ? "" : ASCII.decode(new Uint8Array(view.buffer, view.byteOffset + offset, length));
}

/** A copy of these bytes, which must be within the view. */
export function bytesAt(view: DataView, offset: number, length: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(length);
  copy.set(new Uint8Array(view.buffer, view.byteOffset + offset, length));
  return copy;
}

/**
 * Converts text that a program derived, such as a path or an error message, to printable US-ASCII for the wire. Other characters become
 * escapes such as `\u00f6`, which people and programs can read.
 */
export function toAscii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
