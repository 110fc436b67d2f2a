/**
 * Offsets of FrameDescriptor's fields, in 32-bit words from the SBE header on, for the two code paths that handle each frame of every
 * stream. `test/unit/sbe-descriptor-words.test.ts` compares them with the codec.
 */
export const DESCRIPTOR_WORD = {
  /** blockLength u16, templateId u16. */
  lengthAndTemplate: 0,
  /** schemaId u16, version u16. */
  schemaAndVersion: 1,
  streamId: 2,
  epochLow: 3,
  epochHigh: 4,
  seqLow: 5,
  seqHigh: 6,
  headerIndex: 7,
  timestampLow: 8,
  timestampHigh: 9,
  metaVersion: 10,
} as const;

/** Words at the beginning that are the same in all descriptors of an epoch: header, streamId and epoch. */
export const DESCRIPTOR_PREFIX_WORDS = 5;
