import { emitDecoders } from "./emit-decoder.ts";
import { emitEncoders } from "./emit-encoder.ts";
import { emitEnums } from "./emit-enums.ts";
import { emitInfo } from "./emit-info.ts";
import type { MessageModel, SchemaModel } from "./model.ts";
import { kebab, upperSnake } from "./names.ts";

/** Modules of the run-time code, and the names that generated code imports from them. */
const RUN_TIME: Readonly<Record<string, readonly string[]>> = {
  "bytes.ts": ["asciiAt", "bytesAt"],
  "decoders.ts": ["GroupDecoder", "MessageDecoder", "StructureDecoder"],
  "encode-error.ts": ["outOfRange"],
  "encoders.ts": ["type EncodeCursor", "GroupEncoder", "MessageEncoder", "StructureEncoder"],
  "info.ts": ["enumInfo", "fieldInfo", "type MessageInfo", "type StructureInfo"],
  "refusal.ts": ["type Refusal", "refusal"],
  "scan.ts": ["NO_VIEW", "type Scan"],
  "shapes.ts": ["dataShape", "groupShape", "messageShape"],
  "words.ts": ["elementOffset", "putInt64", "putInt64Number", "putUint64", "putUint64Number"],
};

/** The generated files of a schema, by name; not formatted yet. `runTime` is the path of the run-time code as they import it. */
export function emitSchema(schema: SchemaModel, runTime: string): Map<string, string> {
  const files = new Map<string, string>();
  const finish = (body: string, imports = "") => `${header(schema)}\n${importsOf(body, runTime)}${imports}${body}`;
  if (schema.enums.length > 0) files.set("enums.ts", finish(emitEnums(schema)));
  for (const message of schema.messages) {
    const body = [
      emitDecoders(message, schema.id),
      emitEncoders(message, schema.id),
      emitInfo(message, schema.id, schema.version),
    ].join("\n");
    files.set(`${kebab(message.name)}.ts`, finish(body, enumImports(schema, body)));
  }
  files.set("index.ts", emitIndex(schema, runTime));
  return files;
}

function emitIndex(schema: SchemaModel, runTime: string): string {
  const infos = schema.messages.map((message) => `${upperSnake(message.name)}_INFO`);
  const moduleOf = (message: MessageModel) => `"./${kebab(message.name)}.ts"`;
  const imports = schema.messages.map((message, i) => `import { ${infos[i]} } from ${moduleOf(message)};`);
  const exports = schema.messages.map((message) => `export * from ${moduleOf(message)};`);
  return `${header(schema)}
import type { MessageInfo, StructureInfo } from "${runTime}/info.ts";
${imports.sort().join("\n")}

${schema.enums.length === 0 ? "" : 'export * from "./enums.ts";'}
${exports.sort().join("\n")}

/** All messages and structures of schema ${schema.id}. */
export const ${upperSnake(schema.shortName)}_MESSAGES: readonly (MessageInfo | StructureInfo)[] = [${infos.join(", ")}];
`;
}

function header(schema: SchemaModel): string {
  return `// Generated from schemas/${schema.file} (id ${schema.id}, version ${schema.version}): change that, then run \`npm run generate\`.`;
}

/** Imports only the names that the body mentions, so that there are no unused imports. */
function importsOf(body: string, runTime: string): string {
  const lines: string[] = [];
  for (const [file, names] of Object.entries(RUN_TIME)) {
    const used = names.filter((name) => mentions(body, name.replace("type ", "")));
    if (used.length > 0) lines.push(importLine(used, `${runTime}/${file}`));
  }
  return `${lines.join("\n")}\n`;
}

function enumImports(schema: SchemaModel, body: string): string {
  const names = schema.enums.flatMap(({ name }) => [`type ${name}`, `is${name}`, `${upperSnake(name)}_INFO`]);
  const used = names.filter((name) => mentions(body, name.startsWith("type ") ? `as ${name.slice(5)}` : name));
  return used.length === 0 ? "" : `${importLine(used, "./enums.ts")}\n`;
}

function importLine(names: readonly string[], file: string): string {
  if (names.every((name) => name.startsWith("type "))) {
    return `import type { ${names.map((name) => name.slice(5)).join(", ")} } from "${file}";`;
  }
  return `import { ${names.join(", ")} } from "${file}";`;
}

function mentions(body: string, name: string): boolean {
  return new RegExp(`(?<![\\w."])${name}\\b`).test(body);
}
