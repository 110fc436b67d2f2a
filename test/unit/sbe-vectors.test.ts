import { describe, expect, test } from "bun:test";
import { decodeJson, encodeEnvelope, encodeJson, MESSAGES } from "../../src/sbe/index.ts";
import { MESSAGE_VECTORS, readEverything, SLOT_VECTORS } from "../support/sbe-messages.ts";

describe("reference encodings of an independent codec", () => {
  test("there are six of each message", () => {
    const counts = new Map<string, number>();
    for (const { name } of MESSAGE_VECTORS) counts.set(name, (counts.get(name) ?? 0) + 1);
    const messages = MESSAGES.filter((info) => info.kind === "message").map((info) => info.name);
    expect([...counts]).toEqual(messages.map((name) => [name, 6]));
  });

  test("W-34: every message encodes to the same bytes", () => {
    for (const { name, fields, hex } of MESSAGE_VECTORS) expect(encodeJson(name, fields).toHex()).toBe(hex);
  });

  test("every message decodes to the same fields", () => {
    for (const { name, schemaId, templateId, blockLength, fields, hex } of MESSAGE_VECTORS) {
      const decoded = decodeJson(Uint8Array.fromHex(hex));
      expect(decoded).toEqual({ name, schemaId, templateId, version: 1, blockLength, fields });
      expect(Object.keys(decoded.fields)).toEqual(Object.keys(fields));
    }
  });

  test("the superblock and the slot header encode and decode, without a header", () => {
    for (const { name, hex, fields } of SLOT_VECTORS) {
      expect(encodeJson(name, fields).toHex()).toBe(hex);
      expect(decodeJson(Uint8Array.fromHex(hex), name).fields).toEqual(fields);
    }
  });

  test("what decode gives is what encode takes, as a whole", () => {
    for (const { hex } of MESSAGE_VECTORS) {
      expect(encodeEnvelope(decodeJson(Uint8Array.fromHex(hex))).toHex()).toBe(hex);
    }
  });

  test("every getter of every decoder can be read", () => {
    for (const { name, hex } of MESSAGE_VECTORS) {
      const bytes = Uint8Array.fromHex(hex);
      const info = MESSAGES.find((candidate) => candidate.name === name);
      if (info?.kind !== "message") throw new Error(`no message ${name}`);
      const decoder = info.createDecoder();
      expect(decoder.wrap(new DataView(bytes.buffer), 0, bytes.length)).toBeNull();
      expect(readEverything(info, decoder)).toBeGreaterThan(info.fields.length);
    }
  });
});
