/** The header of a .npy file, as it is written, and its values. */
export function parseNpyHeader(file: Uint8Array): { readonly header: string; readonly values: Uint8Array } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const isLong = view.getUint8(6) > 1;
  const start = isLong ? 12 : 10;
  const length = isLong ? view.getUint32(8, true) : view.getUint16(8, true);
  return {
    header: new TextDecoder().decode(file.subarray(start, start + length)),
    values: new Uint8Array(file.subarray(start + length)),
  };
}
