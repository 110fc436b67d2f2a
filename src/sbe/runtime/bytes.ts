const ASCII = new TextDecoder("latin1");

/** The string of US-ASCII in these bytes, which must lie within the view and be checked. Allocates. */
export function asciiAt(view: DataView, offset: number, length: number): string {
  return length === 0 ? "" : ASCII.decode(new Uint8Array(view.buffer, view.byteOffset + offset, length));
}

/** A copy of these bytes, which must lie within the view. */
export function bytesAt(view: DataView, offset: number, length: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(length);
  copy.set(new Uint8Array(view.buffer, view.byteOffset + offset, length));
  return copy;
}

/**
 * Text that a program derived, such as a path or the message of an error, as the wire can carry it: printable US-ASCII. Other
 * characters become escapes such as `\u00f6`, from which people and programs can read them.
 */
export function toAscii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
