import { DTYPES, type Dtype } from "../../src/protocol/dtype.ts";
import { valuesOf } from "../../src/protocol/values.ts";

export const FIRST_STREAM = 10_000;
export const WIDTH = 8;
export const HEIGHT = 4;
export const HOSTILE_NAME = `<img src=x onerror="document.title='owned'">`;

/** Where each dtype's values begin, and how far apart they are. */
const RAMPS: Readonly<Record<Dtype, readonly [first: number, step: number]>> = {
  uint8: [3, 8],
  int8: [-128, 8],
  uint16: [65_535 - 31 * 2100, 2100],
  int16: [-32_768, 2000],
  uint32: [4, 100_000],
  int32: [-1_600_000, 100_000],
  uint64: [2 ** 40, 1],
  int64: [-(2 ** 40), 1],
  float32: [-0.1, 0.3],
  float64: [1e9, 0.25],
  bool: [0, 1],
  bytes: [0, 8],
  bit: [0, 1],
};

/** The value of a pixel as a number; of 64-bit integers, the part that a double holds exactly. */
export function valueAt(dtype: Dtype, x: number, y: number): number {
  const i = y * WIDTH + x;
  const [first, step] = RAMPS[dtype];
  if (dtype === "bool" || dtype === "bit") return (x + y) % 2;
  return dtype === "float32" ? Math.fround(first + i * step) : first + i * step;
}

/** The bytes of a dtype's picture, in row order. */
export function pictureOf(dtype: Dtype): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((WIDTH * HEIGHT * DTYPES[dtype].bits) / 8));
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const [i, value] = [y * WIDTH + x, valueAt(dtype, x, y)];
      if (dtype === "bit") {
        bytes[i >> 3] = (bytes[i >> 3] as number) | (value << (i & 7));
        continue;
      }
      const values = valuesOf(bytes, dtype);
      if (values instanceof BigInt64Array || values instanceof BigUint64Array) values[i] = BigInt(value);
      else values[i] = value;
    }
  }
  return bytes;
}
