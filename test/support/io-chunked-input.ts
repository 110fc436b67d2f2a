import { libc } from "../../ffi/libc.ts";
import { addressOf } from "../../ffi/memory.ts";
import { type ByteInput, END_OF_INPUT } from "../../src/io/input/byte-input.ts";
import type { FrameFormat } from "../../src/io/input/frame-format.ts";
import type { Inputs } from "../../src/io/input/input-sequence.ts";
import { StreamSource } from "../../src/io/input/stream-source.ts";

/** A pipe in memory that delivers its bytes in chunks of given sizes, with nothing to read in between. */
class ChunkedInput implements ByteInput {
  readonly name = "chunks";
  readonly isRepeatable = false;
  readonly #bytes: Uint8Array;
  readonly #chunks: readonly number[];
  #at = 0;
  #chunk = 0;
  #left = 0;
  #isPausing = false;

  constructor(bytes: Uint8Array, chunks: readonly number[]) {
    this.#bytes = Uint8Array.from(bytes);
    this.#chunks = chunks;
  }

  bytesLeft(): null {
    return null;
  }

  read(address: number, byteLength: number): number {
    const count = this.skip(byteLength);
    const source = this.#bytes.subarray(this.#at - count, this.#at);
    if (count > 0) libc.memcpy(address as never, addressOf(source) as never, count);
    return count;
  }

  skip(byteLength: number): number {
    if (this.#at === this.#bytes.length) return END_OF_INPUT;
    if (this.#left === 0) {
      this.#isPausing = !this.#isPausing;
      if (this.#isPausing) return 0;
      this.#left = this.#chunks[this.#chunk++ % this.#chunks.length] ?? 1;
    }
    const count = Math.min(byteLength, this.#left, this.#bytes.length - this.#at);
    this.#at += count;
    this.#left -= count;
    return count;
  }

  rewind(): void {
    throw new RangeError("chunks cannot be rewound");
  }

  close(): void {}
}

/** A source over bytes that arrive in chunks of the sizes given, over and over. */
export function chunkedSource(format: FrameFormat, bytes: Uint8Array, chunks: readonly number[]): StreamSource {
  const input = new ChunkedInput(bytes, chunks);
  let isTaken = false;
  const inputs: Inputs = {
    currentName: input.name,
    next: () => {
      if (isTaken) return "end";
      isTaken = true;
      return input;
    },
    close: () => {},
  };
  return new StreamSource(inputs, format, {
    describe: () => "chunks",
    attributes: [],
    nativeRateHz: null,
    knownMaxByteLength: 0,
  });
}

/** All frames of a source that never waits for anything but its next call. */
export function readEagerly(source: StreamSource): { dims: readonly number[]; bytes: Uint8Array }[] {
  const frames: { dims: readonly number[]; bytes: Uint8Array }[] = [];
  for (;;) {
    const state = source.poll(0);
    if (state === "end") return frames;
    if (state === "idle") continue;
    const bytes = new Uint8Array(new ArrayBuffer(source.layout.byteLength));
    while (source.fill(bytes, 0) === "more") {
      // The next call finds the next chunk.
    }
    frames.push({ dims: source.layout.dims, bytes });
  }
}
