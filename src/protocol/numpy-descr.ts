import type { Dtype } from "./dtype.ts";

/** The `descr` that NumPy writes. "bytes" and "bit" are written as uint8: NumPy has no packed bits. */
export const DESCR_OF_DTYPE: Readonly<Record<Dtype, string>> = {
  bool: "|b1",
  int8: "|i1",
  int16: "<i2",
  int32: "<i4",
  int64: "<i8",
  uint8: "|u1",
  uint16: "<u2",
  uint32: "<u4",
  uint64: "<u8",
  float32: "<f4",
  float64: "<f8",
  bytes: "|u1",
  bit: "|u1",
};
