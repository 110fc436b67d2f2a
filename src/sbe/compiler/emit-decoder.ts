import { plus, read } from "./accessors.ts";
import { emitDataGetters, emitGetters } from "./emit-getters.ts";
import type { BlockModel, DataModel, FieldModel, GroupModel, MessageModel } from "./model.ts";
import { capitalised, upperSnake } from "./names.ts";

/** A block and its names in the generated code. */
interface Context {
  readonly message: MessageModel;
  readonly block: BlockModel;
  /** The first version that had this block: parts of that version need no version check. */
  readonly since: number;
  /** Prefix of the class: `ShmPoolAnnouncePayloadPools`. */
  readonly className: string;
  /** Names from the message down to this block: `["payloadPools"]`. */
  readonly path: readonly string[];
}

/** The decoder of a message and those of its groups. */
export function emitDecoders(message: MessageModel, schemaId: number): string {
  const context: Context = { message, block: message, since: message.since, className: message.name, path: [] };
  const constants = emitConstants(context);
  const shape = message.framed
    ? `const MESSAGE = messageShape("${message.name}", ${schemaId}, ${message.id}, ${message.since}, [${message.blockLengths}]);`
    : `const TRUNCATED = refusal("truncated", "${message.name}", "", "${message.blockLength} bytes");`;
  const groups = groupsOf(context).map(emitGroupDecoder);
  const decoder = message.framed ? emitMessageDecoder(context, schemaId) : emitStructureDecoder(context, schemaId);
  return [shape, ...constants, ...groups, decoder].join("\n");
}

function emitMessageDecoder(context: Context, schemaId: number): string {
  const { message } = context;
  const clears = message.groups.map((group) => `this.${group.name}.clear();`);
  return `
/** Reads ${message.name} in place.${message.description === "" ? "" : ` ${message.description}.`} */
export class ${message.name}Decoder extends MessageDecoder {
  ${emitStatics(message, schemaId)}
  ${emitMembers(context)}

  override wrap(view: DataView, offset: number, length: number): Refusal | null {
    const refused = this.check(view, offset, length);
    this.view = refused === null ? view : NO_VIEW;
    ${clears.length === 0 ? "" : `if (refused !== null) {\n${clears.join("\n")}\n}`}
    return refused;
  }

  private check(view: DataView, offset: number, length: number): Refusal | null {
    const scan = this.scan;
    ${hasParts(message) ? "let" : "const"} refused = scan.header(view, offset, length, MESSAGE);
    if (refused !== null) return refused;
    const block = offset + 8;
    this.block = block;
    ${emitEnumChecks(context)}
    ${emitPartChecks(context, true)}
    return scan.finish(MESSAGE);
  }

  ${emitAccessors(context)}
}
`;
}

function emitStructureDecoder(context: Context, schemaId: number): string {
  const { message } = context;
  const screaming = upperSnake(message.name);
  const offsets = message.fields.map(
    (field) => `export const ${screaming}_${upperSnake(field.name)}_OFFSET = ${field.offset};`,
  );
  return `
/** Bytes of ${message.name}. */
export const ${screaming}_BYTES = ${message.blockLength};
${offsets.join("\n")}

/** Reads ${message.name} in place.${message.description === "" ? "" : ` ${message.description}.`} It has no message header. */
export class ${message.name}Decoder extends StructureDecoder {
  ${emitStatics(message, schemaId)}

  override wrap(view: DataView, offset: number): Refusal | null {
    const refused = this.check(view, offset);
    this.view = refused === null ? view : NO_VIEW;
    return refused;
  }

  private check(view: DataView, block: number): Refusal | null {
    const scan = this.scan;
    const refused = scan.structure(view, block, ${message.blockLength}, TRUNCATED);
    if (refused !== null) return refused;
    this.block = block;
    ${emitEnumChecks(context)}
    return null;
  }

  ${emitAccessors(context)}
}
`;
}

function emitGroupDecoder(context: Context): string {
  const { message, block, className, path } = context;
  const shape = constantName(context, "");
  const nested = block.groups.map((group) => `this.${group.name}.clear();`);
  const hasEnums = block.fields.some((field) => field.enumModel !== null);
  const length = blockLengthAt(context, "scan.version");
  const isConstant = /^\d+$/.test(length);
  const entryCheck = `
      ${hasEnums ? "const block = scan.position;\nconst view = scan.view;" : ""}
      refused = scan.entry(${isConstant ? length : "blockLength"}, ${shape});
      if (refused !== null) return refused;
      ${emitEnumChecks(context)}
      ${emitPartChecks(context, false)}`;
  return `
/** Reads the entries of ${message.name}.${path.join(".")}. */
export class ${className}Decoder extends GroupDecoder {
  ${emitMembers(context)}

  override check(scan: Scan): Refusal | null {
    let refused = scan.group(${shape});
    if (refused !== null) return refused;
    this.begin(scan);
    ${isConstant ? "" : `const blockLength = ${length};`}
    for (let left = scan.entries; left > 0; left--) {${entryCheck}
    }
    return null;
  }
  ${nested.length === 0 ? "" : `\noverride clear(): void {\nsuper.clear();\n${nested.join("\n")}\n}`}

  protected override locate(): number {
    ${emitLocate(context)}
  }

  ${emitAccessors(context)}
}
`;
}

function emitStatics(message: MessageModel, schemaId: number): string {
  return `static readonly NAME = "${message.name}";
  static readonly SCHEMA_ID = ${schemaId};
  static readonly TEMPLATE_ID = ${message.id};
  static readonly BLOCK_LENGTH = ${message.blockLength};
  ${message.framed ? `/** What \`messageKeyAt\` says for this message. */\nstatic readonly KEY = ${schemaId * 65536 + message.id};` : ""}
`;
}

function emitMembers({ block, className }: Context): string {
  const groups = block.groups.map(
    (group) => `readonly ${group.name} = new ${className}${capitalised(group.name)}Decoder();`,
  );
  const data = block.data.flatMap((item) => [
    `/** Where the bytes of ${item.name} begin in the view. */\n${item.name}Offset = 0;`,
    `${item.name}Length = 0;`,
  ]);
  return [...groups, ...data].join("\n");
}

function emitAccessors({ since, block }: Context): string {
  const fields = block.fields.map((field) => emitGetters(field, since));
  return [...fields, ...block.data.map(emitDataGetters)].join("\n\n");
}

/** Enums are checked when the message is wrapped, so that no getter has to check them. */
function emitEnumChecks(context: Context): string {
  return context.block.fields
    .filter((field) => field.enumModel !== null)
    .map((field) => {
      const name = `${field.name}Code`;
      const at = plus("block", field.offset);
      const unlessNull = field.nullValue === null ? "" : ` && ${name} !== ${field.nullValue}`;
      const check = `
    const ${name} = ${read("view", field.type, at)};
    if (!is${field.enumModel?.name}(${name})${unlessNull}) return scan.refuse(${enumRefusalName(context, field)}, ${at}, ${name});`;
      return field.since > context.since ? `if (scan.version >= ${field.since}) {${check}\n}` : check;
    })
    .join("\n");
}

/** Positions of a message's groups and data are stored; those of an entry are determined again by `locate`. */
function emitPartChecks(context: Context, remember: boolean): string {
  const { since, block } = context;
  const groups = block.groups.map((group) => {
    const check = `refused = this.${group.name}.check(scan);\nif (refused !== null) return refused;`;
    return emitSince(group.since, since, "scan.version", check, `this.${group.name}.clear();`);
  });
  const data = block.data.map((item) => {
    const remembering = `
    this.${item.name}Length = scan.dataLength;
    this.${item.name}Offset = scan.position - scan.dataLength;`;
    const check = `refused = scan.data(${constantName(context, item.name)});
    if (refused !== null) return refused;${remember ? remembering : ""}`;
    return emitSince(item.since, since, "scan.version", check, remember ? `this.${item.name}Length = 0;` : "");
  });
  return [...groups, ...data].join("\n");
}

function emitLocate(context: Context): string {
  const { since, block } = context;
  const start = `this.block + ${blockLengthAt(context, "this.version")}`;
  if (!hasParts(block)) return `return ${start};`;
  const groups = block.groups.map((group) => {
    const open = `position = this.${group.name}.open(this.view, position, this.version);`;
    return emitSince(group.since, since, "this.version", open, `this.${group.name}.clear();`);
  });
  const data = block.data.map((item) => {
    const find = `
    this.${item.name}Length = this.view.getUint32(position, true);
    this.${item.name}Offset = position + 4;
    position += 4 + this.${item.name}Length;`;
    return emitSince(item.since, since, "this.version", find, `this.${item.name}Length = 0;`);
  });
  return `let position = ${start};\n${[...groups, ...data].join("\n")}\nreturn position;`;
}

function emitSince(since: number, first: number, version: string, code: string, otherwise: string): string {
  if (since <= first) return code;
  const alternative = otherwise === "" ? "" : ` else {\n${otherwise}\n}`;
  return `if (${version} >= ${since}) {\n${code}\n}${alternative}`;
}

/** The refusals of a block and of its groups, created once. */
function emitConstants(context: Context): string[] {
  const { message, block, path } = context;
  const enums = block.fields
    .filter((field) => field.enumModel !== null)
    .map((field) => {
      const expected = `a code of ${field.enumModel?.name}${field.nullValue === null ? "" : " or null"}`;
      const name = enumRefusalName(context, field);
      return `const ${name} = refusal("enum", "${message.name}", "${[...path, field.name].join(".")}", "${expected}");`;
    });
  const data = block.data.map((item) => {
    const where = [...path, item.name].join(".");
    return `const ${constantName(context, item.name)} = dataShape("${message.name}", "${where}", ${item.ascii});`;
  });
  const groups = groupsWithin(context).flatMap((group) => {
    const lengths = `[${group.block.blockLengths}]`;
    const variable = smallestParts(group.block, group.since);
    const where = group.path.join(".");
    return [
      `const ${constantName(group, "")} = groupShape("${message.name}", "${where}", ${message.since}, ${lengths}, ${variable});`,
      ...emitConstants(group),
    ];
  });
  return [...enums, ...groups, ...data];
}

/** Bytes of an entry's groups and data if all are empty; only of those that the block always had. */
function smallestParts(block: BlockModel, firstVersion: number): number {
  const everywhere = (part: GroupModel | DataModel) => part.since <= firstVersion;
  return 4 * (block.groups.filter(everywhere).length + block.data.filter(everywhere).length);
}

/** An expression; in parentheses unless it is a number. */
function blockLengthAt({ message, block }: Context, version: string): string {
  if (new Set(block.blockLengths).size === 1) return String(block.blockLength);
  const older = block.blockLengths.slice(0, -1);
  const choice = older.reduceRight(
    (newer, length, i) => `${version} === ${message.since + i} ? ${length} : ${newer}`,
    String(block.blockLength),
  );
  return `(${choice})`;
}

function hasParts(block: BlockModel): boolean {
  return block.groups.length + block.data.length > 0;
}

function groupsWithin(context: Context): Context[] {
  return context.block.groups.map((group) => ({
    message: context.message,
    block: group,
    since: group.since,
    className: context.className + capitalised(group.name),
    path: [...context.path, group.name],
  }));
}

/** All groups of a message, the innermost first. */
function groupsOf(context: Context): Context[] {
  return groupsWithin(context).flatMap((group) => [...groupsOf(group), group]);
}

function constantName({ path }: Context, name: string): string {
  return [...path, ...(name === "" ? [] : [name])].map(upperSnake).join("_");
}

function enumRefusalName(context: Context, field: FieldModel): string {
  return `${constantName(context, field.name)}_REFUSED`;
}
