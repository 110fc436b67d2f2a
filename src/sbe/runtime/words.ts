import { outOfRange } from "./encode-error.ts";

const WORD = 2 ** 32;

/** Writes a u64 from a number. Throws EncodeError unless it is a safe integer from 0 on. */
export function putUint64Number(view: DataView, at: number, value: number, field: string): void {
  if (!(Number.isSafeInteger(value) && value >= 0)) throw outOfRange(field, "a safe integer from 0 on", value);
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, Math.floor(value / WORD), true);
}

/** Writes an i64 from a number. Throws EncodeError unless it is a safe integer. */
export function putInt64Number(view: DataView, at: number, value: number, field: string): void {
  if (!Number.isSafeInteger(value)) throw outOfRange(field, "a safe integer", value);
  view.setUint32(at, value >>> 0, true);
  view.setInt32(at + 4, Math.floor(value / WORD), true);
}

/** Writes a u64. Throws EncodeError if it does not fit. */
export function putUint64(view: DataView, at: number, value: bigint, field: string): void {
  if (BigInt.asUintN(64, value) !== value) throw outOfRange(field, "0 to 2^64 - 1", value);
  view.setBigUint64(at, value, true);
}

/** Writes an i64. Throws EncodeError if it does not fit. */
export function putInt64(view: DataView, at: number, value: bigint, field: string): void {
  if (BigInt.asIntN(64, value) !== value) throw outOfRange(field, "-2^63 to 2^63 - 1", value);
  view.setBigInt64(at, value, true);
}

/** Byte offset of an element of a fixed-length array. Throws RangeError for an index outside of it. */
export function elementOffset(index: number, length: number, bytes: number): number {
  if (!(Number.isInteger(index) && index >= 0 && index < length)) {
    throw new RangeError(`expected an index from 0 to ${length - 1}, found ${index}`);
  }
  return index * bytes;
}
