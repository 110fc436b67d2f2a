import type { FrameStamp } from "../recording/frame-message.ts";
import {
  MESSAGE_INDEX_ENTRY_BYTES,
  MESSAGE_INDEX_FIXED_BYTES,
  Opcode,
  RECORD_HEAD_BYTES,
} from "../recording/layout.ts";
import type { Block, ChunkFacts, FrameInPlace } from "./block.ts";
import type { FrameChannel } from "./channel.ts";
import { chunkHeadBytes, MESSAGE_PREFIX_BYTES, putChunkHead, putMessageHead } from "./chunk-head.ts";

const HEAD_BYTES = chunkHeadBytes("");
const INDEX_BYTES = RECORD_HEAD_BYTES + MESSAGE_INDEX_FIXED_BYTES + MESSAGE_INDEX_ENTRY_BYTES;

/** Times of a message, each as the two words of a u64. */
export interface MessageTimes {
  readonly high: number;
  readonly low: number;
  readonly publishHigh: number;
  readonly publishLow: number;
}

/**
 * One frame as a chunk whose values are written directly from its slot. Until the frame is proven intact after the write, the file contains
 * it under an opcode that every reader skips.
 */
export function heldBlock(
  channel: FrameChannel,
  stamp: FrameStamp,
  times: MessageTimes,
  values: Uint8Array,
  frame: FrameInPlace,
): Block {
  const { message, record } = channel;
  const head = new Uint8Array(new ArrayBuffer(HEAD_BYTES + MESSAGE_PREFIX_BYTES + message.prefixBytes));
  const view = new DataView(head.buffer);
  const size = MESSAGE_PREFIX_BYTES + message.prefixBytes + values.length;
  const { high, low } = times;
  const span = { startHigh: high, startLow: low, endHigh: high, endLow: low };
  putChunkHead(view, 0, Opcode.TORN_CHUNK, span, "", size, size);
  putMessageHead(
    view,
    HEAD_BYTES,
    record.id,
    stamp.seq % 0x1_0000_0000,
    high,
    low,
    times.publishHigh,
    times.publishLow,
    message.prefixBytes + values.length,
  );
  message.writePrefix(head, HEAD_BYTES + MESSAGE_PREFIX_BYTES, stamp);
  const index = new Uint8Array(new ArrayBuffer(INDEX_BYTES));
  const indexView = new DataView(index.buffer);
  index[0] = Opcode.MESSAGE_INDEX;
  indexView.setUint32(1, INDEX_BYTES - RECORD_HEAD_BYTES, true);
  indexView.setUint16(9, record.id, true);
  indexView.setUint32(11, MESSAGE_INDEX_ENTRY_BYTES, true);
  indexView.setUint32(15, low, true);
  indexView.setUint32(19, high, true);
  const byteLength = HEAD_BYTES + size;
  const chunk: ChunkFacts = {
    ...span,
    byteLength,
    compression: "",
    compressedSize: size,
    uncompressedSize: size,
    indexOffsets: [byteLength],
    messages: [1],
  };
  return {
    channels: [channel],
    pieces: [head, values, index],
    byteLength: byteLength + INDEX_BYTES,
    frame,
    chunk,
    frames: [1],
    bytes: [values.length],
    isAccount: false,
    isReady: true,
    release: () => frame.release(),
  };
}
