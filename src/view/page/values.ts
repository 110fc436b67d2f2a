import { DTYPE_NAMES, DTYPES, type Dtype } from "../../protocol/dtype.ts";
import { type Values, valuesOf } from "../../protocol/values.ts";
import { FIELD, HEADER_BYTES, MAGIC } from "../messages.ts";

/** One picture as received: pixels in the frame's dtype, row by row, with adjacent channels. */
export interface Picture {
  readonly view: number;
  readonly seq: number;
  readonly ageNs: number;
  readonly skipped: number;
  readonly timestampNs: number;
  readonly dtype: Dtype;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Position of the first pixel in the frame's plane, and the number of its pixels, in each direction, per picture pixel. */
  readonly x: number;
  readonly y: number;
  readonly factor: number;
  readonly isMaximum: boolean;
  readonly values: Values;
}

/** Decodes a message; null if it is no picture. */
export function decodePicture(message: ArrayBuffer): Picture | null {
  if (message.byteLength < HEADER_BYTES) return null;
  const header = new DataView(message);
  const u32 = (at: number): number => header.getUint32(at, true);
  const f64 = (at: number): number => header.getFloat64(at, true);
  const code = header.getUint8(FIELD.dtype);
  const dtype = DTYPE_NAMES.find((name) => DTYPES[name].code === code);
  if (u32(FIELD.magic) !== MAGIC || dtype === undefined) return null;
  const [width, height, channels] = [u32(FIELD.width), u32(FIELD.height), u32(FIELD.channels)];
  const values = valuesOf(new Uint8Array(message, HEADER_BYTES), dtype);
  if (values.length < width * height * channels) return null;
  return {
    view: u32(FIELD.view),
    seq: f64(FIELD.seq),
    ageNs: f64(FIELD.ageNs),
    skipped: u32(FIELD.skipped),
    timestampNs: f64(FIELD.timestampNs),
    dtype,
    width,
    height,
    channels,
    x: u32(FIELD.x),
    y: u32(FIELD.y),
    factor: u32(FIELD.factor),
    isMaximum: header.getUint8(FIELD.isMaximum) === 1,
    values,
  };
}

/** Values as numbers; 64-bit integers as the nearest doubles. */
export type Numbers = Exclude<Values, BigUint64Array | BigInt64Array>;

export function numbersOf(values: Values): Numbers {
  if (!(values instanceof BigUint64Array || values instanceof BigInt64Array)) return values;
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  const isSigned = values instanceof BigInt64Array;
  const numbers = new Float64Array(values.length);
  for (let i = 0; i < numbers.length; i++) {
    const high = words[2 * i + 1] as number;
    numbers[i] = (isSigned ? high | 0 : high) * 2 ** 32 + (words[2 * i] as number);
  }
  return numbers;
}

/** The exact value: the shortest decimal number that parses to the same value of its dtype. */
export function exactText(value: number | bigint | undefined, dtype: Dtype): string {
  if (value === undefined) return "";
  if (typeof value === "bigint" || dtype !== "float32" || !Number.isFinite(value)) {
    return Object.is(value, -0) ? "-0" : String(value);
  }
  for (let digits = 1; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return plain(text);
  }
  return plain(value.toPrecision(9));
}

function plain(text: string): string {
  const value = Number(text);
  return Object.is(value, -0) ? "-0" : String(value);
}
