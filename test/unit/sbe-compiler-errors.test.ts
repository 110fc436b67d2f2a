import { describe, expect, test } from "bun:test";
import { parseSchema } from "../../src/sbe/compiler/parse.ts";
import { SchemaError } from "../../src/sbe/compiler/schema-error.ts";

const TYPES = `
    <composite name="messageHeader">
      <type name="blockLength" primitiveType="uint16"/><type name="templateId" primitiveType="uint16"/>
      <type name="schemaId" primitiveType="uint16"/><type name="version" primitiveType="uint16"/>
    </composite>
    <composite name="groupSizeEncoding">
      <type name="blockLength" primitiveType="uint16"/><type name="numInGroup" primitiveType="uint16"/>
    </composite>
    <composite name="text">
      <type name="length" primitiveType="uint32"/><type name="varData" primitiveType="uint8" length="0"/>
    </composite>
    <type name="maybe" primitiveType="uint32" presence="optional"/>`;

/** A schema of version 2 with these messages and further types. */
function schema(messages: string, types = ""): string {
  return `<sbe:messageSchema xmlns:sbe="urn:x" package="a.b" id="1" version="2"><types>${TYPES}${types}</types>${messages}</sbe:messageSchema>`;
}

function message(content: string, attributes = 'name="Ping" id="1"'): string {
  return schema(`\n<sbe:message ${attributes}>\n${content}\n</sbe:message>`);
}

/** The SchemaError that a text leads to. */
function errorOf(text: string): SchemaError {
  try {
    parseSchema(text, "test.xml");
  } catch (error) {
    if (error instanceof SchemaError) return error;
    throw error;
  }
  throw new Error("expected a SchemaError, found none");
}

const FIELD = '<field name="a" id="1" type="uint32"/>';

const WRONG: readonly [string, string, string][] = [
  ["xml that is not well-formed", "<sbe:messageSchema><types></sbe:messageSchema>", "xml"],
  ["another root", "<schema/>", "xml"],
  ["an unknown element in a message", message('<feild name="a" id="1" type="uint32"/>'), "xml"],
  ["a field after a group", message(`<group name="g" id="2"/>${FIELD}`), "xml"],
  ["a group after data", message('<data name="d" id="1" type="text"/><group name="g" id="2"/>'), "xml"],
  ["a missing attribute", message('<field name="a" type="uint32"/>'), "attribute"],
  ["a number that is none", message('<field name="a" id="x" type="uint32"/>'), "attribute"],
  ["an offset that cannot be", message('<field name="a" id="1" type="uint32" offset="70000"/>'), "attribute"],
  ["an unknown type", message('<field name="a" id="1" type="uint31"/>'), "unknown-type"],
  ["data of an unknown type", message('<data name="a" id="1" type="blob"/>'), "unknown-type"],
  ["overlapping fields", message(`${FIELD}<field name="b" id="2" type="uint32" offset="3"/>`), "overlap"],
  ["a block that is too short", message(FIELD, 'name="Ping" id="1" blockLength="3"'), "block-length"],
  [
    "a group's block that is too short",
    message(`<group name="g" id="2" blockLength="3">${FIELD}</group>`),
    "block-length",
  ],
  ["two fields with one id", message(`${FIELD}<field name="b" id="1" type="uint32"/>`), "duplicate"],
  ["two fields with one name", message(`${FIELD}<field name="a" id="2" type="uint32"/>`), "duplicate"],
  [
    "accessors that coincide",
    message('<field name="a" id="1" type="uint64"/><field name="aHigh" id="2" type="uint8"/>'),
    "duplicate",
  ],
  ["a name that the decoder needs itself", message('<field name="view" id="1" type="uint8"/>'), "duplicate"],
  ["two messages with one id", schema('<message name="A" id="1"/><message name="B" id="1"/>'), "duplicate"],
  ["two messages with one name", schema('<message name="A" id="1"/><message name="A" id="2"/>'), "duplicate"],
  ["two types with one name", schema("", '<type name="maybe" primitiveType="uint8"/>'), "duplicate"],
  [
    "two names for one code",
    schema(
      "",
      '<enum name="E" encodingType="uint8"><validValue name="A">1</validValue><validValue name="B">1</validValue></enum>',
    ),
    "duplicate",
  ],
  [
    "a code that is the null value, which the official SBE tool refuses as well",
    schema("", '<enum name="E" encodingType="uint8"><validValue name="UNKNOWN">255</validValue></enum>'),
    "attribute",
  ],
  [
    "a code that its encoding cannot hold",
    schema("", '<enum name="E" encodingType="uint8"><validValue name="A">256</validValue></enum>'),
    "attribute",
  ],
  ["a name that is not in camelCase", message('<field name="A-b" id="1" type="uint8"/>'), "name"],
  [
    "a version that the schema does not have yet",
    message('<field name="a" id="1" type="maybe" sinceVersion="3"/>'),
    "version",
  ],
  [
    "an addition in front of older fields",
    message(`<field name="b" id="2" type="maybe" sinceVersion="1"/>${FIELD}`),
    "version",
  ],
  ["an added field that is required", message('<field name="a" id="1" type="uint32" sinceVersion="1"/>'), "version"],
  ["a set", schema("", '<set name="S" encodingType="uint8"/>'), "unsupported"],
  ["a floating-point number", message('<field name="a" id="1" type="double"/>'), "unsupported"],
  ["a constant", schema("", '<type name="c" primitiveType="uint8" presence="constant">1</type>'), "unsupported"],
  [
    "a string that is not US-ASCII",
    schema("", '<type name="c" primitiveType="uint8" characterEncoding="UTF-8"/>'),
    "unsupported",
  ],
  ["big-endian", message(FIELD).replace('package="a.b"', 'package="a.b" byteOrder="bigEndian"'), "unsupported"],
  [
    "another message header",
    message(FIELD).replace('name="version" primitiveType="uint16"', 'name="version" primitiveType="uint8"'),
    "unsupported",
  ],
  [
    "other group dimensions",
    message('<group name="g" id="1"/>').replace(
      '"numInGroup" primitiveType="uint16"',
      '"numInGroup" primitiveType="uint8"',
    ),
    "unsupported",
  ],
  [
    "a structure of shared memory with data",
    message('<data name="d" id="1" type="text"/>', 'name="A" id="1" semanticType="SharedMemory"'),
    "unsupported",
  ],
];

describe("the schema compiler refuses", () => {
  for (const [name, text, code] of WRONG) {
    test(name, () => {
      expect(errorOf(text).code).toBe(code as SchemaError["code"]);
    });
  }

  test("with the file, the line and the element in the message", () => {
    const text = message(`${FIELD}\n<field name="b" id="2" type="uint31"/>`);
    const line = text.slice(0, text.indexOf('name="b"')).split("\n").length;
    const expected = `test.xml:${line}, field b: expected a type that is defined before it is used, found uint31`;
    expect(errorOf(text).message).toBe(expected);
  });

  test("but takes a right schema", () => {
    expect(parseSchema(message(FIELD), "test.xml").messages[0]).toMatchObject({ name: "Ping", blockLength: 4 });
  });
});
