import type { Block } from "./block.ts";
import { BufferPool } from "./buffer-pool.ts";
import type { ChannelTable } from "./channel.ts";
import { chunkHeadBytes } from "./chunk-head.ts";
import { compressed } from "./compressed-block.ts";
import { GatheredChunk } from "./gathered-chunk.ts";
import type { RecordingWriter } from "./recording-writer.ts";

/** Small messages are gathered to chunks of this size, or of this age. */
export const GATHER_BYTES = 4 * 1024 * 1024;
const GATHER_NS = 200e6;
/** Frames from here on are chunks of their own, and written from where they lie if that can be. */
export const LARGE_FRAME_BYTES = 1024 * 1024;

export interface StagingOptions {
  readonly bufferBytes: number;
  readonly zstdLevel?: number | undefined;
}

/** The recorder's own memory: frames that were copied wait here for the disk. Bounded. */
export class Staging {
  readonly pool: BufferPool;
  readonly channels: ChannelTable;
  readonly #writer: RecordingWriter;
  readonly #zstdLevel: number | null;
  readonly #unused: GatheredChunk[] = [];
  /** What small frames are copied into at the moment. */
  #gathering: GatheredChunk | null = null;
  /** The chunk that the last message was begun in. */
  #open: GatheredChunk | null = null;

  constructor(writer: RecordingWriter, channels: ChannelTable, options: StagingOptions) {
    this.#writer = writer;
    this.channels = channels;
    this.pool = new BufferPool(options.bufferBytes);
    this.#zstdLevel = options.zstdLevel ?? null;
  }

  get isCompressing(): boolean {
    return this.#zstdLevel !== null;
  }

  /** True when a message of that size finds room. */
  hasRoom(byteLength: number): boolean {
    if (byteLength < LARGE_FRAME_BYTES && this.#gathering?.hasRoom(byteLength) === true) return true;
    return this.pool.usedBytes + this.#bufferBytesFor(byteLength) <= this.pool.limitBytes;
  }

  /** True when one of that size could have room at all. */
  canEverHold(byteLength: number): boolean {
    return this.#bufferBytesFor(byteLength) <= this.pool.limitBytes;
  }

  /** A chunk with room for a message of that size, which is written at its `at`; null when there is none. */
  begin(byteLength: number): GatheredChunk | null {
    if (byteLength >= LARGE_FRAME_BYTES) {
      const chunk = this.#newChunk(byteLength);
      this.#open = chunk;
      return chunk;
    }
    if (this.#gathering !== null && !this.#gathering.hasRoom(byteLength)) this.flush();
    this.#gathering ??= this.#newChunk(GATHER_BYTES);
    this.#open = this.#gathering;
    return this.#open;
  }

  /** The message that was begun last is added, or was not intact. */
  settle(isAdded: boolean): void {
    const chunk = this.#open;
    this.#open = null;
    if (chunk === null || chunk === this.#gathering) return;
    if (isAdded) this.#seal(chunk);
    else this.#drop(chunk);
  }

  /** Hands over what was gathered, if it is old enough. */
  doWork(nowNs: number): number {
    const gathering = this.#gathering;
    if (gathering === null || gathering.isEmpty || nowNs - gathering.sinceNs < GATHER_NS) return 0;
    this.flush();
    return 1;
  }

  flush(): void {
    const gathering = this.#gathering;
    this.#gathering = null;
    if (gathering === null) return;
    if (gathering.isEmpty) this.#drop(gathering);
    else this.#seal(gathering);
  }

  #bufferBytesFor(byteLength: number): number {
    return byteLength < LARGE_FRAME_BYTES ? GATHER_BYTES + chunkHeadBytes("") : byteLength + chunkHeadBytes("");
  }

  #newChunk(byteLength: number): GatheredChunk | null {
    const buffer = this.pool.take(byteLength + chunkHeadBytes(""));
    if (buffer === null) return null;
    const chunk = this.#unused.pop();
    if (chunk === undefined) return new GatheredChunk(buffer);
    chunk.begin(buffer);
    return chunk;
  }

  #seal(chunk: GatheredChunk): void {
    const { buffer } = chunk;
    const block: Block = chunk.seal(() => this.pool.give(buffer));
    this.#unused.push(chunk);
    this.#writer.submit(this.#zstdLevel === null ? block : compressed(block, this.#zstdLevel));
  }

  #drop(chunk: GatheredChunk): void {
    this.pool.give(chunk.buffer);
    this.#unused.push(chunk);
  }
}
