import { type BlockInfo, type FieldInfo, INTEGERS } from "../runtime/info.ts";
import { jsonError } from "./errors.ts";
import { isObject } from "./form.ts";

type Scalar = number | bigint;

/** The values of a block, checked, in the order of its parts. */
export interface BlockValues {
  /** Null for absent; undefined for padding, which is left 0. */
  readonly fields: readonly (Scalar | readonly Scalar[] | null | undefined)[];
  readonly groups: readonly (readonly BlockValues[])[];
  readonly data: readonly (string | Uint8Array)[];
}

/** Checks a JSON object against a block. Throws JsonError naming the field below `path`. */
export function readBlock(block: BlockInfo, value: unknown, path: string): BlockValues {
  if (!isObject(value)) throw jsonError("wrong-type", path, "an object", value);
  checkNames(block, value, path);
  return {
    fields: block.fields.map((field) => readField(field, value[field.name], `${path}.${field.name}`)),
    groups: block.groups.map((group) => {
      const entries = value[group.name];
      const where = `${path}.${group.name}`;
      if (entries === undefined) throw jsonError("missing-field", where, "an array", undefined);
      if (!Array.isArray(entries)) throw jsonError("wrong-type", where, "an array", entries);
      if (entries.length > 0xffff) throw jsonError("out-of-range", where, "at most 65535 entries", entries.length);
      return entries.map((entry, i) => readBlock(group, entry, `${where}[${i}]`));
    }),
    data: block.data.map(({ name, ascii }) => readData(value[name], ascii, `${path}.${name}`)),
  };
}

function checkNames(block: BlockInfo, value: Readonly<Record<string, unknown>>, path: string): void {
  const fields = block.fields.filter((field) => !field.padding);
  const names = [...fields, ...block.groups, ...block.data].map((part) => part.name);
  for (const name of Object.keys(value)) {
    if (!names.includes(name)) throw jsonError("unknown-field", `${path}.${name}`, `one of ${names.join(", ")}`, name);
  }
}

function readField(field: FieldInfo, value: unknown, path: string): Scalar | Scalar[] | null | undefined {
  if (field.padding) return undefined;
  if (field.optional && (value === undefined || value === null)) return null;
  if (field.length === 1) return readScalar(field, value, path);
  const expected = `an array of ${field.length}`;
  if (value === undefined) throw jsonError("missing-field", path, expected, undefined);
  if (!Array.isArray(value) || value.length !== field.length) throw jsonError("wrong-type", path, expected, value);
  return value.map((element, i) => readScalar(field, element, `${path}[${i}]`));
}

function readScalar(field: FieldInfo, value: unknown, path: string): Scalar {
  if (field.codes !== null) return readCode(field, value, path);
  const { bytes, min, max } = INTEGERS[field.type];
  const isWide = bytes === 8;
  const expected = isWide ? `${min} to ${max}, in a decimal string` : `${min} to ${max}`;
  if (value === undefined) throw jsonError("missing-field", path, expected, undefined);
  const isText = isWide && typeof value === "string" && /^-?\d{1,20}$/.test(value);
  if (!isText && typeof value !== "number") throw jsonError("wrong-type", path, expected, value);
  // A number above 2^53 has already lost digits.
  if (!isText && !Number.isSafeInteger(value)) throw jsonError("out-of-range", path, expected, value);
  const exact = BigInt(value as string | number);
  if (exact < min || exact > max) throw jsonError("out-of-range", path, expected, value);
  if (field.optional && String(exact) === field.nullValue) {
    throw jsonError("out-of-range", path, "null, which is what this number means on the wire", value);
  }
  return isWide ? exact : Number(exact);
}

function readCode(field: FieldInfo, value: unknown, path: string): number {
  const codes = field.codes?.codes ?? {};
  if (field.codes?.boolean === true) {
    if (value === undefined) throw jsonError("missing-field", path, "true or false", undefined);
    if (typeof value !== "boolean") throw jsonError("wrong-type", path, "true or false", value);
    return codes[value ? "TRUE" : "FALSE"] ?? 0;
  }
  const names = Object.keys(codes);
  const expected = names.join(" or ");
  if (value === undefined) throw jsonError("missing-field", path, expected, undefined);
  if (typeof value !== "string") throw jsonError("wrong-type", path, expected, value);
  const code = names.includes(value) ? codes[value] : undefined;
  if (code === undefined) throw jsonError("unknown-name", path, expected, value);
  return code;
}

function readData(value: unknown, ascii: boolean, path: string): string | Uint8Array {
  const expected = ascii ? "a string of US-ASCII" : "bytes in base64";
  if (value === undefined) throw jsonError("missing-field", path, expected, undefined);
  if (typeof value !== "string") throw jsonError("wrong-type", path, expected, value);
  if (ascii) {
    for (let i = 0; i < value.length; i++) {
      if (value.charCodeAt(i) > 0x7f) throw jsonError("out-of-range", path, expected, value);
    }
    return value;
  }
  try {
    return Uint8Array.fromBase64(value, { lastChunkHandling: "strict" });
  } catch (error) {
    if (error instanceof SyntaxError) throw jsonError("wrong-type", path, expected, value);
    throw error;
  }
}
