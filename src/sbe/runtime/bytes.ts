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

/** `text` as the wire can carry it: characters outside US-ASCII become `?`, and what is longer than `maxLength` is cut. */
export function toAscii(text: string, maxLength = 1024): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: US-ASCII begins with the control characters.
  return text.replace(/[^\u0000-\u007f]/gu, "?").slice(0, maxLength);
}
