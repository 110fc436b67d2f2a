import type { GatheredChunk } from "./gathered-chunk.ts";

/** Chunks of a flight recorder that wait for a trigger, oldest first. Allocates nothing once it has reached its size. */
export class ChunkRing {
  #chunks: (GatheredChunk | undefined)[] = new Array(64).fill(undefined);
  #head = 0;
  #length = 0;
  #bufferBytes = 0;

  get length(): number {
    return this.#length;
  }

  /** Bytes of the buffers that hold the chunks. */
  get bufferBytes(): number {
    return this.#bufferBytes;
  }

  get first(): GatheredChunk | undefined {
    return this.#chunks[this.#head];
  }

  push(chunk: GatheredChunk): void {
    if (this.#length === this.#chunks.length) this.#grow();
    this.#chunks[(this.#head + this.#length) % this.#chunks.length] = chunk;
    this.#length++;
    this.#bufferBytes += chunk.buffer.length;
  }

  shift(): GatheredChunk | undefined {
    const chunk = this.#chunks[this.#head];
    if (chunk === undefined) return undefined;
    this.#chunks[this.#head] = undefined;
    this.#head = (this.#head + 1) % this.#chunks.length;
    this.#length--;
    this.#bufferBytes -= chunk.buffer.length;
    return chunk;
  }

  #grow(): void {
    const chunks = this.#chunks;
    const ordered = [...chunks.slice(this.#head), ...chunks.slice(0, this.#head)];
    this.#chunks = [...ordered, ...new Array(chunks.length).fill(undefined)];
    this.#head = 0;
  }
}
