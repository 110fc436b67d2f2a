import { INTEGERS } from "../runtime/info.ts";
import type { EnumModel, SchemaModel } from "./model.ts";
import { upperSnake } from "./names.ts";

/** The TypeScript of all enums of a schema. */
export function emitEnums(schema: SchemaModel): string {
  return schema.enums.map(emitEnum).join("\n");
}

/** The value that names "absent", if the enum has one. */
export function namedNull(model: EnumModel): number | undefined {
  const nullValue = Number(INTEGERS[model.type].nullValue);
  return model.values.find((value) => value.code === nullValue)?.code;
}

function emitEnum(model: EnumModel): string {
  const { name, type, values } = model;
  const absent = namedNull(model);
  const codes = values.filter((value) => value.code !== absent).map((value) => `case ${value.code}:`);
  const remark = model.description === "" ? "" : ` ${model.description}.`;
  return `
/** Codes of ${name} (${type}).${remark} */
export const ${name} = { ${values.map((value) => `${value.name}: ${value.code}`).join(", ")} } as const;
export type ${name} = (typeof ${name})[keyof typeof ${name}];

/** True for a code of ${name}${absent === undefined ? "" : "; false for the null value"}. */
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
