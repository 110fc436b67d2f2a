/** Reverses the bytes of each element of `target[from, to)`; both bounds are whole elements. Big-endian becomes little. */
export function swapBytes(target: Uint8Array, from: number, to: number, elementBytes: number): void {
  if (to <= from) return;
  // Native code does it at memory speed; the view costs a small allocation, which only big-endian input pays.
  const part = Buffer.from(target.buffer, target.byteOffset + from, to - from);
  if (elementBytes === 2) part.swap16();
  else if (elementBytes === 4) part.swap32();
  else if (elementBytes === 8) part.swap64();
}
