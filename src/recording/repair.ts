import { fsyncSync, ftruncateSync, writeSync } from "node:fs";
import { tryLock } from "../../ffi/libc.ts";
import { messageOf } from "../core/errors.ts";
import { FileWindow } from "./byte-window.ts";
import { ChunkMessages, readChunk } from "./chunk-messages.ts";
import { Packing } from "./chunk-table.ts";
import type { FileIndex } from "./file-index.ts";
import { MESSAGE_INDEX_ENTRY_BYTES, MESSAGE_INDEX_FIXED_BYTES, Opcode } from "./layout.ts";
import { readIndex } from "./read-index.ts";
import { RecordWalk } from "./record-walk.ts";
import { RecordingError } from "./recording-error.ts";
import { type ChunkSummary, Summary } from "./summary.ts";

/** Result of a repair. */
export interface RepairResult {
  readonly path: string;
  /** False for a file with a proper end and an index: it is unchanged. */
  readonly isRepaired: boolean;
  readonly chunks: number;
  readonly messages: number;
  /** End of the data. */
  readonly keptBytes: number;
  /** Bytes after it that were not a complete record, or not proven; zeros that were only reserved do not count. */
  readonly lostBytes: number;
  /** Why there was no index; null for a file that has one. */
  readonly because: string | null;
}

const COMPRESSIONS: Readonly<Record<number, string>> = {
  [Packing.NONE]: "",
  [Packing.ZSTD]: "zstd",
  [Packing.LZ4]: "lz4",
};

/**
 * Adds an index to a file that was cut, after the last complete chunk. Earlier data is unchanged, later data is removed.
 * @throws RecordingError if the file is being written or cannot be written
 */
export function repairRecording(path: string): RepairResult {
  using window = new FileWindow(path, "r+");
  requireAlone(window);
  const found = readIndex(window);
  const isWhole = found.isFromSummary && found.summaryFault === null;
  const index = isWhole ? found : readIndex(window, { mayUseSummary: false });
  const summary = isWhole ? null : summarize(window, index);
  const messages = [...index.messageCounts.values()].reduce((sum, count) => sum + count, 0);
  const facts = { path, chunks: index.chunks.length, messages, keptBytes: index.dataEnd };
  if (summary === null) return { ...facts, isRepaired: false, lostBytes: 0, because: null };
  const lostBytes = bytesWithoutZeros(window, index.dataEnd);
  try {
    ftruncateSync(window.fd, index.dataEnd);
    let at = index.dataEnd;
    for (const piece of summary.finish(index.dataEnd)) at += writeFully(window.fd, piece, at);
    fsyncSync(window.fd);
  } catch (error) {
    throw new RecordingError("unreadable", `${path} cannot be written: ${messageOf(error)}; its data is as it was`, {
      cause: error,
    });
  }
  const because = index.cut?.because ?? found.summaryFault ?? "it had no index";
  return { ...facts, isRepaired: true, lostBytes, because };
}

/** Requires that no other process writes the file. @throws RecordingError */
function requireAlone({ fd, name }: FileWindow): void {
  let isAlone: boolean;
  try {
    isAlone = tryLock(fd, "exclusive");
  } catch {
    // A file system without locks.
    return;
  }
  if (isAlone) return;
  throw new RecordingError(
    "unreadable",
    `${name} is being recorded: end \`tensorpool record\` first, which writes the index itself`,
  );
}

/** The index of the records found. @throws RecordingError */
function summarize(window: FileWindow, index: FileIndex): Summary {
  const summary = new Summary();
  for (const schema of index.schemas.values()) summary.addSchema(schema);
  for (const channel of index.channels.values()) summary.addChannel(channel);
  for (const { place, name } of index.metadata) summary.addMetadata(place, name);
  for (const { place, name, mediaType, logTimeNs, dataBytes } of index.attachments) {
    // Only the length of the data is used.
    const data = { length: dataBytes } as Uint8Array;
    summary.addAttachment(place, { name, mediaType, logTime: logTimeNs, data });
  }
  const messages = new ChunkMessages();
  for (let chunk = 0; chunk < index.chunks.length; chunk++) {
    if (index.chunks.offset(chunk) === index.chunks.recordsAt(chunk)) {
      throw new RecordingError(
        "unsupported",
        `${window.name} has messages outside of chunks, of which there is no index: it can be read and replayed as it is; ` +
          "`mcap recover` makes another file of it",
      );
    }
    summary.addChunk(describeChunk(window, index, chunk, messages));
  }
  return summary;
}

function describeChunk(window: FileWindow, index: FileIndex, chunk: number, messages: ChunkMessages): ChunkSummary {
  const { chunks } = index;
  const channelIds: number[] = [];
  const indexOffsets: number[] = [];
  const counts: number[] = [];
  const indexAt = chunks.indexAt(chunk);
  const walk = new RecordWalk(window, indexAt, indexAt + chunks.indexBytes(chunk));
  while (chunks.indexBytes(chunk) > 0 && walk.next()) {
    if (walk.opcode !== Opcode.MESSAGE_INDEX || walk.contentBytes < MESSAGE_INDEX_FIXED_BYTES) continue;
    const id = window.view.getUint16(window.load(walk.contentAt, 2), true);
    channelIds.push(id);
    indexOffsets.push(walk.offset);
    counts.push(Math.floor((walk.contentBytes - MESSAGE_INDEX_FIXED_BYTES) / MESSAGE_INDEX_ENTRY_BYTES));
  }
  if (channelIds.length === 0) {
    // A writer without indexes: the chunk's messages are counted, and readers look into it.
    readChunk(window, chunks, chunk, messages);
  }
  const base = chunks.baseNs ?? 0n;
  const [start, end] = [base + BigInt(chunks.startNs(chunk)), base + BigInt(chunks.endNs(chunk))];
  const offset = chunks.offset(chunk);
  return {
    startHigh: Number(start >> 32n),
    startLow: Number(start & 0xffff_ffffn),
    endHigh: Number(end >> 32n),
    endLow: Number(end & 0xffff_ffffn),
    offset,
    byteLength: chunks.recordsAt(chunk) + chunks.recordsBytes(chunk) - offset,
    compression: COMPRESSIONS[chunks.packing(chunk)] ?? "",
    compressedSize: chunks.recordsBytes(chunk),
    uncompressedSize: chunks.unpackedBytes(chunk),
    messageIndexLength: chunks.indexBytes(chunk),
    channels: channelIds.length,
    channelIds,
    indexOffsets,
    messages: counts,
  };
}

/** Bytes from `from` on, without the zeros at the end of the file. */
function bytesWithoutZeros(window: FileWindow, from: number): number {
  const piece = new Uint8Array(1024 * 1024);
  for (let end = window.byteLength; end > from; ) {
    const at = Math.max(from, end - piece.length);
    const part = piece.subarray(0, end - at);
    window.copy(part, at);
    const last = part.findLastIndex((byte) => byte !== 0);
    if (last !== -1) return at + last + 1 - from;
    end = at;
  }
  return 0;
}

function writeFully(fd: number, bytes: Uint8Array, at: number): number {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, at + done);
  return bytes.length;
}
