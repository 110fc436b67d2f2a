import { zstdDecompressSync } from "node:zlib";
import { messageOf } from "../core/errors.ts";
import { formatBytes } from "../core/units.ts";
import { type ByteWindow, MemoryWindow } from "./byte-window.ts";
import { type ChunkTable, Packing } from "./chunk-table.ts";
import { MAX_CHUNK_BYTES, MESSAGE_FIXED_BYTES, Opcode } from "./layout.ts";
import { packingName } from "./record-parsers.ts";
import { RecordWalk } from "./record-walk.ts";
import { RecordingError } from "./recording-error.ts";

const TWO_32 = 0x1_0000_0000;
const FIRST_CAPACITY = 16;

/** The messages of one chunk, in log time order. */
export class ChunkMessages {
  /** The bytes that `dataAt` refers to: the file, or the unpacked records. */
  window: ByteWindow | null = null;
  length = 0;
  channelId = new Uint16Array(FIRST_CAPACITY);
  sequence = new Uint32Array(FIRST_CAPACITY);
  /** Log time as nanoseconds from the base of the chunk table. */
  timeNs = new Float64Array(FIRST_CAPACITY);
  dataAt = new Float64Array(FIRST_CAPACITY);
  dataBytes = new Float64Array(FIRST_CAPACITY);

  add(channelId: number, sequence: number, timeNs: number, dataAt: number, dataBytes: number): void {
    const i = this.length++;
    if (i === this.channelId.length) this.#grow();
    this.channelId[i] = channelId;
    this.sequence[i] = sequence;
    this.timeNs[i] = timeNs;
    this.dataAt[i] = dataAt;
    this.dataBytes[i] = dataBytes;
  }

  /** Sorts messages that are out of time order. */
  sort(): void {
    const { length, timeNs } = this;
    let isSorted = true;
    for (let i = 1; i < length; i++) if ((timeNs[i] as number) < (timeNs[i - 1] as number)) isSorted = false;
    if (isSorted) return;
    const order = Array.from({ length }, (_, i) => i).sort((a, b) => (timeNs[a] as number) - (timeNs[b] as number));
    const permuted = <T extends Uint16Array | Uint32Array | Float64Array>(column: T): T => {
      const copy = column.slice() as T;
      for (let i = 0; i < length; i++) copy[i] = column[order[i] as number] as number;
      return copy;
    };
    this.channelId = permuted(this.channelId);
    this.sequence = permuted(this.sequence);
    this.timeNs = permuted(this.timeNs);
    this.dataAt = permuted(this.dataAt);
    this.dataBytes = permuted(this.dataBytes);
  }

  #grow(): void {
    const grown = <T extends Uint16Array | Uint32Array | Float64Array>(column: T, larger: T): T => {
      larger.set(column);
      return larger;
    };
    const capacity = this.channelId.length * 2;
    this.channelId = grown(this.channelId, new Uint16Array(capacity));
    this.sequence = grown(this.sequence, new Uint32Array(capacity));
    this.timeNs = grown(this.timeNs, new Float64Array(capacity));
    this.dataAt = grown(this.dataAt, new Float64Array(capacity));
    this.dataBytes = grown(this.dataBytes, new Float64Array(capacity));
  }
}

/** Finds the messages of chunk `chunk`, unpacking it if it is packed. @throws RecordingError "damaged", "unsupported" */
export function readChunk(window: ByteWindow, chunks: ChunkTable, chunk: number, into: ChunkMessages): ChunkMessages {
  into.length = 0;
  const offset = chunks.offset(chunk);
  const isPacked = chunks.packing(chunk) !== Packing.NONE;
  const records = isPacked ? unpackChunk(window, chunks, chunk) : window;
  into.window = records;
  const from = isPacked ? 0 : chunks.recordsAt(chunk);
  const to = from + (isPacked ? records.byteLength : chunks.recordsBytes(chunk));
  const base = chunks.baseNs ?? 0n;
  const baseHigh = Number(base >> 32n);
  const baseLow = Number(base & 0xffff_ffffn);
  const walk = new RecordWalk(records, from, to);
  while (walk.next()) {
    if (walk.opcode !== Opcode.MESSAGE) continue;
    if (walk.contentBytes < MESSAGE_FIXED_BYTES) {
      throw new RecordingError(
        "damaged",
        `${window.name}: the chunk at byte ${offset} has a message of ${walk.contentBytes} bytes`,
      );
    }
    const at = records.load(walk.contentAt, MESSAGE_FIXED_BYTES);
    const { view } = records;
    const timeNs = (view.getUint32(at + 10, true) - baseHigh) * TWO_32 + (view.getUint32(at + 6, true) - baseLow);
    into.add(
      view.getUint16(at, true),
      view.getUint32(at + 2, true),
      timeNs,
      walk.contentAt + MESSAGE_FIXED_BYTES,
      walk.contentBytes - MESSAGE_FIXED_BYTES,
    );
  }
  if (walk.ended !== "complete") {
    throw new RecordingError("damaged", `${window.name}: the chunk at byte ${offset} does not end with a whole record`);
  }
  into.sort();
  return into;
}

/** The records of a packed chunk. @throws RecordingError */
export function unpackChunk(window: ByteWindow, chunks: ChunkTable, chunk: number): MemoryWindow {
  const offset = chunks.offset(chunk);
  const name = `${window.name}: the chunk at byte ${offset}`;
  if (chunks.packing(chunk) !== Packing.ZSTD) {
    const packing = packingName(window, offset);
    throw new RecordingError(
      "unsupported",
      `${window.name} is compressed with ${packing}, which is not supported; ` +
        `convert it with the MCAP command line: mcap decompress ${window.name} -o OUT.mcap`,
      { found: packing, expected: "no compression, or zstd" },
    );
  }
  const unpackedBytes = chunks.unpackedBytes(chunk);
  if (unpackedBytes > MAX_CHUNK_BYTES) {
    throw new RecordingError(
      "damaged",
      `${name} claims ${unpackedBytes} bytes unpacked: expected at most ${formatBytes(MAX_CHUNK_BYTES + 1)}`,
    );
  }
  const packed = new Uint8Array(chunks.recordsBytes(chunk));
  window.copy(packed, chunks.recordsAt(chunk));
  let unpacked: Uint8Array;
  try {
    // It gets the claimed size and no more: a few bytes may expand to gigabytes.
    unpacked = unpackedBytes === 0 ? new Uint8Array(0) : zstdDecompressSync(packed, { maxOutputLength: unpackedBytes });
  } catch (error) {
    throw new RecordingError("damaged", `${name} cannot be unpacked: ${messageOf(error)}`, { cause: error });
  }
  if (unpacked.length !== unpackedBytes) {
    throw new RecordingError(
      "damaged",
      `${name} unpacks to ${unpacked.length} bytes: expected ${unpackedBytes}, as it says`,
    );
  }
  return new MemoryWindow(name, unpacked);
}
