/** Reverses the bytes of each element of `target[from, to)`; both bounds are at whole elements. Converts big-endian to little-endian. */
export function swapBytes(target: Uint8Array, from: number, to: number, elementBytes: number): void {
  if (to <= from) return;
  // Native code runs at memory speed; the view costs a small allocation, only for big-endian input.
  const part = Buffer.from(target.buffer, target.byteOffset + from, to - from);
  if (elementBytes === 2) part.swap16();
  else if (elementBytes === 4) part.swap32();
  else if (elementBytes === 8) part.swap64();
}
