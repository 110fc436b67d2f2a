import { messageByName } from "../catalogue.ts";
import type { GroupEncoder } from "../runtime/encoders.ts";
import type { BlockInfo, FieldInfo, MessageInfo, StructureInfo } from "../runtime/info.ts";
import { DATA_HEADER_BYTES, GROUP_HEADER_BYTES, MESSAGE_HEADER_BYTES } from "../runtime/shapes.ts";
import { jsonError } from "./errors.ts";
import { isObject } from "./form.ts";
import { type BlockValues, readBlock } from "./read.ts";

/** The setters of an encoder by name: they are generated from the same schema as the info. */
type Setters = Readonly<Record<string, (...values: unknown[]) => unknown>>;

/**
 * Encodes a whole message with its SBE header, or a structure of shared memory without one. `fields` has the form of `decodeJson`'s result;
 * u64 and i64 may also be safe integers, and optional fields may be left out. Throws JsonError with the field.
 */
export function encodeJson(name: string, fields: unknown): Uint8Array<ArrayBuffer> {
  const info = messageByName(name);
  if (info === undefined) throw jsonError("unknown-message", "name", "the name of a message", name);
  const values = readBlock(info, fields, name);
  const headerBytes = info.kind === "message" ? MESSAGE_HEADER_BYTES : 0;
  const bytes = new Uint8Array(new ArrayBuffer(headerBytes + lengthOf(info, values)));
  const view = new DataView(bytes.buffer);
  if (info.kind === "structure") {
    write(info, values, info.createEncoder().wrap(view, 0));
    return bytes;
  }
  const encoder = info.createEncoder().wrap(view, 0, bytes.length);
  write(info, values, encoder);
  return bytes.subarray(0, encoder.encodedLength);
}

/**
 * Encodes `{"name":..,"fields":{..}}`. Other members of `decodeJson`'s result (schemaId, templateId, version, blockLength) are optional,
 * but must be correct; other keys are ignored. Throws JsonError.
 */
export function encodeEnvelope(envelope: unknown): Uint8Array<ArrayBuffer> {
  if (!isObject(envelope)) throw jsonError("wrong-type", "message", 'an object {"name":..,"fields":{..}}', envelope);
  const { name } = envelope;
  if (typeof name !== "string") throw jsonError("missing-field", "name", "the name of a message", name);
  const info = messageByName(name);
  if (info === undefined) throw jsonError("unknown-message", "name", "the name of a message", name);
  checkEnvelope(info, envelope);
  if (envelope.fields === undefined) throw jsonError("missing-field", `${name}.fields`, "an object", undefined);
  return encodeJson(name, envelope.fields);
}

function checkEnvelope(info: MessageInfo | StructureInfo, envelope: Readonly<Record<string, unknown>>): void {
  for (const key of ["schemaId", "templateId", "version", "blockLength"] as const) {
    const value = envelope[key];
    if (value !== undefined && value !== info[key]) {
      throw jsonError("contradiction", `${info.name} ${key}`, String(info[key]), value);
    }
  }
}

function lengthOf(block: BlockInfo, values: BlockValues): number {
  let bytes = block.blockLength;
  block.groups.forEach((group, i) => {
    bytes += GROUP_HEADER_BYTES;
    for (const entry of values.groups[i] ?? []) bytes += lengthOf(group, entry);
  });
  for (const data of values.data) bytes += DATA_HEADER_BYTES + data.length;
  return bytes;
}

function write(block: BlockInfo, values: BlockValues, encoder: object): void {
  const setters = encoder as Setters;
  const call = (method: string, ...args: unknown[]) => setters[method]?.call(encoder, ...args);
  block.fields.forEach((field, i) => {
    const value = values.fields[i];
    const method = `set${capitalised(field.name)}${typeof firstOf(value) === "bigint" ? "Bigint" : ""}`;
    if (value === null) call(`set${capitalised(field.name)}Null`);
    else if (Array.isArray(value)) for (const [index, element] of value.entries()) call(method, index, element);
    else if (value !== undefined) call(method, value);
  });
  block.groups.forEach((group, i) => {
    const entries = values.groups[i] ?? [];
    const groupEncoder = call(`${group.name}Count`, entries.length) as GroupEncoder;
    for (const entry of entries) write(group, entry, groupEncoder.next());
  });
  block.data.forEach((data, i) => {
    call(`put${capitalised(data.name)}`, values.data[i]);
  });
}

function firstOf(value: FieldValue): unknown {
  return Array.isArray(value) ? value[0] : value;
}

type FieldValue = BlockValues["fields"][number] | undefined;

function capitalised(name: FieldInfo["name"]): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
