import {
  CHUNK_PREFIX_BYTES,
  MESSAGE_FIXED_BYTES,
  MESSAGE_PREFIX_BYTES,
  Opcode,
  RECORD_HEAD_BYTES,
} from "../recording/layout.ts";

/** Bytes of a Chunk record before its records, for the named compression. */
export function chunkHeadBytes(compression: string): number {
  return CHUNK_PREFIX_BYTES + compression.length;
}

export interface ChunkTimes {
  readonly startHigh: number;
  readonly startLow: number;
  readonly endHigh: number;
  readonly endLow: number;
}

/** Writes a Chunk record up to its records. */
export function putChunkHead(
  view: DataView,
  at: number,
  opcode: number,
  times: ChunkTimes,
  compression: string,
  uncompressedSize: number,
  size: number,
): void {
  const headBytes = chunkHeadBytes(compression);
  view.setUint8(at, opcode);
  putU64(view, at + 1, headBytes - RECORD_HEAD_BYTES + size);
  view.setUint32(at + 9, times.startLow, true);
  view.setUint32(at + 13, times.startHigh, true);
  view.setUint32(at + 17, times.endLow, true);
  view.setUint32(at + 21, times.endHigh, true);
  putU64(view, at + 25, uncompressedSize);
  // A CRC of 0 means none.
  view.setUint32(at + 33, 0, true);
  view.setUint32(at + 37, compression.length, true);
  for (let i = 0; i < compression.length; i++) view.setUint8(at + 41 + i, compression.charCodeAt(i));
  putU64(view, at + headBytes - 8, size);
}

/** Writes a Message record up to its data of `dataBytes` bytes. */
export function putMessageHead(
  view: DataView,
  at: number,
  channelId: number,
  sequence: number,
  timeHigh: number,
  timeLow: number,
  publishHigh: number,
  publishLow: number,
  dataBytes: number,
): void {
  view.setUint8(at, Opcode.MESSAGE);
  putU64(view, at + 1, MESSAGE_FIXED_BYTES + dataBytes);
  view.setUint16(at + 9, channelId, true);
  view.setUint32(at + 11, sequence, true);
  view.setUint32(at + 15, timeLow, true);
  view.setUint32(at + 19, timeHigh, true);
  view.setUint32(at + 23, publishLow, true);
  view.setUint32(at + 27, publishHigh, true);
}

export { MESSAGE_PREFIX_BYTES };

function putU64(view: DataView, at: number, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000);
  view.setUint32(at, value - high * 0x1_0000_0000, true);
  view.setUint32(at + 4, high, true);
}
