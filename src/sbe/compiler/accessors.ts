import { INTEGERS, type IntegerType } from "../runtime/info.ts";
import type { FieldModel } from "./model.ts";

interface Accessor {
  /** Suffix of DataView's get and set. */
  readonly method: string;
  /** Empty for a single byte. */
  readonly littleEndian: "" | ", true";
  /** A JavaScript expression that is true if `value` is out of range; empty for 64 bits. */
  readonly outOfRange: string;
}

const ACCESSORS: Readonly<Record<IntegerType, Accessor>> = {
  uint8: { method: "Uint8", littleEndian: "", outOfRange: "(value & 0xff) !== value" },
  uint16: { method: "Uint16", littleEndian: ", true", outOfRange: "(value & 0xffff) !== value" },
  uint32: { method: "Uint32", littleEndian: ", true", outOfRange: "value >>> 0 !== value" },
  uint64: { method: "BigUint64", littleEndian: ", true", outOfRange: "" },
  int8: { method: "Int8", littleEndian: "", outOfRange: "(value << 24) >> 24 !== value" },
  int16: { method: "Int16", littleEndian: ", true", outOfRange: "(value << 16) >> 16 !== value" },
  int32: { method: "Int32", littleEndian: ", true", outOfRange: "(value | 0) !== value" },
  int64: { method: "BigInt64", littleEndian: ", true", outOfRange: "" },
};

export function outOfRangeTest(type: IntegerType): string {
  return ACCESSORS[type].outOfRange;
}

export function rangeOf(type: IntegerType): string {
  return `${INTEGERS[type].min} to ${INTEGERS[type].max}`;
}

export function isWide(type: IntegerType): boolean {
  return INTEGERS[type].bytes === 8;
}

/** `base + offset`, without the + 0. */
export function plus(base: string, offset: number): string {
  return offset === 0 ? base : `${base} + ${offset}`;
}

/** An expression that reads an integer. */
export function read(view: string, type: IntegerType, at: string): string {
  const { method, littleEndian } = ACCESSORS[type];
  return `${view}.get${method}(${at}${littleEndian})`;
}

/** A statement that writes an integer. */
export function write(view: string, type: IntegerType, at: string, value: string): string {
  const { method, littleEndian } = ACCESSORS[type];
  return `${view}.set${method}(${at}, ${value}${littleEndian});`;
}

/** The value that means "absent", as a literal of the getter's type; 0 if there is none. */
export function nullLiteral(field: FieldModel): string {
  const value = field.nullValue ?? 0n;
  return isWide(field.type) ? `${value}n` : String(value);
}

/** The two u32 words of a 64-bit value. */
export function wordsOf(value: bigint): { high: string; low: string } {
  const bits = BigInt.asUintN(64, value);
  return { high: String(bits >> 32n), low: String(bits & 0xffffffffn) };
}
