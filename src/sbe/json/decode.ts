import { messageByKey, messageByName } from "../catalogue.ts";
import { messageKeyAt } from "../header.ts";
import type { GroupDecoder } from "../runtime/decoders.ts";
import { type BlockInfo, type FieldInfo, INTEGERS, type MessageInfo, type StructureInfo } from "../runtime/info.ts";
import { explainRefusal, type Refusal, type RefusalDetails } from "../runtime/refusal.ts";
import { DecodeError } from "./errors.ts";
import type { JsonFields, JsonMessage, JsonValue } from "./form.ts";

/** The accessors of a decoder or group by field name: they are generated from the same schema as the info. */
type Accessors = Readonly<Record<string, unknown>>;

/**
 * Decodes a whole message with its SBE header, or with `name` also a structure of shared memory, which has none. Throws DecodeError with
 * the refusal's code and the found value. For tools: allocates.
 */
export function decodeJson(bytes: Uint8Array, name?: string): JsonMessage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const named = name === undefined ? undefined : messageByName(name);
  if (name !== undefined && named === undefined) {
    throw new DecodeError("unknown-message", `expected the name of a message, found ${name}`, { found: name });
  }
  if (named?.kind === "structure") return decodeStructure(view, named);
  const info = named ?? findMessage(view);
  const decoder = info.createDecoder();
  const refused = decoder.wrap(view, 0, view.byteLength);
  if (refused !== null) throw decodeError(refused, decoder);
  return envelope(info, decoder.version, view.getUint16(0, true), fieldsOf(info, decoder));
}

function decodeStructure(view: DataView, info: StructureInfo): JsonMessage {
  const decoder = info.createDecoder();
  const refused = decoder.wrap(view, 0);
  if (refused !== null) throw decodeError(refused, decoder);
  if (view.byteLength !== info.blockLength) {
    const [expected, found] = [`${info.blockLength} bytes`, `${view.byteLength}`];
    throw new DecodeError("trailing-bytes", `${info.name}: expected ${expected}, found ${found}`, { expected, found });
  }
  return envelope(info, info.version, info.blockLength, fieldsOf(info, decoder));
}

function findMessage(view: DataView): MessageInfo {
  const key = messageKeyAt(view, 0, view.byteLength);
  if (key === -1) {
    const expected = "a message header of 8 bytes";
    throw new DecodeError("truncated", `expected ${expected}, found ${view.byteLength} bytes`, {
      rule: "W-34",
      expected,
    });
  }
  const info = messageByKey(key);
  if (info !== undefined) return info;
  const found = `schema ${Math.floor(key / 65536)} template ${key % 65536}`;
  throw new DecodeError("unknown-message", `expected a message of schema 900 or 901, found ${found}`, { found });
}

function decodeError(refused: Refusal, details: RefusalDetails): DecodeError {
  const { code, rule, expected } = refused;
  return new DecodeError(code, explainRefusal(refused, details), {
    rule,
    expected,
    found: String(details.refusedValue),
  });
}

function envelope(
  info: MessageInfo | StructureInfo,
  version: number,
  blockLength: number,
  fields: JsonFields,
): JsonMessage {
  return { schemaId: info.schemaId, templateId: info.templateId, version, blockLength, name: info.name, fields };
}

function fieldsOf(block: BlockInfo, decoder: object): JsonFields {
  const accessors = decoder as Accessors;
  const fields: Record<string, JsonValue> = {};
  for (const field of block.fields) {
    if (!field.padding) fields[field.name] = fieldOf(field, accessors, decoder);
  }
  for (const group of block.groups) {
    const entries = accessors[group.name] as GroupDecoder;
    const list: JsonFields[] = [];
    for (entries.rewind(); entries.next(); ) list.push(fieldsOf(group, entries));
    fields[group.name] = list;
  }
  for (const data of block.data) {
    const value = (accessors[data.name] as () => string | Uint8Array).call(decoder);
    fields[data.name] = typeof value === "string" ? value : value.toBase64();
  }
  return fields;
}

function fieldOf(field: FieldInfo, accessors: Accessors, decoder: object): JsonValue {
  const value = accessors[field.name];
  if (field.length === 1) return elementOf(field, value as number | bigint);
  const element = value as (index: number) => number | bigint;
  return Array.from({ length: field.length }, (_, i) => elementOf(field, element.call(decoder, i)));
}

function elementOf(field: FieldInfo, value: number | bigint): JsonValue {
  if (field.optional && String(value) === field.nullValue) return null;
  if (field.codes !== null) {
    if (field.codes.boolean) return value === field.codes.codes.TRUE;
    return field.codes.names.get(Number(value)) ?? Number(value);
  }
  return INTEGERS[field.type].bytes === 8 ? String(value) : Number(value);
}
