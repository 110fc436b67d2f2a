/** A recorder's own buffers, with a common limit. They are reused: with a steady frame size nothing is allocated. */
export class BufferPool {
  readonly limitBytes: number;
  readonly #free: Uint8Array[] = [];
  #allocatedBytes = 0;
  #usedBytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  /** Bytes held by callers. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** A buffer of exactly this size; null if there is no room. */
  take(byteLength: number): Uint8Array | null {
    for (let i = this.#free.length - 1; i >= 0; i--) {
      const buffer = this.#free[i] as Uint8Array;
      if (buffer.length !== byteLength) continue;
      this.#free[i] = this.#free[this.#free.length - 1] as Uint8Array;
      this.#free.pop();
      this.#usedBytes += byteLength;
      return buffer;
    }
    // Buffers of an earlier, different frame size are freed.
    while (this.#allocatedBytes + byteLength > this.limitBytes) {
      const dropped = this.#free.pop();
      if (dropped === undefined) return null;
      this.#allocatedBytes -= dropped.length;
    }
    this.#allocatedBytes += byteLength;
    this.#usedBytes += byteLength;
    return new Uint8Array(new ArrayBuffer(byteLength));
  }

  give(buffer: Uint8Array): void {
    this.#usedBytes -= buffer.length;
    this.#free.push(buffer);
  }
}
