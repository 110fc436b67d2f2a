import type { ByteWindow } from "./byte-window.ts";
import { type ChunkEntry, Packing } from "./chunk-table.ts";
import type { AttachmentEntry, MetadataEntry } from "./file-index.ts";
import { CHUNK_PREFIX_BYTES, RECORD_HEAD_BYTES } from "./layout.ts";
import { RecordContent } from "./record-content.ts";
import type { ChannelRecord, RecordPlace, SchemaRecord } from "./records.ts";

/** The place of a record's content. */
export interface ContentPlace {
  readonly contentAt: number;
  readonly contentBytes: number;
}

const PACKINGS = new Map<string, Packing>([
  ["", Packing.NONE],
  ["zstd", Packing.ZSTD],
  ["lz4", Packing.LZ4],
]);

/** A Chunk's content before the name of its compression: times, unpacked size, CRC. */
const CHUNK_HEAD_BYTES = 28;
/** Longest accepted name of a compression. */
const MAX_PACKING_NAME_BYTES = 64;
/** Attachments and chunks are not read as a whole: only their heads, up to this size. */
const MAX_HEAD_BYTES = 4096;

export function parseSchema(window: ByteWindow, { contentAt, contentBytes }: ContentPlace): SchemaRecord {
  const content = new RecordContent(window, contentAt, contentBytes, "Schema");
  const [id, name, encoding] = [content.u16(), content.text(), content.text()];
  return { id, name, encoding, data: content.bytes(content.u32()) };
}

export function parseChannel(window: ByteWindow, { contentAt, contentBytes }: ContentPlace): ChannelRecord {
  const content = new RecordContent(window, contentAt, contentBytes, "Channel");
  return {
    id: content.u16(),
    schemaId: content.u16(),
    topic: content.text(),
    messageEncoding: content.text(),
    metadata: content.textMap(),
  };
}

export function parseMetadata(window: ByteWindow, { contentAt, contentBytes }: ContentPlace): MetadataEntry {
  const content = new RecordContent(window, contentAt, contentBytes, "Metadata");
  return { name: content.text(), entries: content.textMap(), place: placeOf(contentAt, contentBytes) };
}

export function parseAttachment(window: ByteWindow, { contentAt, contentBytes }: ContentPlace): AttachmentEntry {
  const content = new RecordContent(window, contentAt, Math.min(contentBytes, MAX_HEAD_BYTES), "Attachment");
  const headBytes = content.left;
  const logTimeNs = content.big64();
  content.skip(8);
  const [name, mediaType, dataBytes] = [content.text(), content.text(), content.u64()];
  const dataAt = contentAt + headBytes - content.left;
  if (dataAt + dataBytes + 4 > contentAt + contentBytes) throw content.damaged(`claims data of ${dataBytes} bytes`);
  return { name, mediaType, logTimeNs, place: placeOf(contentAt, contentBytes), dataAt, dataBytes };
}

/** The fields of a Chunk record itself, without the records in it. */
export function parseChunk(window: ByteWindow, { contentAt, contentBytes }: ContentPlace): ChunkEntry {
  const headBytes = Math.min(contentBytes, CHUNK_HEAD_BYTES + 4 + MAX_PACKING_NAME_BYTES + 8);
  const content = new RecordContent(window, contentAt, headBytes, "Chunk");
  const [startNs, endNs, unpackedBytes, crc] = [content.big64(), content.big64(), content.u64(), content.u32()];
  const name = content.text();
  const recordsBytes = content.u64();
  const recordsAt = contentAt + headBytes - content.left;
  if (recordsAt + recordsBytes !== contentAt + contentBytes) {
    throw content.damaged(
      `claims records of ${recordsBytes} bytes, and ${contentAt + contentBytes - recordsAt} are there`,
    );
  }
  const packing = PACKINGS.get(name) ?? Packing.OTHER;
  const offset = contentAt - RECORD_HEAD_BYTES;
  return {
    offset,
    recordsAt,
    recordsBytes,
    unpackedBytes,
    packing,
    crc,
    startNs,
    endNs,
    indexAt: 0,
    indexBytes: 0,
    channelIds: [],
  };
}

/** The channels of a ChunkIndex with their MessageIndex, and its description of the chunk. */
export function parseChunkIndex(window: ByteWindow, { contentAt, contentBytes }: ContentPlace): ChunkEntry {
  const content = new RecordContent(window, contentAt, contentBytes, "ChunkIndex");
  const [startNs, endNs, offset, chunkBytes] = [content.big64(), content.big64(), content.u64(), content.u64()];
  const channelIds: number[] = [];
  content.entries(() => {
    channelIds.push(content.u16());
    content.skip(8);
  });
  const indexBytes = content.u64();
  const name = content.text();
  const [recordsBytes, unpackedBytes] = [content.u64(), content.u64()];
  const recordsAt = offset + CHUNK_PREFIX_BYTES + name.length;
  const indexAt = offset + chunkBytes;
  if (recordsAt + recordsBytes !== indexAt || indexAt + indexBytes > window.byteLength) {
    throw content.damaged("names a chunk that is not in the file as it says");
  }
  const packing = PACKINGS.get(name) ?? Packing.OTHER;
  return {
    offset,
    recordsAt,
    recordsBytes,
    unpackedBytes,
    packing,
    crc: 0,
    startNs,
    endNs,
    indexAt,
    indexBytes,
    channelIds,
  };
}

/** The name of a chunk's compression, for messages. */
export function packingName(window: ByteWindow, chunkOffset: number): string {
  const at = window.load(chunkOffset + RECORD_HEAD_BYTES + CHUNK_HEAD_BYTES, 4);
  const length = Math.min(window.view.getUint32(at, true), MAX_PACKING_NAME_BYTES);
  const from = window.load(chunkOffset + RECORD_HEAD_BYTES + CHUNK_HEAD_BYTES + 4, length);
  return new TextDecoder().decode(window.bytes.subarray(from, from + length));
}

/** The record with its head. */
function placeOf(contentAt: number, contentBytes: number): RecordPlace {
  return { offset: contentAt - RECORD_HEAD_BYTES, byteLength: contentBytes + RECORD_HEAD_BYTES };
}
