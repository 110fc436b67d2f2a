import type { ByteWindow, FileWindow } from "./byte-window.ts";
import { type ChunkEntry, Packing } from "./chunk-table.ts";
import type { FileIndex } from "./file-index.ts";
import { MESSAGE_FIXED_BYTES, MESSAGE_INDEX_ENTRY_BYTES, MESSAGE_INDEX_FIXED_BYTES, Opcode } from "./layout.ts";
import { parseAttachment, parseChannel, parseChunk, parseMetadata, parseSchema } from "./record-parsers.ts";
import { RecordWalk } from "./record-walk.ts";
import { RecordingError } from "./recording-error.ts";

/** Messages outside of chunks are combined up to this many bytes. */
const MAX_RUN_BYTES = 4 * 1024 * 1024;

/**
 * Finds all records one by one, in a file without an index: one that was cut, or is still being written. Data after the last complete
 * record is ignored.
 */
export function walkFile(window: FileWindow, from: number, index: FileIndex): void {
  const walk = new RecordWalk(window, from);
  const found = new Found(window, index);
  let end = from;
  try {
    while (walk.next()) {
      if (walk.opcode === Opcode.DATA_END || walk.opcode === Opcode.FOOTER) {
        found.finish();
        index.dataEnd = walk.offset;
        // A footer ends the file; without one it was cut within its summary.
        index.cut = isWhole(window, walk)
          ? null
          : { at: walk.offset, because: "the index at the end of the file is not complete" };
        return;
      }
      found.take(walk);
      end = walk.nextAt;
    }
    found.finish();
  } catch (error) {
    if (!(error instanceof RecordingError) || error.code !== "damaged") throw error;
    found.finish();
    index.dataEnd = end;
    index.cut = { at: end, because: error.message };
    return;
  }
  const unproven = found.dropUnproven();
  index.dataEnd = unproven ?? end;
  index.cut = {
    at: index.dataEnd,
    because: unproven === null ? REASONS[walk.ended ?? "complete"] : "the last chunk was not finished",
  };
}

const REASONS = {
  complete: "the file ends without an index",
  cut: "the last record is not complete",
  zeros: "the space behind it was reserved and never written",
} as const;

/** True if complete records lead up to a footer. */
function isWhole(window: FileWindow, walk: RecordWalk): boolean {
  do {
    if (walk.opcode === Opcode.FOOTER) return window.byteLength - walk.nextAt === 8;
  } while (walk.next());
  return false;
}

/** Collects the records found by a walk. */
class Found {
  readonly #window: FileWindow;
  readonly #index: FileIndex;
  /** The chunk that MessageIndex records may still follow. */
  #chunk: ChunkEntry | null = null;
  #channelIds: number[] = [];
  #indexAt = 0;
  #indexBytes = 0;
  /** Messages outside of chunks. */
  #run: { offset: number; bytes: number; startNs: bigint; endNs: bigint; channelIds: Set<number> } | null = null;
  #hasIndexes = false;
  #chunkHasIndex = true;

  constructor(window: FileWindow, index: FileIndex) {
    this.#window = window;
    this.#index = index;
  }

  take(walk: RecordWalk): void {
    const { opcode } = walk;
    if (opcode === Opcode.MESSAGE_INDEX) {
      this.#takeMessageIndex(walk);
      return;
    }
    if (opcode === Opcode.MESSAGE) {
      this.#takeMessage(walk);
      return;
    }
    if (opcode === Opcode.TORN_CHUNK) this.#index.tornChunks++;
    this.finish();
    if (opcode === Opcode.CHUNK) this.#chunk = parseChunk(this.#window, walk);
    else takeCommon(this.#window, walk, this.#index);
  }

  /** Adds the pending chunk or run. */
  finish(): void {
    const { chunks, messageCounts } = this.#index;
    const chunk = this.#chunk;
    if (chunk !== null) {
      this.#chunkHasIndex = this.#channelIds.length > 0;
      chunks.add({ ...chunk, channelIds: this.#channelIds, indexAt: this.#indexAt, indexBytes: this.#indexBytes });
    }
    this.#chunk = null;
    this.#channelIds = [];
    this.#indexBytes = 0;
    const run = this.#run;
    this.#run = null;
    if (run === null) return;
    for (const id of run.channelIds) if (!messageCounts.has(id)) messageCounts.set(id, 0);
    chunks.add({
      offset: run.offset,
      recordsAt: run.offset,
      recordsBytes: run.bytes,
      unpackedBytes: run.bytes,
      packing: Packing.NONE,
      crc: 0,
      startNs: run.startNs,
      endNs: run.endNs,
      indexAt: 0,
      indexBytes: 0,
      channelIds: [...run.channelIds],
    });
  }

  /**
   * Removes a last chunk without MessageIndex if its writer writes them: its frame may have been overwritten. Returns the chunk's offset,
   * otherwise null.
   */
  dropUnproven(): number | null {
    const { chunks, library } = this.#index;
    if (this.#chunkHasIndex || chunks.length === 0) return null;
    if (!this.#hasIndexes && !library.startsWith("tensorpool")) return null;
    const at = chunks.offset(chunks.length - 1);
    chunks.removeLast();
    return at;
  }

  #takeMessageIndex({ contentAt, contentBytes, offset, nextAt }: RecordWalk): void {
    const at = this.#window.load(contentAt, Math.min(contentBytes, MESSAGE_INDEX_FIXED_BYTES));
    if (contentBytes < MESSAGE_INDEX_FIXED_BYTES || this.#chunk === null) return;
    this.#hasIndexes = true;
    const id = this.#window.view.getUint16(at, true);
    const count = Math.floor((contentBytes - MESSAGE_INDEX_FIXED_BYTES) / MESSAGE_INDEX_ENTRY_BYTES);
    if (this.#indexBytes === 0) this.#indexAt = offset;
    this.#indexBytes = nextAt - this.#indexAt;
    if (count === 0) return;
    this.#channelIds.push(id);
    const { messageCounts } = this.#index;
    messageCounts.set(id, (messageCounts.get(id) ?? 0) + count);
  }

  #takeMessage({ contentAt, contentBytes, offset, nextAt }: RecordWalk): void {
    if (this.#chunk !== null) this.finish();
    if (contentBytes < MESSAGE_FIXED_BYTES) return;
    const at = this.#window.load(contentAt, MESSAGE_FIXED_BYTES);
    const { view } = this.#window;
    const [id, timeNs] = [view.getUint16(at, true), view.getBigUint64(at + 6, true)];
    if (this.#run !== null && nextAt - this.#run.offset > MAX_RUN_BYTES) this.finish();
    this.#run ??= { offset, bytes: 0, startNs: timeNs, endNs: timeNs, channelIds: new Set() };
    const run = this.#run;
    run.bytes = nextAt - run.offset;
    if (timeNs < run.startNs) run.startNs = timeNs;
    if (timeNs > run.endNs) run.endNs = timeNs;
    run.channelIds.add(id);
  }
}

/** Schemas, channels, metadata and attachments, which may be anywhere. */
export function takeCommon(window: ByteWindow, walk: RecordWalk, index: FileIndex): void {
  switch (walk.opcode) {
    case Opcode.SCHEMA: {
      const schema = parseSchema(window, walk);
      index.schemas.set(schema.id, schema);
      return;
    }
    case Opcode.CHANNEL: {
      const channel = parseChannel(window, walk);
      index.channels.set(channel.id, channel);
      return;
    }
    case Opcode.METADATA:
      index.metadata.push(parseMetadata(window, walk));
      return;
    case Opcode.ATTACHMENT:
      index.attachments.push(parseAttachment(window, walk));
  }
}
