import { DTYPES, type Dtype } from "./dtype.ts";

/** The typed array that holds elements of a dtype; "bool", "bytes" and "bit" (eight elements a byte) are bytes. */
export interface ValuesByDtype {
  uint8: Uint8Array;
  int8: Int8Array;
  uint16: Uint16Array;
  int16: Int16Array;
  uint32: Uint32Array;
  int32: Int32Array;
  uint64: BigUint64Array;
  int64: BigInt64Array;
  float32: Float32Array;
  float64: Float64Array;
  bool: Uint8Array;
  bytes: Uint8Array;
  bit: Uint8Array;
}

export type Values = ValuesByDtype[Dtype];

const VALUES_OF: {
  readonly [D in Dtype]: new (
    buffer: ArrayBufferLike,
    byteOffset: number,
    length: number,
  ) => ValuesByDtype[D];
} = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  float32: Float32Array,
  float64: Float64Array,
  bool: Uint8Array,
  bytes: Uint8Array,
  bit: Uint8Array,
};

/**
 * A view of bytes as elements of `dtype`; an incomplete last element is left out. @throws RangeError if the bytes are not aligned to the
 * element
 */
export function valuesOf<D extends Dtype>(bytes: Uint8Array, dtype: D): ValuesByDtype[D] {
  const elementBytes = Math.max(1, DTYPES[dtype].bits / 8);
  return new VALUES_OF[dtype](bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / elementBytes));
}

const DTYPE_OF_ARRAY: Readonly<Record<string, Dtype>> = {
  Uint8Array: "uint8",
  Uint8ClampedArray: "uint8",
  Int8Array: "int8",
  Uint16Array: "uint16",
  Int16Array: "int16",
  Uint32Array: "uint32",
  Int32Array: "int32",
  BigUint64Array: "uint64",
  BigInt64Array: "int64",
  Float32Array: "float32",
  Float64Array: "float64",
};

/** The dtype of a typed array's elements; undefined for a DataView and for element types that the wire does not have. */
export function dtypeOfValues(values: ArrayBufferView): Dtype | undefined {
  const tag = (values as { [Symbol.toStringTag]?: string })[Symbol.toStringTag];
  return tag === undefined ? undefined : DTYPE_OF_ARRAY[tag];
}
