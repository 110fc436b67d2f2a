import type { Block } from "./block.ts";
import { BufferPool } from "./buffer-pool.ts";
import type { ChannelTable } from "./channel.ts";
import { chunkHeadBytes } from "./chunk-head.ts";
import { ChunkRing } from "./chunk-ring.ts";
import { compressed } from "./compressed-block.ts";
import { GatheredChunk } from "./gathered-chunk.ts";
import type { RecordingWriter } from "./recording-writer.ts";

/** Small messages are gathered into chunks of this size or age. */
export const GATHER_BYTES = 4 * 1024 * 1024;
const GATHER_NS = 200e6;
/** Frames of at least this size are separate chunks, written directly from their slots if possible. */
export const LARGE_FRAME_BYTES = 1024 * 1024;

export interface StagingOptions {
  readonly bufferBytes: number;
  /** How long frames are kept for a trigger; omitted: they are written immediately. */
  readonly flight?: { readonly beforeNs: number } | undefined;
  readonly zstdLevel?: number | undefined;
}

/** The recorder's own memory: copied frames wait here for the disk. Bounded. */
export class Staging {
  readonly pool: BufferPool;
  readonly channels: ChannelTable;
  readonly #writer: RecordingWriter;
  readonly #zstdLevel: number | null;
  /** At this age a chunk is closed and another one begun: a slow stream must not occupy a buffer for a few frames. */
  readonly #keepNs: number;
  #isKeeping: boolean;
  readonly #kept = new ChunkRing();
  readonly #unused: GatheredChunk[] = [];
  /** The chunk that small frames are currently copied into. */
  #gathering: GatheredChunk | null = null;
  /** The chunk that contains the last begun message. */
  #open: GatheredChunk | null = null;

  constructor(writer: RecordingWriter, channels: ChannelTable, options: StagingOptions) {
    this.#writer = writer;
    this.channels = channels;
    this.pool = new BufferPool(options.bufferBytes);
    this.#zstdLevel = options.zstdLevel ?? null;
    this.#isKeeping = options.flight !== undefined;
    const chunks = Math.max(2, Math.floor(options.bufferBytes / GATHER_BYTES));
    this.#keepNs = Math.max(GATHER_NS, ((options.flight?.beforeNs ?? 0) * 2) / chunks);
  }

  /** True while frames are kept for a trigger instead of being written. */
  get isKeeping(): boolean {
    return this.#isKeeping;
  }

  /** When the oldest kept frame arrived; null if there is none. */
  get keptSinceNs(): number | null {
    if (this.#kept.first !== undefined) return this.#kept.first.sinceNs;
    return this.#isKeeping && this.#gathering?.isEmpty === false ? this.#gathering.sinceNs : null;
  }

  get isCompressing(): boolean {
    return this.#zstdLevel !== null;
  }

  /** True if a message of that size fits. */
  hasRoom(byteLength: number): boolean {
    if (byteLength < LARGE_FRAME_BYTES && this.#gathering?.hasRoom(byteLength) === true) return true;
    const usedBytes = this.pool.usedBytes - this.#kept.bufferBytes;
    return usedBytes + this.#bufferBytesFor(byteLength) <= this.pool.limitBytes;
  }

  /** True if a message of that size could ever fit. */
  canEverHold(byteLength: number): boolean {
    return this.#bufferBytesFor(byteLength) <= this.pool.limitBytes;
  }

  /** A chunk with room for a message of that size, to be written at its `at`; null if there is none. */
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

  /** The last begun message is added, or was not intact. */
  settle(isAdded: boolean): void {
    const chunk = this.#open;
    this.#open = null;
    if (chunk === null || chunk === this.#gathering) return;
    if (isAdded) this.#seal(chunk);
    else this.#drop(chunk);
  }

  /** Passes on gathered messages that are old enough. */
  doWork(nowNs: number): number {
    const gathering = this.#gathering;
    if (gathering === null || gathering.isEmpty) return 0;
    if (nowNs - gathering.sinceNs < (this.#isKeeping ? this.#keepNs : GATHER_NS)) return 0;
    this.flush();
    return 1;
  }

  /** Frames are kept for a trigger from now on; earlier ones are written. */
  keep(): void {
    this.flush();
    this.#isKeeping = true;
  }

  /** Kept frames, and all from now on, are written. */
  release(): void {
    this.#isKeeping = false;
    for (let chunk = this.#kept.shift(); chunk !== undefined; chunk = this.#kept.shift()) this.#submit(chunk);
    this.flush();
  }

  /** Drops kept chunks whose last frame is older. */
  dropKept(beforeNs: number): void {
    while ((this.#kept.first?.lastNs ?? Number.POSITIVE_INFINITY) < beforeNs) this.#dropOldest();
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
    const size = byteLength + chunkHeadBytes("");
    let buffer = this.pool.take(size);
    while (buffer === null && this.#dropOldest()) buffer = this.pool.take(size);
    if (buffer === null) return null;
    const chunk = this.#unused.pop();
    if (chunk === undefined) return new GatheredChunk(buffer);
    chunk.begin(buffer);
    return chunk;
  }

  /** False if nothing is kept. */
  #dropOldest(): boolean {
    const chunk = this.#kept.shift();
    if (chunk === undefined) return false;
    chunk.pass();
    this.#drop(chunk);
    return true;
  }

  #seal(chunk: GatheredChunk): void {
    if (this.#isKeeping) this.#kept.push(chunk);
    else this.#submit(chunk);
  }

  #submit(chunk: GatheredChunk): void {
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
