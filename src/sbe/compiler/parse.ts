import { parseBlock } from "./blocks.ts";
import type { MessageModel, SchemaModel } from "./model.ts";
import { TypeTable } from "./types.ts";
import { SchemaElement } from "./xml.ts";

/**
 * Reads an SBE schema. `file` is its name in errors and in the generated code. Throws SchemaError with the place for anything that cannot
 * be compiled: nothing is guessed.
 */
export function parseSchema(text: string, file: string): SchemaModel {
  const root = SchemaElement.parse(text, file);
  if (root.tag !== "messageSchema") throw root.error("xml", "messageSchema", root.tag);
  const byteOrder = root.text("byteOrder", "littleEndian");
  if (byteOrder !== "littleEndian") throw root.error("unsupported", "byteOrder littleEndian", byteOrder);

  const types = new TypeTable();
  for (const element of root.children) {
    if (element.tag === "types") types.addAll(element);
    else if (element.tag !== "message") throw element.error("xml", "types or message", element.tag);
  }
  checkHeader(root, types);

  const version = root.uint16("version", 0);
  const messages: MessageModel[] = [];
  for (const element of root.children) {
    if (element.tag !== "message") continue;
    const message = parseMessage(element, types, version);
    if (messages.some((other) => other.id === message.id)) {
      throw element.error("duplicate", "an id that no other message has", String(message.id));
    }
    if (messages.some((other) => other.name === message.name)) {
      throw element.error("duplicate", "a name that no other message has", message.name);
    }
    messages.push(message);
  }
  const shortName = root.text("package").replace(/^.*\./, "");
  return { file, shortName, id: root.uint16("id"), version, enums: types.enums, messages };
}

function parseMessage(element: SchemaElement, types: TypeTable, version: number): MessageModel {
  const since = element.uint16("sinceVersion", 0);
  if (since > version) throw element.error("version", `a sinceVersion up to the schema's ${version}`, String(since));
  const framed = element.text("semanticType", "") !== "SharedMemory";
  const block = parseBlock(element, types, { first: since, since, last: version });
  const parts = block.groups.length + block.data.length;
  if (!framed && parts > 0) throw element.error("unsupported", "a structure of fixed fields", "groups or data");
  if (!framed && since !== version) throw element.error("version", "a structure of the newest version", String(since));
  return {
    ...block,
    name: element.text("name"),
    id: element.uint16("id"),
    since,
    framed,
    description: element.text("description", ""),
  };
}

/** The run-time code supports one message header only (W-34). */
function checkHeader(root: SchemaElement, types: TypeTable): void {
  const header = types.composite(root, "headerType", "messageHeader");
  const found = header.members.map(({ name, offset, definition }) =>
    definition.kind === "integer" ? `${name} ${definition.type} at ${offset}` : `${name}, an enum`,
  );
  const expected = ["blockLength", "templateId", "schemaId", "version"].map((name, i) => `${name} uint16 at ${i * 2}`);
  if (found.join() !== expected.join()) {
    throw root.error("unsupported", `a message header of ${expected.join(", ")}`, found.join(", "));
  }
}
