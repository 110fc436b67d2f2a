import type { BlockModel, DataModel, FieldModel, GroupModel, MessageModel } from "./model.ts";
import { upperSnake } from "./names.ts";

/** The description of a message for tools. */
export function emitInfo(message: MessageModel, schemaId: number, version: number): string {
  const { name, id, framed } = message;
  return `
/** What tools need to know of ${name}. */
export const ${upperSnake(name)}_INFO: ${framed ? "MessageInfo" : "StructureInfo"} = {
  kind: "${framed ? "message" : "structure"}",
  name: "${name}",
  schemaId: ${schemaId},
  templateId: ${id},
  version: ${version},
  ${emitBlock(message)}
  createDecoder: () => new ${name}Decoder(),
  createEncoder: () => new ${name}Encoder(),
};
`;
}

function emitBlock(block: BlockModel): string {
  return `blockLength: ${block.blockLength},
  fields: [${block.fields.map(emitField).join(", ")}],
  groups: [${block.groups.map(emitGroup).join(", ")}],
  data: [${block.data.map(emitData).join(", ")}],`;
}

function emitField(field: FieldModel): string {
  const options = [
    ...(field.length === 1 ? [] : [`length: ${field.length}`]),
    ...(field.nullValue === null ? [] : [`nullValue: "${field.nullValue}"`]),
    ...(field.enumModel === null ? [] : [`codes: ${upperSnake(field.enumModel.name)}_INFO`]),
    ...(field.padding ? ["padding: true"] : []),
  ];
  const last = options.length === 0 ? "" : `, { ${options.join(", ")} }`;
  return `fieldInfo("${field.name}", ${field.id}, "${field.type}", ${field.offset}${last})`;
}

function emitGroup(group: GroupModel): string {
  return `{ name: "${group.name}", id: ${group.id}, ${emitBlock(group)} }`;
}

function emitData(data: DataModel): string {
  return `{ name: "${data.name}", id: ${data.id}, ascii: ${data.ascii} }`;
}
