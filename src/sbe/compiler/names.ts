import type { FieldModel } from "./model.ts";
import type { SchemaElement } from "./xml.ts";

/** `payloadPools` to `PayloadPools`. */
export function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** `payloadPools` to `PAYLOAD_POOLS`. */
export function upperSnake(name: string): string {
  return words(name).join("_").toUpperCase();
}

/** `ShmPoolAnnounce` to `shm-pool-announce`. */
export function kebab(name: string): string {
  return words(name).join("-").toLowerCase();
}

function words(name: string): string[] {
  return name.split(/(?<=[a-z0-9])(?=[A-Z])|_/);
}

/** Members that the run-time classes already have. */
const RESERVED = [
  ...[
    "begin",
    "block",
    "check",
    "clear",
    "constructor",
    "count",
    "first",
    "following",
    "locate",
    "next",
    "open",
    "refusedAt",
  ],
  ...["refusedValue", "rewind", "scan", "source", "taken", "version", "view", "wrap"],
];

/** The accessors of one block, to detect name conflicts between parts of the schema. */
export class NameRegister {
  private readonly taken = new Set(RESERVED);

  addField(element: SchemaElement, field: FieldModel): void {
    const { name } = field;
    this.checkIdentifier(element, name);
    this.add(element, name);
    if (field.type === "uint64" || field.type === "int64") {
      for (const suffix of ["High", "Low", "Number"]) this.add(element, name + suffix);
    }
    if (field.nullValue !== null) {
      this.add(element, `has${capitalised(name)}`);
      this.add(element, `${name}Null`);
    }
    if (field.length !== 1) this.add(element, `${name}Length`);
  }

  addPart(element: SchemaElement, kind: "group" | "data"): void {
    const name = element.text("name");
    this.checkIdentifier(element, name);
    this.add(element, name);
    for (const suffix of kind === "group" ? ["Count"] : ["Offset", "Length"]) this.add(element, name + suffix);
  }

  private checkIdentifier(element: SchemaElement, name: string): void {
    if (!/^[a-z][A-Za-z0-9]*$/.test(name)) throw element.error("name", "a name in camelCase", name);
  }

  private add(element: SchemaElement, name: string): void {
    if (this.taken.has(name)) throw element.error("duplicate", "a name that leads to accessors of its own", name);
    this.taken.add(name);
  }
}
