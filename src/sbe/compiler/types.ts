import { INTEGERS, type IntegerType } from "../runtime/info.ts";
import type { EnumModel } from "./model.ts";
import type { SchemaElement } from "./xml.ts";

export interface IntegerDefinition {
  readonly kind: "integer";
  readonly type: IntegerType;
  readonly length: number;
  readonly optional: boolean;
  readonly nullValue: bigint;
  readonly ascii: boolean;
}

export interface EnumDefinition {
  readonly kind: "enum";
  readonly model: EnumModel;
}

export interface CompositeDefinition {
  readonly kind: "composite";
  readonly members: readonly CompositeMember[];
  readonly bytes: number;
}

interface CompositeMember {
  readonly name: string;
  readonly offset: number;
  readonly definition: IntegerDefinition | EnumDefinition;
}

export type TypeDefinition = IntegerDefinition | EnumDefinition | CompositeDefinition;

export function bytesOf(definition: TypeDefinition): number {
  switch (definition.kind) {
    case "integer":
      return INTEGERS[definition.type].bytes * definition.length;
    case "enum":
      return INTEGERS[definition.model.type].bytes;
    case "composite":
      return definition.bytes;
  }
}

/** The types of a schema by name: the primitives, and the types that its `types` elements define. */
export class TypeTable {
  private readonly byName = new Map<string, TypeDefinition>();

  constructor() {
    for (const type of Object.keys(INTEGERS)) {
      if (isInteger(type)) this.byName.set(type, integerDefinition(type));
    }
  }

  /** All enums, in the order of the schema. */
  get enums(): readonly EnumModel[] {
    return [...this.byName.values()].flatMap((definition) => (definition.kind === "enum" ? [definition.model] : []));
  }

  /** Adds the types of one `types` element. A type must be defined before its first use. */
  addAll(types: SchemaElement): void {
    for (const element of types.children) {
      const name = element.text("name");
      if (this.byName.has(name)) throw element.error("duplicate", "a name that no other type has", name);
      this.byName.set(name, this.define(element));
    }
  }

  /** The type that an attribute of `user` names. Throws SchemaError if there is none. */
  find(user: SchemaElement, attribute: string): TypeDefinition {
    const name = user.text(attribute);
    const definition = this.byName.get(name);
    if (definition !== undefined) return definition;
    if (["char", "float", "double"].includes(name)) throw user.error("unsupported", "an integer type", name);
    throw user.error("unknown-type", `a type that is defined before it is used`, name);
  }

  composite(user: SchemaElement, attribute: string, fallback?: string): CompositeDefinition {
    const name = user.text(attribute, fallback);
    const definition = this.byName.get(name);
    if (definition?.kind === "composite") return definition;
    throw user.error("unknown-type", `a composite in ${attribute}`, name);
  }

  private define(element: SchemaElement): TypeDefinition {
    switch (element.tag) {
      case "type":
        return this.defineInteger(element);
      case "enum":
        return { kind: "enum", model: this.defineEnum(element) };
      case "composite":
        return this.defineComposite(element);
      default:
        throw element.error("unsupported", "type, enum or composite", element.tag);
    }
  }

  private defineInteger(element: SchemaElement): IntegerDefinition {
    const base = this.find(element, "primitiveType");
    if (base.kind !== "integer") throw element.error("attribute", "a primitive type", element.text("primitiveType"));
    const presence = element.text("presence", "required");
    if (presence === "constant") throw element.error("unsupported", "presence required or optional", presence);
    const length = element.uint16("length", 1);
    const optional = element.oneOf("presence", ["required", "optional"], "required") === "optional";
    const nullValue = element.bigint("nullValue", base.nullValue);
    const { min, max } = INTEGERS[base.type];
    if (nullValue < min || nullValue > max)
      throw element.error("attribute", `a nullValue of ${base.type}`, String(nullValue));
    if (optional && length !== 1) throw element.error("unsupported", "an array that is required", "an optional one");
    const encoding = element.text("characterEncoding", "");
    if (!["", "US-ASCII", "ASCII"].includes(encoding)) throw element.error("unsupported", "US-ASCII", encoding);
    return { kind: "integer", type: base.type, length, optional, nullValue, ascii: encoding !== "" };
  }

  private defineEnum(element: SchemaElement): EnumModel {
    const encoding = this.find(element, "encodingType");
    if (encoding.kind !== "integer" || encoding.length !== 1) {
      throw element.error("attribute", "an integer as encodingType", element.text("encodingType"));
    }
    const { bytes, min, max } = INTEGERS[encoding.type];
    if (bytes > 4) throw element.error("unsupported", "an encodingType of at most 32 bits", encoding.type);
    const values: { name: string; code: number }[] = [];
    for (const child of element.children) {
      if (child.tag !== "validValue") throw child.error("xml", "validValue", child.tag);
      const name = child.text("name");
      if (!/^-?\d{1,10}$/.test(child.content)) throw child.error("attribute", "a decimal number", `"${child.content}"`);
      const code = Number(child.content);
      if (code < min || code > max) throw child.error("attribute", `a value of ${encoding.type}`, String(code));
      // The official SBE tool refuses it, too.
      if (BigInt(code) === encoding.nullValue) throw child.error("attribute", "a value that is not null", String(code));
      if (values.some((other) => other.name === name)) throw child.error("duplicate", "a name of its own", name);
      if (values.some((other) => other.code === code))
        throw child.error("duplicate", "a value of its own", String(code));
      values.push({ name, code });
    }
    if (values.length === 0) throw element.error("xml", "at least one validValue", "none");
    return { name: element.text("name"), type: encoding.type, values, description: element.text("description", "") };
  }

  private defineComposite(element: SchemaElement): CompositeDefinition {
    const members: CompositeMember[] = [];
    let end = 0;
    for (const child of element.children) {
      const definition = child.tag === "ref" ? this.find(child, "type") : this.define(child);
      if (definition.kind === "composite")
        throw child.error("unsupported", "a composite of plain members", "a composite");
      const offset = child.uint16("offset", end);
      if (offset < end) throw child.error("overlap", `an offset from ${end} on`, String(offset));
      end = offset + bytesOf(definition);
      members.push({ name: child.text("name"), offset, definition });
    }
    return { kind: "composite", members, bytes: end };
  }
}

export function integerDefinition(type: IntegerType): IntegerDefinition {
  return { kind: "integer", type, length: 1, optional: false, nullValue: INTEGERS[type].nullValue, ascii: false };
}

function isInteger(name: string): name is IntegerType {
  return Object.hasOwn(INTEGERS, name);
}
