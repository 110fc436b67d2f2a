import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { type JsonFields, type JsonValue, MESSAGES, type MessageInfo } from "../../src/sbe/index.ts";
import { type BlockInfo, type FieldInfo, INTEGERS } from "../../src/sbe/runtime/info.ts";

/** One line of `messages.jsonl`. */
export interface MessageVector {
  readonly name: string;
  readonly schemaId: number;
  readonly templateId: number;
  readonly blockLength: number;
  readonly fields: JsonFields;
  readonly hex: string;
}

export interface SlotVector {
  readonly name: string;
  readonly hex: string;
  readonly fields: JsonFields;
}

const SBE_HEADER_BYTES = 8;
const FIXTURES = join(import.meta.dir, "../fixtures");

export const MESSAGE_VECTORS: readonly MessageVector[] = readFileSync(join(FIXTURES, "messages.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));

export const SLOT_VECTORS: readonly SlotVector[] = JSON.parse(readFileSync(join(FIXTURES, "slots.json"), "utf8"));

export const FRAMED: readonly MessageInfo[] = MESSAGES.flatMap((info) => (info.kind === "message" ? [info] : []));

/** The message's fields of 32 and 64 bits that `values` names become these: those who are meant by it look at it. */
export function addressed(
  message: Uint8Array,
  info: MessageInfo,
  values: Readonly<Record<string, bigint>>,
): Uint8Array {
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  for (const { name, type, offset } of info.fields) {
    const value = values[name];
    if (value === undefined) continue;
    if (INTEGERS[type].bytes === 8) view.setBigUint64(SBE_HEADER_BYTES + offset, value, true);
    else view.setUint32(SBE_HEADER_BYTES + offset, Number(value), true);
  }
  return message;
}

/** Any fields that a message can have, in the form of `wire decode`. */
export function anyFields(block: BlockInfo): fc.Arbitrary<JsonFields> {
  const parts: Record<string, fc.Arbitrary<JsonValue>> = {};
  for (const field of block.fields) {
    if (!field.padding) parts[field.name] = field.length === 1 ? anyScalar(field) : arrayOf(field);
  }
  for (const group of block.groups) parts[group.name] = fc.array(anyFields(group), { maxLength: 5 });
  for (const data of block.data) {
    parts[data.name] = data.ascii
      ? fc.string({ unit: "binary-ascii", maxLength: 60 })
      : fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString("base64"));
  }
  return fc.record(parts);
}

function arrayOf(field: FieldInfo): fc.Arbitrary<JsonValue> {
  return fc.array(anyScalar(field), { minLength: field.length, maxLength: field.length });
}

function anyScalar(field: FieldInfo): fc.Arbitrary<JsonValue> {
  const present = field.codes === null ? anyInteger(field) : anyName(field);
  return field.optional ? fc.option(present, { nil: null }) : present;
}

function anyName({ codes }: FieldInfo): fc.Arbitrary<JsonValue> {
  if (codes === null || codes.boolean) return fc.boolean();
  return fc.constantFrom(...Object.keys(codes.codes));
}

function anyInteger(field: FieldInfo): fc.Arbitrary<JsonValue> {
  const { min, max, bytes } = INTEGERS[field.type];
  const edges = fc.constantFrom(min, max, 0n, 1n, max - 1n);
  const values = fc.oneof(fc.bigInt({ min, max }), edges).filter((value) => String(value) !== field.nullValue);
  return bytes === 8 ? values.map(String) : values.map(Number);
}

/** Calls every getter of a decoder that refused nothing, those of all group entries included. */
export function readEverything(block: BlockInfo, decoder: object): number {
  const members = decoder as Record<string, unknown>;
  let calls = 0;
  for (const name of accessorNames(decoder)) {
    const member = members[name];
    calls++;
    if (typeof member !== "function") continue;
    const field = block.fields.find((candidate) => candidate.length > 1 && name.startsWith(candidate.name));
    for (let i = 0; i < (field?.length ?? 1); i++) member.call(decoder, i);
  }
  for (const group of block.groups) {
    const entries = members[group.name] as { rewind(): unknown; next(): boolean };
    entries.rewind();
    while (entries.next()) calls += readEverything(group, entries);
  }
  return calls;
}

function accessorNames(decoder: object): string[] {
  const descriptors = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(decoder));
  return Object.keys(descriptors).filter((name) => !["constructor", "wrap", "check", "locate", "clear"].includes(name));
}
