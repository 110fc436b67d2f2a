import { crc32 } from "node:zlib";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const HEADER_BYTES = 13;
/** Length, type and CRC of a chunk. */
const CHUNK_BYTES = 12;
/** PNG's colour type for 1 to 4 channels: grey, grey and alpha, RGB, RGBA. */
const COLOUR_TYPES = [0, 4, 2, 6];

export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly bits: 8 | 16;
  readonly channels: number;
}

/** A PNG file (ISO/IEC 15948) of one IDAT chunk: the filtered rows as zlib packed them, less than 2 GiB. */
export function pngFile({ width, height, bits, channels }: PngHeader, packed: Uint8Array): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(SIGNATURE.length + 3 * CHUNK_BYTES + HEADER_BYTES + packed.length);
  const view = new DataView(file.buffer);
  file.set(SIGNATURE);
  let at = SIGNATURE.length;
  const chunk = (type: string, byteLength: number, put: (from: number) => void): void => {
    view.setUint32(at, byteLength);
    for (let i = 0; i < 4; i++) file[at + 4 + i] = type.charCodeAt(i);
    put(at + 8);
    view.setUint32(at + 8 + byteLength, crc32(file.subarray(at + 4, at + 8 + byteLength)));
    at += CHUNK_BYTES + byteLength;
  };
  chunk("IHDR", HEADER_BYTES, (from) => {
    view.setUint32(from, width);
    view.setUint32(from + 4, height);
    file[from + 8] = bits;
    file[from + 9] = COLOUR_TYPES[channels - 1] as number;
  });
  chunk("IDAT", packed.length, (from) => file.set(packed, from));
  chunk("IEND", 0, () => undefined);
  return file;
}
