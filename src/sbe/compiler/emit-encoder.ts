import { INTEGERS } from "../runtime/info.ts";
import { isWide, nullLiteral, outOfRangeTest, plus, rangeOf, wordsOf, write } from "./accessors.ts";
import { position } from "./emit-getters.ts";
import type { BlockModel, DataModel, FieldModel, GroupModel, MessageModel } from "./model.ts";
import { capitalised } from "./names.ts";

/** The encoder of a message and those of its groups. */
export function emitEncoders(message: MessageModel, schemaId: number): string {
  const groups = message.groups.flatMap((group) => emitGroupEncoders(group, message.name, message.name));
  return [...groups, message.framed ? emitMessageEncoder(message, schemaId) : emitStructureEncoder(message)].join("\n");
}

function emitMessageEncoder(message: MessageModel, schemaId: number): string {
  const { name, blockLength, id } = message;
  const isFixed = message.groups.length + message.data.length === 0;
  const statics = isFixed
    ? `/** Bytes of the whole message with its SBE header. */\nstatic readonly ENCODED_LENGTH = ${8 + blockLength};\n`
    : "";
  const lastGroupCheck = emitLastGroupCheck(message);
  const version = message.since + message.blockLengths.length - 1;
  return `
const HEADER = { name: "${name}", blockLength: ${blockLength}, templateId: ${id}, schemaId: ${schemaId}, version: ${version} };

/** Writes ${name} in place. */
export class ${name}Encoder extends MessageEncoder {
  ${statics}${emitConstructor(message, name, `super("${name}", [${partNames(message)}]);`, "")}
  ${lastGroupCheck === "" ? "" : `\noverride get encodedLength(): number {\n${lastGroupCheck}\nreturn super.encodedLength;\n}`}

  override wrap(view: DataView, offset: number, limit: number): this {
    this.begin(view, offset, limit, HEADER);
    ${emitDefaults(message, "")}
    return this;
  }

  ${emitSetters(message, name)}

  ${emitParts(message, name)}
}
`;
}

function emitStructureEncoder(message: MessageModel): string {
  return `
/** Writes ${message.name} in place. It has no message header. */
export class ${message.name}Encoder extends StructureEncoder {
  override wrap(view: DataView, offset: number): this {
    this.begin(view, offset, "${message.name}", ${message.blockLength});
    ${emitDefaults(message, "")}
    return this;
  }

  ${emitSetters(message, message.name)}
}
`;
}

function emitGroupEncoders(group: GroupModel, outerClass: string, outerPath: string): string[] {
  const className = outerClass + capitalised(group.name);
  const path = `${outerPath}.${group.name}`;
  const inner = group.groups.flatMap((nested) => emitGroupEncoders(nested, className, path));
  const construct = `super(cursor, "${path}", [${partNames(group)}], ${group.blockLength});`;
  const encoder = `
/** Writes the entries of ${path}: \`next()\` before each. */
export class ${className}Encoder extends GroupEncoder {
  ${emitConstructor(group, className, construct, "cursor: EncodeCursor")}

  protected override initialise(): void {
    ${emitDefaults(group, "const view = this.view;")}
  }
  ${emitLastGroupCheck(group) === "" ? "" : `\nprotected override assertPartsWritten(): void {\n${emitLastGroupCheck(group)}\nsuper.assertPartsWritten();\n}`}

  ${emitSetters(group, path)}

  ${emitParts(group, className)}
}
`;
  return [...inner, encoder];
}

function emitConstructor(block: BlockModel, className: string, construct: string, parameter: string): string {
  const members = block.groups.map(
    (group) => `private readonly ${group.name}Encoder: ${className}${capitalised(group.name)}Encoder;`,
  );
  const assignments = block.groups.map(
    (group) => `this.${group.name}Encoder = new ${className}${capitalised(group.name)}Encoder(this.cursor);`,
  );
  return `${members.join("\n")}\n\nconstructor(${parameter}) {\n${construct}\n${assignments.join("\n")}\n}`;
}

/** One statement for each field, and a loop for bytes that belong to no field or to an array. */
function emitDefaults(block: BlockModel, declareView: string): string {
  const view = "view";
  const bytes = block.fields.reduce((sum, field) => sum + INTEGERS[field.type].bytes * field.length, 0);
  const hasArrays = block.fields.some((field) => field.length !== 1);
  const statements: string[] = [];
  if (hasArrays || bytes !== block.blockLength) {
    statements.push(`for (let i = 0; i < ${block.blockLength}; i++) view.setUint8(block + i, 0);`);
  }
  const isZeroed = statements.length > 0;
  for (const field of block.fields) {
    if (isZeroed && field.nullValue === null) continue;
    const at = plus("block", field.offset);
    if (isWide(field.type)) {
      const { high, low } = wordsOf(field.nullValue ?? 0n);
      statements.push(write(view, "uint32", at, low), write(view, "uint32", plus("block", field.offset + 4), high));
    } else {
      statements.push(write(view, field.type, at, String(field.nullValue ?? 0)));
    }
  }
  if (statements.length === 0) return "";
  return `const block = this.block;\n${declareView}\n${statements.join("\n")}`;
}

function emitSetters(block: BlockModel, owner: string): string {
  return block.fields.map((field) => emitSetter(field, `${owner}.${field.name}`)).join("\n\n");
}

function emitSetter(field: FieldModel, path: string): string {
  const name = capitalised(field.name);
  const index = field.length === 1 ? "" : "index: number, ";
  const setters = isWide(field.type) ? emitWideSetters(field, path, index) : [emitPlainSetter(field, path, index)];
  if (field.nullValue !== null) {
    const { high, low } = wordsOf(field.nullValue);
    const body = isWide(field.type)
      ? `return this.set${name}(${high}, ${low});`
      : `${write("this.view", field.type, position(field, 0), nullLiteral(field))}\nreturn this;`;
    setters.push(`set${name}Null(): this {\n${body}\n}`);
  }
  return setters.join("\n\n");
}

function emitPlainSetter(field: FieldModel, path: string, index: string): string {
  const model = field.enumModel;
  const unlessNull = field.nullValue === null ? "" : ` && value !== ${nullLiteral(field)}`;
  const test = model === null ? outOfRangeTest(field.type) : `!is${model.name}(value)${unlessNull}`;
  const expected = model === null ? rangeOf(field.type) : `a code of ${model.name}`;
  const remark = field.description === "" ? "" : `/** ${field.description}. */\n  `;
  return `${remark}set${capitalised(field.name)}(${index}value: number): this {
    if (${test}) throw outOfRange("${path}", "${expected}", value);
    ${write("this.view", field.type, position(field, 0), "value")}
    return this;
  }`;
}

function emitWideSetters(field: FieldModel, path: string, index: string): string[] {
  const name = capitalised(field.name);
  const kind = field.type === "uint64" ? "Uint64" : "Int64";
  const at = position(field, 0);
  const range = field.type === "uint64" ? "a safe integer from 0 on" : "a safe integer";
  return [
    `/** From two words of 32 bits, of either sign. */
  set${name}(${index}high: number, low: number): this {
    ${write("this.view", "uint32", at, "low")}
    ${write("this.view", "uint32", position(field, 4), "high")}
    return this;
  }`,
    `/** From ${range}; throws EncodeError for anything else. */
  set${name}Number(${index}value: number): this {
    put${kind}Number(this.view, ${at}, value, "${path}");
    return this;
  }`,
    `set${name}Bigint(${index}value: bigint): this {
    put${kind}(this.view, ${at}, value, "${path}");
    return this;
  }`,
  ];
}

/** Groups and data, which must be written in order. */
function emitParts(block: BlockModel, className: string): string {
  const groups = block.groups.map((group, i) => emitGroupStart(block, group, i, className));
  const data = block.data.map((item, i) => emitDataSetter(block, item, block.groups.length + i));
  return [...groups, ...data].join("\n\n");
}

function emitGroupStart(block: BlockModel, group: GroupModel, index: number, className: string): string {
  const member = `${group.name}Encoder`;
  return `/** Begins ${group.name}, of \`count\` entries, which are then written one by one. */
  ${group.name}Count(count: number): ${className}${capitalised(group.name)}Encoder {
    ${emitPreviousGroupCheck(block, index)}
    this.enter(${index});
    return this.${member}.begin(count);
  }`;
}

function emitDataSetter(block: BlockModel, data: DataModel, index: number): string {
  const [type, put] = data.ascii ? ["string", "putAscii"] : ["Uint8Array", "putBytes"];
  return `put${capitalised(data.name)}(${data.ascii ? "text" : "bytes"}: ${type}): this {
    ${emitPreviousGroupCheck(block, index)}
    this.${put}(${index}, ${data.ascii ? "text" : "bytes"});
    return this;
  }`;
}

function emitPreviousGroupCheck(block: BlockModel, index: number): string {
  const previous = block.groups[index - 1];
  return previous === undefined ? "" : `this.${previous.name}Encoder.assertComplete();`;
}

/** A group without a following part is checked when the encoded length is read. */
function emitLastGroupCheck(block: BlockModel): string {
  return block.data.length > 0 ? "" : emitPreviousGroupCheck(block, block.groups.length);
}

function partNames(block: BlockModel): string {
  return [...block.groups, ...block.data].map((part) => `"${part.name}"`).join(", ");
}
