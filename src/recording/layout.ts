/**
 * The records of an MCAP file (mcap.dev/spec): `u8 opcode, u64 length, content`, little endian. This file defines their fixed sizes, for
 * writers that patch records in place and for readers that step from one to the next.
 */
export const Opcode = {
  HEADER: 0x01,
  FOOTER: 0x02,
  SCHEMA: 0x03,
  CHANNEL: 0x04,
  MESSAGE: 0x05,
  CHUNK: 0x06,
  MESSAGE_INDEX: 0x07,
  CHUNK_INDEX: 0x08,
  ATTACHMENT: 0x09,
  ATTACHMENT_INDEX: 0x0a,
  STATISTICS: 0x0b,
  METADATA: 0x0c,
  METADATA_INDEX: 0x0d,
  SUMMARY_OFFSET: 0x0e,
  DATA_END: 0x0f,
  /** A chunk whose frame was overwritten during the write. Opcodes from 0x80 on are private: every reader skips them. */
  TORN_CHUNK: 0x80,
  /** Zeros, so that the next record begins at a wanted offset. */
  PADDING: 0x81,
} as const;

/** At the beginning and at the end of a file: `0x89 MCAP0 \r\n`. */
export const MAGIC = Uint8Array.of(0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a);

/** Opcode and length, before the content of each record. */
export const RECORD_HEAD_BYTES = 9;

/** A Message's content before its data: channel id u16, sequence u32, log time u64, publish time u64. */
export const MESSAGE_FIXED_BYTES = 22;
export const MESSAGE_PREFIX_BYTES = RECORD_HEAD_BYTES + MESSAGE_FIXED_BYTES;

/**
 * A Chunk's content before its records, without its compression's name: start time u64, end time u64, uncompressed size u64, CRC u32,
 * length of the name u32, length of the records u64.
 */
const CHUNK_FIXED_BYTES = 40;
export const CHUNK_PREFIX_BYTES = RECORD_HEAD_BYTES + CHUNK_FIXED_BYTES;

/** A MessageIndex without entries: channel id u16, length of the entries u32. */
export const MESSAGE_INDEX_FIXED_BYTES = 6;
/** One of its entries: log time u64, offset of the message in the chunk's records u64. */
export const MESSAGE_INDEX_ENTRY_BYTES = 16;

/** A Footer record: summary start u64, summary offset start u64, CRC u32. */
export const FOOTER_BYTES = RECORD_HEAD_BYTES + 20;
/** A DataEnd record: CRC u32. */
export const DATA_END_BYTES = RECORD_HEAD_BYTES + 4;

/** Larger chunks break readers. */
export const MAX_CHUNK_BYTES = 2 ** 31 - 1;
