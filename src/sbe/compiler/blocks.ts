import { INTEGERS } from "../runtime/info.ts";
import type { BlockModel, DataModel, FieldModel, GroupModel } from "./model.ts";
import { capitalised, NameRegister } from "./names.ts";
import {
  bytesOf,
  type CompositeDefinition,
  type EnumDefinition,
  type IntegerDefinition,
  integerDefinition,
  type TypeTable,
} from "./types.ts";
import type { SchemaElement } from "./xml.ts";

/** Versions of the schema that a block can have. */
interface Versions {
  /** First version of the message. */
  readonly first: number;
  /** First version of the block itself. */
  readonly since: number;
  readonly last: number;
}

/** Reads the fields, groups and data of a message or group, and lays them out. */
export function parseBlock(parent: SchemaElement, types: TypeTable, versions: Versions): BlockModel {
  const fields: FieldModel[] = [];
  const groups: GroupModel[] = [];
  const data: DataModel[] = [];
  const names = new NameRegister();
  const ids = new Set<number>();
  let newest = versions.since;
  let end = 0;
  for (const element of parent.children) {
    const id = element.uint16("id");
    if (ids.has(id)) throw element.error("duplicate", "an id that nothing else of this block has", String(id));
    ids.add(id);
    const since = element.uint16("sinceVersion", versions.since);
    if (since > versions.last || since < versions.since) {
      throw element.error("version", `a sinceVersion from ${versions.since} to ${versions.last}`, String(since));
    }
    const isNewPart = (element.tag === "group" && groups.length === 0) || (element.tag === "data" && data.length === 0);
    if (isNewPart) newest = versions.since;
    if (since < newest)
      throw element.error("version", `additions at the end, a sinceVersion from ${newest} on`, String(since));
    newest = since;
    switch (element.tag) {
      case "field": {
        if (groups.length + data.length > 0) throw element.error("xml", "fields before groups and data", "a field");
        const added = parseField(element, types, end, since, since > versions.since);
        for (const field of added.fields) {
          names.addField(element, field);
          fields.push(field);
        }
        end = added.end;
        break;
      }
      case "group": {
        if (data.length > 0) throw element.error("xml", "groups before data", "a group");
        checkDimensions(element, types);
        const block = parseBlock(element, types, { ...versions, since });
        groups.push({ ...block, ...nameOf(element, id, since) });
        names.addPart(element, "group");
        break;
      }
      case "data":
        data.push({ ...nameOf(element, id, since), ascii: parseData(element, types) });
        names.addPart(element, "data");
        break;
      default:
        throw element.error("xml", "field, group or data", element.tag);
    }
  }
  const blockLength = parent.uint16("blockLength", end);
  if (blockLength < end) throw parent.error("block-length", `a blockLength of at least ${end}`, String(blockLength));
  return { blockLength, blockLengths: blockLengthsOf(fields, blockLength, versions), fields, groups, data };
}

/** The block's length in each version: the newest version's length, or the end of the last field that existed then. */
function blockLengthsOf(fields: readonly FieldModel[], blockLength: number, versions: Versions): number[] {
  const lengths: number[] = [];
  for (let version = versions.first; version <= versions.last; version++) {
    const known = fields.filter((field) => field.since <= version);
    const last = known.at(-1);
    const end = last === undefined ? 0 : last.offset + last.length * INTEGERS[last.type].bytes;
    lengths.push(known.length === fields.length ? blockLength : end);
  }
  return lengths;
}

function parseField(element: SchemaElement, types: TypeTable, end: number, since: number, isAddition: boolean) {
  const definition = types.find(element, "type");
  const offset = element.uint16("offset", end);
  if (offset < end)
    throw element.error("overlap", `an offset from ${end} on, where the field before it ends`, String(offset));
  const common = { id: element.uint16("id"), since, description: element.text("description", "") };
  const padding = element.text("semanticType", "") === "Padding";
  const presence = element.text("presence", "");
  if (!["", "required", "optional"].includes(presence))
    throw element.error("unsupported", "required or optional", presence);
  const single = (name: string, at: number, type: IntegerDefinition | EnumDefinition): FieldModel => {
    const integer = type.kind === "integer" ? type : integerDefinition(type.model.type);
    const optional = presence === "" ? integer.optional : presence === "optional";
    if (optional && integer.length !== 1)
      throw element.error("unsupported", "an array that is required", "an optional one");
    if (isAddition && !optional) throw element.error("version", "an added field to be optional", "a required one");
    return {
      ...common,
      name,
      type: integer.type,
      offset: at,
      length: integer.length,
      nullValue: optional ? integer.nullValue : null,
      enumModel: type.kind === "enum" ? type.model : null,
      padding,
    };
  };
  const name = element.text("name");
  const fields =
    definition.kind === "composite"
      ? definition.members.map((member) =>
          single(name + capitalised(member.name), offset + member.offset, member.definition),
        )
      : [single(name, offset, definition)];
  return { fields, end: offset + bytesOf(definition) };
}

/** The run-time code supports one kind of group dimensions only (W-34). */
function checkDimensions(element: SchemaElement, types: TypeTable): void {
  const dimensions = types.composite(element, "dimensionType", "groupSizeEncoding");
  const expected = "blockLength uint16 at 0, numInGroup uint16 at 2";
  const found = describe(dimensions);
  if (found !== expected) throw element.error("unsupported", `dimensions of ${expected}`, found);
}

/** True for a string of US-ASCII. The run-time code supports one kind of length only (W-34). */
function parseData(element: SchemaElement, types: TypeTable): boolean {
  const encoding = types.composite(element, "type");
  const expected = "length uint32 at 0, varData uint8 at 4";
  const found = describe(encoding);
  if (found !== expected) throw element.error("unsupported", `data of ${expected}`, found);
  const bytes = encoding.members[1]?.definition;
  return bytes?.kind === "integer" && bytes.ascii;
}

function describe(composite: CompositeDefinition): string {
  return composite.members
    .map(
      ({ name, offset, definition }) =>
        `${name} ${definition.kind === "integer" ? definition.type : "enum"} at ${offset}`,
    )
    .join(", ");
}

function nameOf(element: SchemaElement, id: number, since: number) {
  return { name: element.text("name"), id, since, description: element.text("description", "") };
}
