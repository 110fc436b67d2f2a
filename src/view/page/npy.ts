import { DTYPES, type Dtype } from "../../protocol/dtype.ts";

const DESCRIPTIONS: Readonly<Record<Dtype, string>> = {
  uint8: "|u1",
  int8: "|i1",
  uint16: "<u2",
  int16: "<i2",
  uint32: "<u4",
  int32: "<i4",
  uint64: "<u8",
  int64: "<i8",
  float32: "<f4",
  float64: "<f8",
  bool: "|b1",
  bytes: "|u1",
  bit: "|u1",
};

/** A .npy file, version 1.0, of values in row order. */
export function npyFile(values: ArrayBufferView<ArrayBuffer>, dtype: Dtype, shape: readonly number[]): Blob {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const text = `{'descr': '${DESCRIPTIONS[dtype]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const padded = text.padEnd(Math.ceil((10 + text.length + 1) / 64) * 64 - 11, " ");
  const head = new Uint8Array(10 + padded.length + 1);
  head.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  new DataView(head.buffer).setUint16(8, padded.length + 1, true);
  head.set(new TextEncoder().encode(`${padded}\n`), 10);
  const length = shape.reduce((product, dim) => product * dim, 1) * Math.max(1, DTYPES[dtype].bits / 8);
  return new Blob([head, new Uint8Array(values.buffer, values.byteOffset, length)]);
}
