import { ByteBuilder } from "../../src/recording/byte-builder.ts";
import { type FrameKind, FrameMessage, type FrameStamp } from "../../src/recording/frame-message.ts";
import { MAGIC, MESSAGE_FIXED_BYTES, Opcode } from "../../src/recording/layout.ts";
import {
  putChannel,
  putHeader,
  putIndexEntry,
  putMessageIndexHead,
  putSchema,
  type SchemaRecord,
} from "../../src/recording/records.ts";
import { FRAME_SCHEMAS, PROTOBUF } from "../../src/recording/schemas.ts";
import { Summary } from "../../src/recording/summary.ts";

export interface SampleFrame {
  readonly kind: FrameKind;
  readonly stamp: FrameStamp;
  readonly values: Uint8Array;
}

const LOG_TIME = { high: 0x17c0_0000, low: 0 };

/** A whole MCAP file in which each frame is a chunk of its own, and a torn chunk follows the first one. */
export function sampleFile(frames: readonly SampleFrame[]): Uint8Array {
  const file = new ByteBuilder();
  const summary = new Summary();
  file.raw(MAGIC);
  putHeader(file, "", "tensorpool test");
  frames.forEach(({ kind, stamp, values }, index) => {
    const message = new FrameMessage(kind);
    const id = index + 1;
    const schema: SchemaRecord = { id, name: message.schema, encoding: PROTOBUF, data: FRAME_SCHEMAS[message.schema] };
    const topic = `/${kind.name}/${message.schema === "foxglove.RawImage" ? "image" : "frame"}`;
    const channel = { id, schemaId: id, topic, messageEncoding: PROTOBUF, metadata: { epoch: String(kind.epoch) } };
    putSchema(file, schema);
    putChannel(file, channel);
    summary.addSchema(schema);
    summary.addChannel(channel);
    const chunkAt = putChunk(file, Opcode.CHUNK, id, index, message, stamp, values);
    const chunkEnd = file.length;
    putMessageIndexHead(file, id, 1);
    putIndexEntry(file, LOG_TIME.high, LOG_TIME.low + index, 0);
    summary.addChunk({
      startHigh: LOG_TIME.high,
      startLow: LOG_TIME.low + index,
      endHigh: LOG_TIME.high,
      endLow: LOG_TIME.low + index,
      offset: chunkAt,
      byteLength: chunkEnd - chunkAt,
      compression: "",
      compressedSize: chunkEnd - chunkAt - 49,
      uncompressedSize: chunkEnd - chunkAt - 49,
      messageIndexLength: file.length - chunkEnd,
      channels: 1,
      channelIds: [id],
      indexOffsets: [chunkEnd],
      messages: [1],
    });
    if (index === 0) putChunk(file, Opcode.TORN_CHUNK, id, 99, message, stamp, values.slice().fill(0xee));
  });
  for (const piece of summary.finish(file.length)) file.raw(piece);
  return file.bytes.slice();
}

function putChunk(
  file: ByteBuilder,
  opcode: number,
  channelId: number,
  index: number,
  message: FrameMessage,
  stamp: FrameStamp,
  values: Uint8Array,
): number {
  const at = file.begin(opcode);
  file.words(LOG_TIME.high, LOG_TIME.low + index);
  file.words(LOG_TIME.high, LOG_TIME.low + index);
  const sizeAt = file.length;
  file.u64(0);
  file.u32(0);
  file.text("");
  file.u64(0);
  const recordsAt = file.length;
  file.u8(Opcode.MESSAGE);
  file.u64(MESSAGE_FIXED_BYTES + message.prefixBytes + values.length);
  file.u16(channelId);
  file.u32(stamp.seq);
  file.words(LOG_TIME.high, LOG_TIME.low + index);
  file.words(LOG_TIME.high, LOG_TIME.low + index);
  const prefix = new Uint8Array(message.prefixBytes + 3);
  message.writePrefix(prefix, 3, stamp);
  file.raw(prefix.subarray(3));
  file.raw(values);
  file.patchU64(sizeAt, file.length - recordsAt);
  file.patchU64(recordsAt - 8, file.length - recordsAt);
  file.end(at);
  return at;
}
