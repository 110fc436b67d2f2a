import { INTEGERS } from "../runtime/info.ts";
import { isWide, nullLiteral, plus, read, wordsOf } from "./accessors.ts";
import type { DataModel, FieldModel } from "./model.ts";
import { capitalised } from "./names.ts";

/** The getters of a field. `firstVersion` is that of its block: parts of that version need no version check. */
export function emitGetters(field: FieldModel, firstVersion: number): string {
  const absent = field.since > firstVersion ? `this.version < ${field.since}` : "";
  const getters = isWide(field.type) ? wideGetters(field, absent) : [plainGetter(field, absent)];
  if (field.length !== 1) getters.unshift(`static readonly ${field.name}Length = ${field.length};`);
  if (field.nullValue !== null) {
    getters.unshift(`static readonly ${field.name}Null = ${nullLiteral(field)};`);
    getters.push(presenceGetter(field, absent));
  }
  return getters.join("\n\n");
}

/** The accessors of a string or blob, whose position `check` or `locate` has determined. */
export function emitDataGetters(data: DataModel): string {
  const { name, ascii } = data;
  const what = ascii ? "The string" : "A copy of the bytes";
  return `
  /** ${what}${remark(data.description)}. Allocates. */
  ${name}(): ${ascii ? "string" : "Uint8Array<ArrayBuffer>"} {
    return ${ascii ? "asciiAt" : "bytesAt"}(this.view, this.${name}Offset, this.${name}Length);
  }`;
}

function wideGetters(field: FieldModel, absent: string): string[] {
  const unsigned = field.type === "uint64";
  const words = field.nullValue === null ? null : wordsOf(field.nullValue);
  const low = read("this.view", "uint32", position(field, 0));
  const high = read("this.view", "uint32", position(field, 4));
  const signedHigh = read("this.view", unsigned ? "uint32" : "int32", position(field, 4));
  const missing = absent === "" ? "" : `if (${absent}) return Number(${nullLiteral(field)});`;
  return [
    getter(
      field,
      field.name,
      "bigint",
      absent,
      nullish(field),
      read("this.view", field.type, position(field, 0)),
      "Allocates.",
    ),
    getter(field, `${field.name}High`, "number", absent, words?.high ?? "", high, "The upper 32 bits, unsigned."),
    getter(field, `${field.name}Low`, "number", absent, words?.low ?? "", low, "The lower 32 bits, unsigned."),
    `/** Exact up to 2^53. */
  ${head(field, `${field.name}Number`, "number")} {
    ${missing}
    return ${signedHigh} * 4294967296 + ${low};
  }`,
  ];
}

function plainGetter(field: FieldModel, absent: string): string {
  const value = read("this.view", field.type, position(field, 0));
  const model = field.enumModel;
  // The type of the enum does not cover the null value of an optional field.
  const typed = model !== null && field.nullValue === null;
  const type = typed ? model.name : "number";
  return getter(field, field.name, type, absent, nullish(field), typed ? `${value} as ${type}` : value, "");
}

function presenceGetter(field: FieldModel, absent: string): string {
  const present = absent === "" ? "" : `this.version >= ${field.since} && `;
  const { high, low } = wordsOf(field.nullValue ?? 0n);
  const test = isWide(field.type)
    ? `this.${field.name}Low !== ${low} || this.${field.name}High !== ${high}`
    : `${read("this.view", field.type, position(field, 0))} !== ${nullLiteral(field)}`;
  const value = present !== "" && isWide(field.type) ? `(${test})` : test;
  return `get has${capitalised(field.name)}(): boolean {
    return ${present}${value};
  }`;
}

function getter(
  field: FieldModel,
  name: string,
  type: string,
  absent: string,
  absentValue: string,
  value: string,
  comment: string,
): string {
  const words = [name === field.name ? field.description : "", comment].filter((text) => text !== "");
  const description = words.map((text) => (text.endsWith(".") ? text : `${text}.`)).join(" ");
  return `${description === "" ? "" : `/** ${description} */\n  `}${head(field, name, type)} {
    ${absent === "" ? "" : `if (${absent}) return ${absentValue};`}
    return ${value};
  }`;
}

function head(field: FieldModel, name: string, type: string): string {
  return field.length === 1 ? `get ${name}(): ${type}` : `${name}(index: number): ${type}`;
}

function nullish(field: FieldModel): string {
  return field.nullValue === null ? "" : nullLiteral(field);
}

/** The position of a field, or of the element number `index` of an array, in the view. */
export function position(field: FieldModel, more: number): string {
  const at = plus("this.block", field.offset + more);
  return field.length === 1 ? at : `${at} + elementOffset(index, ${field.length}, ${INTEGERS[field.type].bytes})`;
}

function remark(description: string): string {
  return description === "" ? "" : ` (${description})`;
}
