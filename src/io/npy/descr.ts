import type { Dtype } from "../../protocol/dtype.ts";

/** A NumPy `descr` string converted to the wire's terms. */
export interface Descr {
  readonly dtype: Dtype;
  /** Element size in bytes if the bytes must be reversed, otherwise 1. */
  readonly swapBytes: number;
}

/** Kind and size in NumPy's notation: `<f4`. */
const DTYPE_BY_CODE = new Map<string, Dtype>([
  ["b1", "bool"],
  ["i1", "int8"],
  ["i2", "int16"],
  ["i4", "int32"],
  ["i8", "int64"],
  ["u1", "uint8"],
  ["u2", "uint16"],
  ["u4", "uint32"],
  ["u8", "uint64"],
  ["f4", "float32"],
  ["f8", "float64"],
]);

/** NumPy's one-letter codes, with the sizes of C types on 64-bit Linux. A byte order may precede them. */
const DTYPE_BY_LETTER = new Map<string, Dtype>([
  ["?", "bool"],
  ["b", "int8"],
  ["B", "uint8"],
  ["h", "int16"],
  ["H", "uint16"],
  ["i", "int32"],
  ["I", "uint32"],
  ["l", "int64"],
  ["L", "uint64"],
  ["q", "int64"],
  ["Q", "uint64"],
  ["p", "int64"],
  ["P", "uint64"],
  ["f", "float32"],
  ["d", "float64"],
]);

/** Names that np.dtype accepts and other programs write. They have no byte order and use the host's. */
const DTYPE_BY_NAME = new Map<string, Dtype>([
  ["bool", "bool"],
  ["bool_", "bool"],
  ["bool8", "bool"],
  ["byte", "int8"],
  ["int8", "int8"],
  ["ubyte", "uint8"],
  ["uint8", "uint8"],
  ["short", "int16"],
  ["int16", "int16"],
  ["ushort", "uint16"],
  ["uint16", "uint16"],
  ["intc", "int32"],
  ["int32", "int32"],
  ["uintc", "uint32"],
  ["uint32", "uint32"],
  ["int", "int64"],
  ["int_", "int64"],
  ["int0", "int64"],
  ["long", "int64"],
  ["longlong", "int64"],
  ["intp", "int64"],
  ["int64", "int64"],
  ["uint", "uint64"],
  ["uint0", "uint64"],
  ["ulong", "uint64"],
  ["ulonglong", "uint64"],
  ["uintp", "uint64"],
  ["uint64", "uint64"],
  ["single", "float32"],
  ["float32", "float32"],
  ["double", "float64"],
  ["float", "float64"],
  ["float_", "float64"],
  ["float64", "float64"],
]);

/** How to convert dtypes that the wire does not support, by their names in messages. */
const REFUSED: readonly (readonly [pattern: RegExp, name: string, wayOut: string])[] = [
  [/^(e|f0*2|half|float16)$/, "float16", "array.astype(np.float32)"],
  [/^(g|f0*(10|12|16)|longdouble|longfloat|float128)$/, "longdouble", "array.astype(np.float64)"],
  [/^(F|c0*8|complex64|csingle|singlecomplex)$/, "complex64", "array.view(np.float32)"],
  [/^(D|c0*16|complex|complex_|complex128|cdouble|cfloat)$/, "complex128", "array.view(np.float64)"],
  [/^(G|c0*(20|24|32)|complex256|clongdouble|clongfloat|longcomplex)$/, "clongdouble", "array.astype(np.complex128)"],
  [/^(O\d*|object_?|object0)$/, "object", "np.array(array.tolist(), np.float64)"],
  [/^(c|[Sa]\d*|bytes_?|bytes0|string_)$/, "bytes string", "array.view(np.uint8)"],
  [/^(U\d*|str_?|str0|unicode_?)$/, "string", "array.view(np.uint32)"],
  [/^(V\d*|void|void0)$/, "void", "array.view(np.uint8)"],
  [/^(M8?|datetime64)(\[.*\])?$/, "datetime64", "array.view(np.int64)"],
  [/^(m8?|timedelta64)(\[.*\])?$/, "timedelta64", "array.view(np.int64)"],
  [/^\(?\d.*\)?[?a-zA-Z]/, "sub-array", "array.astype(...) of one number per element"],
  [/,/, "structured", 'array["field"], or numpy.lib.recfunctions.structured_to_unstructured(array)'],
];

/** Why a `descr` is rejected: the dtype's name, and its conversion to a supported dtype in NumPy. */
export interface RefusedDescr {
  readonly refused: string;
  readonly wayOut: string;
}

/** Parses a `descr` string like np.dtype on a little-endian host. */
export function parseDescr(descr: string): Descr | RefusedDescr {
  const named = DTYPE_BY_NAME.get(descr);
  if (named !== undefined) return { dtype: named, swapBytes: 1 };
  const [, order = "", code = ""] = /^([<>|=]?)(.*)$/s.exec(descr) ?? [];
  const dtype = DTYPE_BY_CODE.get(code) ?? DTYPE_BY_LETTER.get(code);
  if (dtype !== undefined) return { dtype, swapBytes: order === ">" ? (ELEMENT_BYTES.get(dtype) ?? 1) : 1 };
  const known = REFUSED.find(([pattern]) => pattern.test(code));
  return {
    refused: known === undefined ? "a dtype that NumPy does not know" : known[1],
    wayOut: known === undefined ? "array.astype(np.float32)" : known[2],
  };
}

const ELEMENT_BYTES = new Map<Dtype, number>([...DTYPE_BY_CODE].map(([code, dtype]) => [dtype, Number(code.slice(1))]));
