import { parseXml, XmlElement, XmlError } from "@rgrove/parse-xml";
import { SchemaError, type SchemaErrorCode } from "./schema-error.ts";

/** An element of a schema, with its place for error messages. */
export class SchemaElement {
  /** Name without its namespace prefix. */
  readonly tag: string;
  readonly children: readonly SchemaElement[];
  private readonly element: XmlElement;
  private readonly file: string;
  private readonly line: number;

  private constructor(element: XmlElement, file: string, text: string) {
    this.element = element;
    this.file = file;
    this.tag = element.name.replace(/^.*:/, "");
    this.line = text.slice(0, element.start).split("\n").length;
    this.children = element.children
      .filter((child) => child instanceof XmlElement)
      .map((child) => new SchemaElement(child, file, text));
  }

  /** Parses a whole file. Throws SchemaError if it is not well-formed. */
  static parse(text: string, file: string): SchemaElement {
    try {
      const root = parseXml(text, { includeOffsets: true }).root;
      if (root === null) throw new SchemaError("xml", `${file}: there is no root element`);
      return new SchemaElement(root, file, text);
    } catch (error) {
      if (error instanceof XmlError) throw new SchemaError("xml", `${file}: ${error.message}`, { cause: error });
      throw error;
    }
  }

  /** Such as `control-900.xml:12, field streamId`. */
  get place(): string {
    const name = this.text("name", "");
    return `${this.file}:${this.line}, ${this.tag}${name === "" ? "" : ` ${name}`}`;
  }

  error(code: SchemaErrorCode, expected: string, found: string): SchemaError {
    return new SchemaError(code, `${this.place}: expected ${expected}, found ${found}`, { expected, found });
  }

  has(attribute: string): boolean {
    return this.element.attributes[attribute] !== undefined;
  }

  /** An attribute's value, or the fallback; without a fallback the attribute is required. */
  text(attribute: string, fallback?: string): string {
    const value = this.element.attributes[attribute] ?? fallback;
    if (value === undefined) throw this.error("attribute", `an attribute ${attribute}`, "none");
    return value;
  }

  oneOf<T extends string>(attribute: string, choices: readonly T[], fallback: T): T {
    const value = this.text(attribute, fallback);
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined) throw this.error("attribute", `${attribute} ${choices.join(" or ")}`, value);
    return choice;
  }

  bigint(attribute: string, fallback?: bigint): bigint {
    const value = this.text(attribute, fallback?.toString());
    if (!/^-?\d{1,20}$/.test(value)) throw this.error("attribute", `a decimal number in ${attribute}`, value);
    return BigInt(value);
  }

  /** A number of at most 16 bits: an id, an offset, a length or a version. */
  uint16(attribute: string, fallback?: number): number {
    const value = this.bigint(attribute, fallback === undefined ? undefined : BigInt(fallback));
    if (value < 0n || value > 0xffffn) throw this.error("attribute", `0 to 65535 in ${attribute}`, String(value));
    return Number(value);
  }

  /** The characters between the tags. */
  get content(): string {
    return this.element.text.trim();
  }
}
