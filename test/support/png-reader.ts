/** A reader of PNG by the standard, independent of what writes them: all filters, grey to RGBA, 8 and 16 bits. */
import { inflateSync } from "node:zlib";

export interface ReadPicture {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly channels: number;
  /** Sample by sample, pixel by pixel, row by row. */
  readonly samples: readonly number[];
}

const CHANNELS_OF: Readonly<Record<number, number>> = { 0: 1, 2: 3, 4: 2, 6: 4 };

/** CRC-32 bit by bit, as the standard's annex describes it. */
function crc(bytes: Uint8Array): number {
  let value = 0xffff_ffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let i = 0; i < 8; i++) value = value & 1 ? (value >>> 1) ^ 0xedb8_8320 : value >>> 1;
  }
  return ~value >>> 0;
}

function paeth(a: number, b: number, c: number): number {
  const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/** @throws Error when the file is not a whole, valid PNG */
export function readPng(file: Uint8Array): ReadPicture {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (Buffer.from(file.subarray(0, 8)).toString("hex") !== "89504e470d0a1a0a") throw new Error("no PNG signature");
  const types: string[] = [];
  const packed: Uint8Array[] = [];
  let header: DataView | null = null;
  for (let at = 8; at < file.length; ) {
    const byteLength = view.getUint32(at);
    const type = Buffer.from(file.subarray(at + 4, at + 8)).toString("latin1");
    const data = file.subarray(at + 8, at + 8 + byteLength);
    if (view.getUint32(at + 8 + byteLength) !== crc(file.subarray(at + 4, at + 8 + byteLength))) {
      throw new Error(`wrong CRC of ${type}`);
    }
    if (type === "IHDR") header = new DataView(data.buffer, data.byteOffset, data.byteLength);
    if (type === "IDAT") packed.push(data);
    types.push(type);
    at += 12 + byteLength;
  }
  if (header === null || types[0] !== "IHDR" || types.at(-1) !== "IEND") throw new Error(`chunks ${types}`);
  const [width, height] = [header.getUint32(0), header.getUint32(4)];
  const bits = header.getUint8(8);
  const channels = CHANNELS_OF[header.getUint8(9)] ?? 0;
  if (header.getUint8(10) + header.getUint8(11) + header.getUint8(12) !== 0) throw new Error("unexpected methods");
  const raw = inflateSync(Buffer.concat(packed));
  const pixelBytes = (channels * bits) / 8;
  const rowBytes = width * pixelBytes;
  if (raw.length !== height * (rowBytes + 1)) throw new Error(`${raw.length} bytes of rows`);
  const samples: number[] = [];
  let above = new Uint8Array(rowBytes);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (rowBytes + 1)];
    const row = new Uint8Array(rowBytes);
    for (let i = 0; i < rowBytes; i++) {
      const left = row[i - pixelBytes] ?? 0;
      const up = above[i] ?? 0;
      const corner = above[i - pixelBytes] ?? 0;
      const predicted = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter ?? -1];
      if (predicted === undefined) throw new Error(`filter ${filter}`);
      row[i] = (raw[y * (rowBytes + 1) + 1 + i] as number) + predicted;
    }
    for (let i = 0; i < rowBytes; i += bits / 8) {
      samples.push(bits === 16 ? (row[i] as number) * 256 + (row[i + 1] as number) : (row[i] as number));
    }
    above = row;
  }
  return { width, height, bits, channels, samples };
}
