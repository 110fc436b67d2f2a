import type { Dtype } from "../../protocol/dtype.ts";

/** A NumPy `descr` string in the wire's terms. */
export interface Descr {
  readonly dtype: Dtype;
  /** Bytes of an element when they have to be reversed, else 1. */
  readonly swapBytes: number;
}

const DTYPE_BY_CODE: Readonly<Record<string, Dtype>> = {
  b1: "bool",
  i1: "int8",
  i2: "int16",
  i4: "int32",
  i8: "int64",
  u1: "uint8",
  u2: "uint16",
  u4: "uint32",
  u8: "uint64",
  f4: "float32",
  f8: "float64",
};

/** What a refused `descr` is called in messages. */
const REFUSED: readonly (readonly [RegExp, string])[] = [
  [/^f2$/, "float16"],
  [/^f(10|12|16)$/, "longdouble"],
  [/^c8$/, "complex64"],
  [/^c16$/, "complex128"],
  [/^c\d+$/, "clongdouble"],
  [/^O/, "object"],
  [/^[Sa]\d*$/, "bytes string"],
  [/^U\d*$/, "string"],
  [/^V\d*$/, "void"],
  [/^M8/, "datetime64"],
  [/^m8/, "timedelta64"],
];

/** `'<u2'` in the wire's terms; or the reason against it, beginning with the name of the dtype. */
export function parseDescr(descr: string): Descr | { readonly refused: string } {
  const match = /^([<>|=]?)([?a-zA-Z]\w*)(\[.*\])?$/.exec(descr);
  const [, order = "", code = ""] = match ?? [];
  const dtype = match?.[3] === undefined ? DTYPE_BY_CODE[code] : undefined;
  if (dtype !== undefined) {
    const itemBytes = Number(code.slice(1));
    return { dtype, swapBytes: order === ">" ? itemBytes : 1 };
  }
  const name = REFUSED.find(([pattern]) => pattern.test(code))?.[1] ?? "unknown";
  return { refused: `${name} ('${descr.slice(0, 40)}')` };
}

/** The `descr` that NumPy writes. "bytes" goes as uint8, and so does "bit": NumPy has no packed bits. */
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
