import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  decodeJson,
  encodeJson,
  FrameDescriptorDecoder,
  FrameDescriptorEncoder,
  MESSAGES,
} from "../../src/sbe/index.ts";
import { anyFields } from "../support/sbe-messages.ts";

const RUNS = { numRuns: 100 };

describe("a message that was encoded decodes to what it was made from, and encodes to the same bytes again", () => {
  for (const info of MESSAGES) {
    test(info.name, () => {
      const name = info.kind === "structure" ? info.name : undefined;
      fc.assert(
        fc.property(anyFields(info), (fields) => {
          const bytes = encodeJson(info.name, fields);
          const decoded = decodeJson(bytes, name);
          expect(decoded.fields).toEqual(fields);
          expect(encodeJson(info.name, decoded.fields)).toEqual(bytes);
        }),
        RUNS,
      );
    });
  }
});

describe("64-bit fields keep every bit", () => {
  const view = new DataView(new ArrayBuffer(FrameDescriptorEncoder.ENCODED_LENGTH));
  const encoder = new FrameDescriptorEncoder();
  const decoder = new FrameDescriptorDecoder();
  const anySeq = fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.constantFrom(0n, 2n ** 32n, 2n ** 53n, 2n ** 64n - 1n),
  );

  test("as two words and as a bigint", () => {
    fc.assert(
      fc.property(anySeq, (seq) => {
        encoder
          .wrap(view, 0, view.byteLength)
          .setSeqBigint(seq)
          .setEpoch(Number(seq >> 32n), Number(seq & 0xffffffffn));
        expect(decoder.wrap(view, 0, view.byteLength)).toBeNull();
        expect(decoder.seq).toBe(seq);
        expect(decoder.epoch).toBe(seq);
        expect(decoder.seqHigh).toBe(Number(seq >> 32n));
        expect(decoder.seqLow).toBe(Number(seq & 0xffffffffn));
      }),
    );
  });

  test("as a number, up to the largest safe integer", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (seq) => {
        encoder.wrap(view, 0, view.byteLength).setSeqNumber(seq);
        expect(decoder.wrap(view, 0, view.byteLength)).toBeNull();
        expect(decoder.seqNumber).toBe(seq);
        expect(decoder.seq).toBe(BigInt(seq));
      }),
    );
  });
});
