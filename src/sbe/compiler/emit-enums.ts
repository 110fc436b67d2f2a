import type { EnumModel, SchemaModel } from "./model.ts";
import { upperSnake } from "./names.ts";

/** The TypeScript of all enums of a schema. */
export function emitEnums(schema: SchemaModel): string {
  return schema.enums.map(emitEnum).join("\n");
}

function emitEnum(model: EnumModel): string {
  const { name, type, values } = model;
  const codes = values.map((value) => `case ${value.code}:`);
  const remark = model.description === "" ? "" : ` ${model.description}.`;
  return `
/** Codes of ${name} (${type}).${remark} */
export const ${name} = { ${values.map((value) => `${value.name}: ${value.code}`).join(", ")} } as const;
export type ${name} = (typeof ${name})[keyof typeof ${name}];

/** True for a code of ${name}. */
export function is${name}(code: number): boolean {
  switch (code) {
    ${codes.join("\n    ")}
      return true;
    default:
      return false;
  }
}

export const ${upperSnake(name)}_INFO = enumInfo("${name}", "${type}", ${name});
`;
}
