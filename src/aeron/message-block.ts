import { DATA_FRAME_TYPE, DATA_HEADER, FRAME_ALIGNMENT, UNFRAGMENTED_FLAGS } from "../../ffi/aeron-structs.ts";
import { NativeBuffer } from "../../ffi/memory.ts";

/** Offsets in a frame header, in words of 32 bits. */
const WORD = {
  termOffset: DATA_HEADER.termOffset / 4,
  sessionId: DATA_HEADER.sessionId / 4,
  streamId: DATA_HEADER.streamId / 4,
  termId: DATA_HEADER.termId / 4,
} as const;

/**
 * Messages of one length, each in its own Aeron frame, adjacent as they will be in the log: `Publication.publishBlock` publishes them with
 * one call. The caller writes the messages to `view` from `offsetOf(i)` on, or to `words` from `wordOf(i)` on.
 */
export class MessageBlock {
  /** Most messages that it holds. */
  readonly capacity: number;
  readonly messageBytes: number;
  /** Size of a message in the log. */
  readonly frameBytes: number;
  readonly view: DataView;
  /** The same memory in words of 32 bits. */
  readonly words: Int32Array;
  readonly #buffer: NativeBuffer;

  constructor(messageBytes: number, capacity: number) {
    this.messageBytes = messageBytes;
    this.capacity = capacity;
    this.frameBytes = Math.ceil((DATA_HEADER.size + messageBytes) / FRAME_ALIGNMENT) * FRAME_ALIGNMENT;
    this.#buffer = new NativeBuffer(this.frameBytes * capacity);
    this.view = this.#buffer.view;
    this.words = new Int32Array(this.#buffer.bytes.buffer);
    for (let i = 0; i < capacity; i++) {
      const at = i * this.frameBytes;
      this.view.setInt32(at + DATA_HEADER.frameLength, DATA_HEADER.size + messageBytes, true);
      this.view.setUint8(at + DATA_HEADER.flags, UNFRAGMENTED_FLAGS);
      this.view.setUint16(at + DATA_HEADER.type, DATA_FRAME_TYPE, true);
    }
  }

  /** Offset of message `index` in `view`. */
  offsetOf(index: number): number {
    return index * this.frameBytes + DATA_HEADER.size;
  }

  /** Index of the first word of message `index` in `words`. */
  wordOf(index: number): number {
    return (index * this.frameBytes + DATA_HEADER.size) / 4;
  }

  /** Address of the frame of message `index`, for native code. */
  addressOf(index: number): number {
    return this.#buffer.address + index * this.frameBytes;
  }

  /** Sets the log position in the frames of `count` messages. */
  place(from: number, count: number, termId: number, termOffset: number, sessionId: number, streamId: number): void {
    const { words } = this;
    const step = this.frameBytes / 4;
    let at = from * step;
    let offset = termOffset;
    for (let i = 0; i < count; i++) {
      words[at + WORD.termOffset] = offset;
      words[at + WORD.sessionId] = sessionId;
      words[at + WORD.streamId] = streamId;
      words[at + WORD.termId] = termId;
      at += step;
      offset += this.frameBytes;
    }
  }
}
