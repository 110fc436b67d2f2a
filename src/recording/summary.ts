import { ByteBuilder } from "./byte-builder.ts";
import { MAGIC, Opcode } from "./layout.ts";
import {
  type AttachmentRecord,
  type ChannelRecord,
  putAttachmentIndex,
  putChannel,
  putDataEnd,
  putFooter,
  putMetadataIndex,
  putSchema,
  putSummaryOffset,
  type RecordPlace,
  type SchemaRecord,
} from "./records.ts";

/** A complete chunk as listed in the summary. */
export interface ChunkSummary {
  readonly startHigh: number;
  readonly startLow: number;
  readonly endHigh: number;
  readonly endLow: number;
  /** Offset of the Chunk record, and its length with its head. */
  readonly offset: number;
  readonly byteLength: number;
  readonly compression: string;
  /** Bytes of the records in the file, and before compression. */
  readonly compressedSize: number;
  readonly uncompressedSize: number;
  /** Bytes of all MessageIndex records after the chunk. */
  readonly messageIndexLength: number;
  /** Channel ids, and the offset of each MessageIndex: the first `channels` entries. */
  readonly channels: number;
  readonly channelIds: readonly number[];
  readonly indexOffsets: readonly number[];
  /** Number of messages of each of those channels. */
  readonly messages: readonly number[];
}

/** The index grows in blocks, so that growth never copies all of it. */
const BLOCK_BYTES = 256 * 1024;

/**
 * The summary at the end of a file: every schema and channel, the places of the chunks, and the number of messages. Collected while a file
 * is written, or while a file that was cut is read.
 */
export class Summary {
  readonly #schemas = new Map<number, SchemaRecord>();
  readonly #channels = new Map<number, ChannelRecord>();
  readonly #messages = new Map<number, number>();
  readonly #chunks: ByteBuilder[] = [];
  #metadata: { place: RecordPlace; name: string }[] = [];
  #attachments: { place: RecordPlace; attachment: AttachmentRecord }[] = [];
  #chunkCount = 0;
  #messageCount = 0;
  #startHigh = 0;
  #startLow = 0;
  #endHigh = 0;
  #endLow = 0;

  get messageCount(): number {
    return this.#messageCount;
  }

  get chunkCount(): number {
    return this.#chunkCount;
  }

  /** Current size of the chunk index in bytes. */
  get indexBytes(): number {
    let bytes = 0;
    for (const block of this.#chunks) bytes += block.length;
    return bytes;
  }

  addSchema(schema: SchemaRecord): void {
    this.#schemas.set(schema.id, schema);
  }

  addChannel(channel: ChannelRecord): void {
    this.#channels.set(channel.id, channel);
  }

  addMetadata(place: RecordPlace, name: string): void {
    this.#metadata.push({ place, name });
  }

  addAttachment(place: RecordPlace, attachment: AttachmentRecord): void {
    this.#attachments.push({ place, attachment });
  }

  /** The file was cut there: everything behind is gone. */
  cutAt(offset: number): void {
    this.#metadata = this.#metadata.filter(({ place }) => place.offset < offset);
    this.#attachments = this.#attachments.filter(({ place }) => place.offset < offset);
  }

  addChunk(chunk: ChunkSummary): void {
    for (let i = 0; i < chunk.channels; i++) {
      const id = chunk.channelIds[i] as number;
      const count = chunk.messages[i] as number;
      this.#messages.set(id, (this.#messages.get(id) ?? 0) + count);
      this.#messageCount += count;
    }
    if (this.#chunkCount === 0 || isBefore(chunk.startHigh, chunk.startLow, this.#startHigh, this.#startLow)) {
      this.#startHigh = chunk.startHigh;
      this.#startLow = chunk.startLow;
    }
    if (isBefore(this.#endHigh, this.#endLow, chunk.endHigh, chunk.endLow)) {
      this.#endHigh = chunk.endHigh;
      this.#endLow = chunk.endLow;
    }
    this.#chunkCount++;
    putChunkIndex(this.#block(), chunk);
  }

  /** The end of a file of `dataEndOffset` bytes: DataEnd, summary, footer and magic, in pieces to be written in sequence. */
  finish(dataEndOffset: number): Uint8Array[] {
    const head = new ByteBuilder();
    putDataEnd(head);
    const summaryStart = dataEndOffset + head.length;
    const groups: { opcode: number; start: number; byteLength: number }[] = [];
    const put = (opcode: number, write: () => void): void => {
      const start = dataEndOffset + head.length;
      write();
      const byteLength = dataEndOffset + head.length - start;
      if (byteLength > 0) groups.push({ opcode, start, byteLength });
    };
    put(Opcode.SCHEMA, () => {
      for (const schema of this.#schemas.values()) putSchema(head, schema);
    });
    put(Opcode.CHANNEL, () => {
      for (const channel of this.#channels.values()) putChannel(head, channel);
    });
    put(Opcode.STATISTICS, () => this.#putStatistics(head));
    put(Opcode.METADATA_INDEX, () => {
      for (const { place, name } of this.#metadata) putMetadataIndex(head, place, name);
    });
    put(Opcode.ATTACHMENT_INDEX, () => {
      for (const { place, attachment } of this.#attachments) putAttachmentIndex(head, place, attachment);
    });
    const chunksStart = dataEndOffset + head.length;
    const chunkBytes = this.indexBytes;
    if (chunkBytes > 0) groups.push({ opcode: Opcode.CHUNK_INDEX, start: chunksStart, byteLength: chunkBytes });
    const tail = new ByteBuilder();
    for (const { opcode, start, byteLength } of groups) putSummaryOffset(tail, opcode, start, byteLength);
    putFooter(tail, summaryStart, chunksStart + chunkBytes);
    tail.raw(MAGIC);
    return [head.bytes, ...this.#chunks.map((block) => block.bytes), tail.bytes];
  }

  #block(): ByteBuilder {
    const last = this.#chunks.at(-1);
    if (last !== undefined && last.length < BLOCK_BYTES - 4096) return last;
    const block = new ByteBuilder(this.#chunks.length === 0 ? 4096 : BLOCK_BYTES);
    this.#chunks.push(block);
    return block;
  }

  #putStatistics(to: ByteBuilder): void {
    const at = to.begin(Opcode.STATISTICS);
    to.u64(this.#messageCount);
    to.u16(this.#schemas.size);
    to.u32(this.#channels.size);
    to.u32(this.#attachments.length);
    to.u32(this.#metadata.length);
    to.u32(this.#chunkCount);
    to.words(this.#startHigh, this.#startLow);
    to.words(this.#endHigh, this.#endLow);
    to.u32(this.#messages.size * 10);
    for (const [id, count] of this.#messages) {
      to.u16(id);
      to.u64(count);
    }
    to.end(at);
  }
}

function putChunkIndex(to: ByteBuilder, chunk: ChunkSummary): void {
  const at = to.begin(Opcode.CHUNK_INDEX);
  to.words(chunk.startHigh, chunk.startLow);
  to.words(chunk.endHigh, chunk.endLow);
  to.u64(chunk.offset);
  to.u64(chunk.byteLength);
  to.u32(chunk.channels * 10);
  for (let i = 0; i < chunk.channels; i++) {
    to.u16(chunk.channelIds[i] as number);
    to.u64(chunk.indexOffsets[i] as number);
  }
  to.u64(chunk.messageIndexLength);
  to.text(chunk.compression);
  to.u64(chunk.compressedSize);
  to.u64(chunk.uncompressedSize);
  to.end(at);
}

function isBefore(high: number, low: number, otherHigh: number, otherLow: number): boolean {
  return high < otherHigh || (high === otherHigh && low < otherLow);
}
