import type { MessageDecoder, StructureDecoder } from "./decoders.ts";
import type { MessageEncoder, StructureEncoder } from "./encoders.ts";

/** The integers of SBE that these protocols use. */
export type IntegerType = "uint8" | "uint16" | "uint32" | "uint64" | "int8" | "int16" | "int32" | "int64";

export const INTEGERS: Readonly<Record<IntegerType, { bytes: number; min: bigint; max: bigint; nullValue: bigint }>> = {
  uint8: unsigned(8n),
  uint16: unsigned(16n),
  uint32: unsigned(32n),
  uint64: unsigned(64n),
  int8: signed(8n),
  int16: signed(16n),
  int32: signed(32n),
  int64: signed(64n),
};

export interface EnumInfo {
  readonly name: string;
  readonly type: IntegerType;
  /** Code by name. */
  readonly codes: Readonly<Record<string, number>>;
  /** Name by code. */
  readonly names: ReadonlyMap<number, string>;
  /** True for an enum of FALSE and TRUE, which tools show as booleans. */
  readonly boolean: boolean;
}

export interface FieldInfo {
  readonly name: string;
  readonly id: number;
  readonly type: IntegerType;
  /** Byte offset within the block. */
  readonly offset: number;
  /** More than 1 for a fixed-length array. */
  readonly length: number;
  readonly optional: boolean;
  /** In decimal; for optional fields only. */
  readonly nullValue: string;
  /** Null for plain integers. */
  readonly codes: EnumInfo | null;
  /** Bytes without a meaning, which tools leave out. */
  readonly padding: boolean;
}

export interface DataInfo {
  readonly name: string;
  readonly id: number;
  /** True for a string of US-ASCII, false for bytes. */
  readonly ascii: boolean;
}

export interface BlockInfo {
  readonly blockLength: number;
  readonly fields: readonly FieldInfo[];
  readonly groups: readonly GroupInfo[];
  readonly data: readonly DataInfo[];
}

export interface GroupInfo extends BlockInfo {
  readonly name: string;
  readonly id: number;
}

interface CommonInfo extends BlockInfo {
  readonly name: string;
  readonly schemaId: number;
  readonly templateId: number;
  readonly version: number;
}

export interface MessageInfo extends CommonInfo {
  readonly kind: "message";
  createDecoder(): MessageDecoder;
  createEncoder(): MessageEncoder;
}

/** A structure of shared memory, without a message header. */
export interface StructureInfo extends CommonInfo {
  readonly kind: "structure";
  createDecoder(): StructureDecoder;
  createEncoder(): StructureEncoder;
}

interface FieldOptions {
  readonly length?: number;
  /** Given for optional fields only. */
  readonly nullValue?: string;
  readonly codes?: EnumInfo;
  readonly padding?: boolean;
}

export function fieldInfo(
  name: string,
  id: number,
  type: IntegerType,
  offset: number,
  options: FieldOptions = {},
): FieldInfo {
  const { length = 1, nullValue, codes = null, padding = false } = options;
  const optional = nullValue !== undefined;
  return { name, id, type, offset, length, optional, nullValue: nullValue ?? "", codes, padding };
}

export function enumInfo(name: string, type: IntegerType, codes: Readonly<Record<string, number>>): EnumInfo {
  const labels = Object.keys(codes);
  return {
    name,
    type,
    codes,
    names: new Map(Object.entries(codes).map(([label, code]) => [code, label])),
    boolean: labels.length === 2 && labels.includes("FALSE") && labels.includes("TRUE"),
  };
}

function unsigned(bits: bigint) {
  const max = 2n ** bits - 1n;
  return { bytes: Number(bits / 8n), min: 0n, max, nullValue: max };
}

function signed(bits: bigint) {
  const half = 2n ** (bits - 1n);
  return { bytes: Number(bits / 8n), min: -half, max: half - 1n, nullValue: -half };
}
