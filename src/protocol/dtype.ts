/** The element types of the wire (W-11, enum Dtype), under NumPy's names. */
export type Dtype =
  | "uint8"
  | "int8"
  | "uint16"
  | "int16"
  | "uint32"
  | "int32"
  | "uint64"
  | "int64"
  | "float32"
  | "float64"
  | "bool"
  | "bytes"
  | "bit";

export type MajorOrder = "row" | "column";

interface DtypeInfo {
  /** Value of the wire's enum Dtype. */
  readonly code: number;
  /** Bits of one element; 1 for "bit", which packs eight elements a byte. */
  readonly bits: number;
}

export const DTYPES: Readonly<Record<Dtype, DtypeInfo>> = {
  uint8: { code: 1, bits: 8 },
  int8: { code: 2, bits: 8 },
  uint16: { code: 3, bits: 16 },
  int16: { code: 4, bits: 16 },
  uint32: { code: 5, bits: 32 },
  int32: { code: 6, bits: 32 },
  uint64: { code: 7, bits: 64 },
  int64: { code: 8, bits: 64 },
  float32: { code: 9, bits: 32 },
  float64: { code: 10, bits: 64 },
  bool: { code: 11, bits: 8 },
  bytes: { code: 13, bits: 8 },
  bit: { code: 14, bits: 1 },
};

export const DTYPE_NAMES = Object.keys(DTYPES) as readonly Dtype[];

/** Most dimensions that a frame may have (W-09, W-24). */
export const MAX_DIMS = 8;

const BY_CODE: readonly (Dtype | undefined)[] = (() => {
  const table: (Dtype | undefined)[] = [];
  for (const name of DTYPE_NAMES) table[DTYPES[name].code] = name;
  return table;
})();

/** The dtype with this wire code; undefined for UNKNOWN (0) and for codes outside the set. */
export function dtypeOfCode(code: number): Dtype | undefined {
  return BY_CODE[code];
}

/** True if `name` is one of the wire's dtypes. */
export function isDtype(name: string): name is Dtype {
  return Object.hasOwn(DTYPES, name);
}

/** Bits of one element of the dtype with this wire code; 0 if there is none. */
export function bitsOfCode(code: number): number {
  const name = BY_CODE[code];
  return name === undefined ? 0 : DTYPES[name].bits;
}

/** Bytes of a contiguous array; a scalar (no dims) is one element. BIT is rounded up to whole bytes (W-11). */
export function contiguousByteLength(dtype: Dtype, dims: readonly number[]): number {
  let elements = 1;
  for (const dim of dims) elements *= dim;
  return Math.ceil((elements * DTYPES[dtype].bits) / 8);
}
