import { crc32 } from "node:zlib";
import { type ByteWindow, FileWindow, MemoryWindow } from "./byte-window.ts";
import { ChunkMessages, readChunk, unpackChunk } from "./chunk-messages.ts";
import { ChunkTable, Packing } from "./chunk-table.ts";
import { DecodedFrame } from "./decoded-frame.ts";
import type { FileIndex } from "./file-index.ts";
import type { FrameDecoder } from "./frame-decode.ts";
import { decoderFor } from "./frame-decode.ts";
import { MAGIC, MESSAGE_INDEX_ENTRY_BYTES, MESSAGE_INDEX_FIXED_BYTES, MESSAGE_PREFIX_BYTES, Opcode } from "./layout.ts";
import { readIndex } from "./read-index.ts";
import { parseAttachment, parseChunk } from "./record-parsers.ts";
import { RecordWalk } from "./record-walk.ts";
import { RecordingError } from "./recording-error.ts";
import { readFooter } from "./summary-reader.ts";
import { LedgerCheck } from "./verify-ledger.ts";

/** A fault in a file. */
export interface Problem {
  /** Offset of the affected record. */
  readonly at: number;
  readonly message: string;
}

/** Result of checking every byte. */
export interface VerifyResult {
  readonly path: string;
  readonly bytes: number;
  readonly chunks: number;
  readonly messages: number;
  /** Readable frames of all streams. */
  readonly frames: number;
  /** Frames that were overwritten during the write; readers skip them. */
  readonly tornChunks: number;
  readonly problems: readonly Problem[];
  /** More were found than are listed. */
  readonly furtherProblems: number;
}

const MAX_PROBLEMS = 100;
const PIECE_BYTES = 4 * 1024 * 1024;

/** Reads every byte of a file and checks all its redundant information. @throws RecordingError if it is not an MCAP file */
export function verifyRecording(path: string): VerifyResult {
  using window = new FileWindow(path);
  return new Verification(window, readIndex(window, { mayUseSummary: false })).run();
}

class Verification {
  readonly #window: FileWindow;
  readonly #index: FileIndex;
  readonly #problems: Problem[] = [];
  readonly #decoders = new Map<number, FrameDecoder | null>();
  readonly #frame = new DecodedFrame();
  readonly #ledger = new LedgerCheck();
  readonly #messages = new ChunkMessages();
  readonly #piece = new Uint8Array(PIECE_BYTES);
  /** Channel and log time of the previous chunk's messages, by their offsets in its records. */
  #lastChunk: Map<number, { channelId: number; timeNs: bigint }> | null = null;
  #furtherProblems = 0;
  #chunkCount = 0;
  #messageCount = 0;
  #frameCount = 0;
  #tornChunks = 0;

  constructor(window: FileWindow, index: FileIndex) {
    this.#window = window;
    this.#index = index;
  }

  run(): VerifyResult {
    const window = this.#window;
    const walk = new RecordWalk(window, MAGIC.length);
    let crc = crc32(MAGIC);
    let dataEnded = false;
    let isFooter = false;
    while (!isFooter && walk.next()) {
      const { opcode, offset, nextAt } = walk;
      if (opcode === Opcode.DATA_END) {
        dataEnded = true;
        const stored = window.view.getUint32(window.load(walk.contentAt, 4), true);
        if (stored !== 0 && stored !== crc)
          this.#report(offset, "the checksum of the data does not match: bytes have changed");
      }
      const read = this.#readAll(offset, nextAt, dataEnded ? 0 : crc);
      if (!dataEnded) crc = read;
      if (!dataEnded) this.#guarded(offset, () => this.#record(walk));
      isFooter = opcode === Opcode.FOOTER;
    }
    this.#end(walk, dataEnded, isFooter);
    for (const message of this.#ledger.problems({ window, index: this.#index })) this.#report(0, message);
    return {
      path: window.name,
      bytes: window.byteLength,
      chunks: this.#chunkCount,
      messages: this.#messageCount,
      frames: this.#frameCount,
      tornChunks: this.#tornChunks,
      problems: this.#problems,
      furtherProblems: this.#furtherProblems,
    };
  }

  /** Reads a part of the file and returns the checksum up to its end. */
  #readAll(from: number, to: number, crc: number): number {
    let sum = crc;
    for (let at = from; at < to; ) {
      const part = this.#piece.subarray(0, Math.min(this.#piece.length, to - at));
      this.#window.copy(part, at);
      sum = crc32(part, sum);
      at += part.length;
    }
    return sum;
  }

  #record(walk: RecordWalk): void {
    switch (walk.opcode) {
      case Opcode.CHUNK:
        this.#chunk(walk);
        return;
      case Opcode.MESSAGE_INDEX:
        this.#messageIndex(walk);
        return;
      case Opcode.MESSAGE:
        this.#messageCount++;
        this.#looseMessage(walk);
        return;
      case Opcode.ATTACHMENT: {
        const { dataAt, dataBytes, name } = parseAttachment(this.#window, walk);
        const stored = this.#window.view.getUint32(this.#window.load(dataAt + dataBytes, 4), true);
        if (stored !== 0 && stored !== this.#readAll(walk.contentAt, dataAt + dataBytes, 0)) {
          this.#report(walk.offset, `the checksum of attachment ${name} does not match`);
        }
        return;
      }
      case Opcode.TORN_CHUNK:
        this.#tornChunks++;
        this.#lastChunk = null;
    }
  }

  #chunk(walk: RecordWalk): void {
    this.#chunkCount++;
    this.#lastChunk = null;
    const chunk = parseChunk(this.#window, walk);
    const table = new ChunkTable();
    table.add(chunk);
    if (chunk.crc !== 0 && this.#crcOf(table) !== chunk.crc) {
      this.#report(walk.offset, "the checksum of a chunk does not match: bytes have changed");
    }
    const messages = readChunk(this.#window, table, 0, this.#messages);
    this.#messageCount += messages.length;
    const known = new Map<number, { channelId: number; timeNs: bigint }>();
    const recordsAt = chunk.packing === Packing.NONE ? chunk.recordsAt : 0;
    for (let i = 0; i < messages.length; i++) {
      const timeNs = chunk.startNs + BigInt(messages.timeNs[i] as number);
      const [channelId, dataAt] = [messages.channelId[i] as number, messages.dataAt[i] as number];
      known.set(dataAt - MESSAGE_PREFIX_BYTES - recordsAt, { channelId, timeNs });
      if (timeNs < chunk.startNs || timeNs > chunk.endNs) {
        this.#report(walk.offset, "a chunk has a message outside of the times that it names");
      }
      const window = messages.window ?? this.#window;
      this.#guarded(walk.offset, () => this.#message(window, channelId, dataAt, messages.dataBytes[i] as number));
    }
    this.#lastChunk = known;
  }

  #crcOf(table: ChunkTable): number {
    if (table.packing(0) !== Packing.NONE) return crc32(unpackChunk(this.#window, table, 0).bytes);
    return this.#readAll(table.recordsAt(0), table.recordsAt(0) + table.recordsBytes(0), 0);
  }

  #messageIndex(walk: RecordWalk): void {
    const known = this.#lastChunk;
    if (known === null) return;
    const content = new Uint8Array(walk.contentBytes);
    this.#window.copy(content, walk.contentAt);
    const { view } = new MemoryWindow("", content);
    if (content.length < MESSAGE_INDEX_FIXED_BYTES) {
      this.#report(walk.offset, "a message index is not complete");
      return;
    }
    const id = view.getUint16(0, true);
    for (
      let at = MESSAGE_INDEX_FIXED_BYTES;
      at + MESSAGE_INDEX_ENTRY_BYTES <= content.length;
      at += MESSAGE_INDEX_ENTRY_BYTES
    ) {
      const message = known.get(Number(view.getBigUint64(at + 8, true)));
      if (message?.channelId === id && message.timeNs === view.getBigUint64(at, true)) continue;
      this.#report(walk.offset, `a message index names a message of channel ${id} that is not there`);
      return;
    }
  }

  #looseMessage({ contentAt, contentBytes }: RecordWalk): void {
    const fixed = MESSAGE_PREFIX_BYTES - 9;
    const id = this.#window.view.getUint16(this.#window.load(contentAt, 2), true);
    this.#message(this.#window, id, contentAt + fixed, contentBytes - fixed);
  }

  #message(window: ByteWindow, channelId: number, at: number, byteLength: number): void {
    const decoder = this.#decoderOf(channelId);
    if (decoder === null) return;
    decoder.decode(window, at, byteLength, this.#frame);
    this.#frameCount++;
    this.#ledger.add(this.#frame);
  }

  /** @throws RecordingError for an unknown channel */
  #decoderOf(channelId: number): FrameDecoder | null {
    const known = this.#decoders.get(channelId);
    if (known !== undefined) return known;
    const channel = this.#index.channels.get(channelId);
    if (channel === undefined)
      throw new RecordingError("damaged", `a message is of channel ${channelId}, which is not there`);
    const schema = this.#index.schemas.get(channel.schemaId);
    if (channel.schemaId !== 0 && schema === undefined) {
      throw new RecordingError("damaged", `channel ${channelId} is of schema ${channel.schemaId}, which is not there`);
    }
    const decoder = decoderFor(channel, schema);
    this.#decoders.set(channelId, decoder);
    return decoder;
  }

  /** Checks the bytes after the last record. */
  #end(walk: RecordWalk, dataEnded: boolean, isFooter: boolean): void {
    const window = this.#window;
    const { cut, dataEnd } = this.#index;
    if (cut !== null) {
      this.#report(cut.at, `the file has no index: ${cut.because}; \`tensorpool record repair\` makes one`);
      this.#readAll(Math.min(walk.nextAt, window.byteLength), window.byteLength, 0);
      return;
    }
    if (!dataEnded || !isFooter) {
      this.#report(dataEnd, "the file does not end as it should");
      return;
    }
    const footer = readFooter(window);
    if (footer === null) {
      this.#report(walk.offset, "behind the footer there are other bytes than the end of a file");
      return;
    }
    if (footer.summaryAt === 0) return;
    const stored = footer.crc;
    // The CRCs of the summary, and of the footer up to the checksum itself.
    if (stored !== 0 && stored !== this.#readAll(footer.summaryAt, window.byteLength - MAGIC.length - 4, 0)) {
      this.#report(footer.summaryAt, "the checksum of the index does not match");
    }
    const fromSummary = readIndex(window);
    if (fromSummary.summaryFault !== null) this.#report(footer.summaryAt, fromSummary.summaryFault);
    else if (fromSummary.isFromSummary) this.#compare(footer.summaryAt, fromSummary);
  }

  #compare(at: number, summary: FileIndex): void {
    const [found, named] = [this.#index.chunks, summary.chunks];
    if (found.length !== named.length) {
      this.#report(at, `the index names ${named.length} chunks, and ${found.length} are there`);
      return;
    }
    for (let i = 0; i < found.length; i++) {
      const isSame =
        found.offset(i) === named.offset(i) &&
        found.recordsBytes(i) === named.recordsBytes(i) &&
        found.unpackedBytes(i) === named.unpackedBytes(i);
      if (!isSame) {
        this.#report(at, `the index does not describe the chunk at byte ${found.offset(i)} as it is`);
        return;
      }
    }
    const counted = [...summary.messageCounts.values()].reduce((sum, count) => sum + count, 0);
    if (counted !== this.#messageCount)
      this.#report(at, `the index counts ${counted} messages, and ${this.#messageCount} are there`);
  }

  #guarded(at: number, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error;
      this.#report(at, error.message);
    }
  }

  #report(at: number, message: string): void {
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push({ at, message });
    else this.#furtherProblems++;
  }
}
