import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { DecodeError, decodeJson, type MessageInfo, messageByName, REFUSAL_CODES } from "../../src/sbe/index.ts";
import { FRAMED, MESSAGE_VECTORS, readEverything } from "../support/sbe-messages.ts";

const POISON = 0xa5;
const MARGIN = 64;

/**
 * Wraps the bytes with every decoder twice: through a view of exactly their length, where reading past the end throws, and as a part
 * of a larger view full of poison. Both must agree; an accepted message must be readable. Returns the code, or "accepted".
 */
function judge(info: MessageInfo, bytes: Uint8Array): string {
  const buffer = new ArrayBuffer(bytes.length + 2 * MARGIN);
  new Uint8Array(buffer).fill(POISON);
  new Uint8Array(buffer).set(bytes, MARGIN);
  const exact = info.createDecoder();
  const refused = exact.wrap(new DataView(buffer, MARGIN, bytes.length), 0, bytes.length);
  const inner = info.createDecoder();
  expect(inner.wrap(new DataView(buffer), MARGIN, bytes.length)).toBe(refused);
  if (refused !== null) {
    expect(REFUSAL_CODES).toContain(refused.code);
    expect(exact.refusedAt).toBe(inner.refusedAt);
    expect(exact.refusedAt).toBeLessThanOrEqual(bytes.length);
    return refused.code;
  }
  expect(readEverything(info, exact)).toBe(readEverything(info, inner));
  return "accepted";
}

function infoOf(name: string): MessageInfo {
  const info = messageByName(name);
  if (info?.kind !== "message") throw new Error(`no message ${name}`);
  return info;
}

const VECTORS = MESSAGE_VECTORS.map(({ name, hex }) => ({ info: infoOf(name), bytes: Uint8Array.fromHex(hex) }));
const anyVector = fc.constantFrom(...VECTORS);

describe("W-34, W-36: a hostile message is refused with a reason, never read past, never thrown", () => {
  test("every truncation of every reference encoding is refused", () => {
    for (const { info, bytes } of VECTORS) {
      for (let length = 0; length < bytes.length; length++) {
        expect(judge(info, bytes.slice(0, length))).not.toBe("accepted");
      }
      expect(judge(info, bytes)).toBe("accepted");
    }
  });

  test("a byte too many is refused", () => {
    for (const { info, bytes } of VECTORS) {
      const longer = new Uint8Array(bytes.length + 1);
      longer.set(bytes);
      expect(judge(info, longer)).toBe("trailing-bytes");
    }
  });

  test("random changes lead to a reason or to another message", () => {
    const change = fc.record({ at: fc.nat(), value: fc.constantFrom(0, 1, 0x7f, 0x80, 0xfe, 0xff) });
    fc.assert(
      fc.property(anyVector, fc.array(change, { minLength: 1, maxLength: 4 }), ({ info, bytes }, changes) => {
        const changed = bytes.slice();
        for (const { at, value } of changes) changed[at % changed.length] = value;
        judge(info, changed);
      }),
      { numRuns: 3000 },
    );
  });

  test("random bytes behind a right header lead to a reason or to a message", () => {
    fc.assert(
      fc.property(fc.constantFrom(...FRAMED), fc.uint8Array({ maxLength: 120 }), (info, body) => {
        const bytes = new Uint8Array(8 + body.length);
        bytes.set(body, 8);
        const { blockLength, templateId, schemaId, version } = info;
        new Uint16Array(bytes.buffer, 0, 4).set([blockLength, templateId, schemaId, version]);
        judge(info, bytes);
      }),
      { numRuns: 2000 },
    );
  });

  test("every 16-bit field of the header and every length is refused at its extremes", () => {
    for (const { info, bytes } of VECTORS) {
      for (let at = 0; at < 8; at += 2) {
        const changed = bytes.slice();
        new DataView(changed.buffer).setUint16(at, 0xffff, true);
        expect(judge(info, changed)).toBe(["block-length", "template", "schema", "version"][at / 2] ?? "");
      }
    }
  });

  test("the JSON codec only ever throws DecodeError", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 80 }),
          anyVector.map(({ bytes }) => bytes.slice(0, -1)),
        ),
        (bytes) => {
          try {
            decodeJson(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
