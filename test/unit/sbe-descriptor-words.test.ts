import { expect, test } from "bun:test";
import { DESCRIPTOR_PREFIX_WORDS, DESCRIPTOR_WORD } from "../../src/sbe/descriptor-words.ts";
import { FrameDescriptorDecoder, FrameDescriptorEncoder } from "../../src/sbe/generated/control/index.ts";

test("the words of a descriptor that the frame path writes and reads are those of the codec", () => {
  const view = new DataView(new ArrayBuffer(FrameDescriptorEncoder.ENCODED_LENGTH));
  new FrameDescriptorEncoder()
    .wrap(view, 0, view.byteLength)
    .setStreamId(0x1111_1111)
    .setEpoch(0x2222_2222, 0x3333_3333)
    .setSeq(0x4444_4444, 0x5555_5555)
    .setHeaderIndex(0x6666_6666)
    .setTimestampNs(0x7777_7777, 0x0888_8888)
    .setMetaVersion(0x0999_9999);
  const word = (name: keyof typeof DESCRIPTOR_WORD): number => view.getUint32(DESCRIPTOR_WORD[name] * 4, true);
  expect(word("lengthAndTemplate")).toBe(
    FrameDescriptorDecoder.BLOCK_LENGTH + FrameDescriptorDecoder.TEMPLATE_ID * 65536,
  );
  expect(word("schemaAndVersion")).toBe(FrameDescriptorDecoder.SCHEMA_ID + 65536);
  expect(word("streamId")).toBe(0x1111_1111);
  expect([word("epochHigh"), word("epochLow")]).toEqual([0x2222_2222, 0x3333_3333]);
  expect([word("seqHigh"), word("seqLow")]).toEqual([0x4444_4444, 0x5555_5555]);
  expect(word("headerIndex")).toBe(0x6666_6666);
  expect([word("timestampHigh"), word("timestampLow")]).toEqual([0x7777_7777, 0x0888_8888]);
  expect(word("metaVersion")).toBe(0x0999_9999);
  expect(Object.keys(DESCRIPTOR_WORD).length * 4).toBe(view.byteLength);
  expect(DESCRIPTOR_PREFIX_WORDS).toBe(DESCRIPTOR_WORD.seqLow);
});
