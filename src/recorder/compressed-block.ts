import { Opcode } from "../recording/layout.ts";
import type { Block, ChunkFacts } from "./block.ts";
import { chunkHeadBytes, putChunkHead } from "./chunk-head.ts";

const ZSTD = "zstd";

/** The chunk, compressed in a thread; if that fails or gains nothing, it stays uncompressed. Ready once that is decided. */
export function compressed(block: Block, level: number): Block {
  const made = new CompressedBlock(block);
  void Bun.zstdCompress(made.records as Uint8Array<ArrayBuffer>, { level }).then(
    (bytes) => made.finish(bytes),
    () => made.finish(null),
  );
  return made;
}

class CompressedBlock implements Block {
  readonly channels;
  readonly frames;
  readonly bytes;
  readonly isAccount;
  readonly frame = null;
  readonly release;
  pieces: readonly Uint8Array[];
  byteLength: number;
  chunk: ChunkFacts;
  isReady = false;
  readonly records: Uint8Array;

  constructor(block: Block) {
    this.channels = block.channels;
    this.frames = block.frames;
    this.bytes = block.bytes;
    this.isAccount = block.isAccount;
    this.release = block.release;
    this.pieces = block.pieces;
    this.byteLength = block.byteLength;
    this.chunk = block.chunk;
    this.records = (block.pieces[0] as Uint8Array).subarray(chunkHeadBytes(""));
  }

  finish(compressedBytes: Uint8Array | null): void {
    this.isReady = true;
    if (compressedBytes === null || compressedBytes.length >= this.records.length) return;
    const index = this.pieces[1] as Uint8Array;
    const headBytes = chunkHeadBytes(ZSTD);
    const head = new Uint8Array(new ArrayBuffer(headBytes));
    const { chunk } = this;
    putChunkHead(
      new DataView(head.buffer),
      0,
      Opcode.CHUNK,
      chunk,
      ZSTD,
      chunk.uncompressedSize,
      compressedBytes.length,
    );
    const byteLength = headBytes + compressedBytes.length;
    this.chunk = {
      ...chunk,
      byteLength,
      compression: ZSTD,
      compressedSize: compressedBytes.length,
      indexOffsets: chunk.indexOffsets.map((offset) => offset - chunk.byteLength + byteLength),
    };
    this.pieces = [head, compressedBytes, index];
    this.byteLength = byteLength + index.length;
  }
}
