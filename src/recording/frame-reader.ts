import type { FileWindow } from "./byte-window.ts";
import { DecodedFrame } from "./decoded-frame.ts";
import type { FileIndex } from "./file-index.ts";
import { MessageCursor } from "./message-cursor.ts";
import type { RecordedStream } from "./recorded-stream.ts";
import { RecordingError } from "./recording-error.ts";

/** The frames of one stream in sequence, without an object for each. */
export class FrameReader {
  /** The current frame; the same object for all. */
  readonly frame = new DecodedFrame();
  readonly stream: RecordedStream;
  readonly #cursor: MessageCursor;
  readonly #baseNs: bigint;

  constructor(window: FileWindow, index: FileIndex, stream: RecordedStream) {
    this.stream = stream;
    this.#cursor = new MessageCursor(window, index.chunks, stream.channelIds);
    this.#baseNs = index.chunks.baseNs ?? 0n;
  }

  /** When the current frame was recorded, in nanoseconds from the file's base time. */
  get timeNs(): number {
    return this.#cursor.messages?.timeNs[this.#cursor.at] as number;
  }

  get logTimeNs(): bigint {
    return this.#baseNs + BigInt(this.timeNs);
  }

  /** The bytes that `frame.dataAt` refers to. */
  get window() {
    const window = this.#cursor.messages?.window ?? null;
    if (window === null)
      throw new RecordingError("no-such-frame", `stream ${this.stream.label}: there is no frame at hand`);
    return window;
  }

  /** Seeks to the first frame recorded at or after a time. */
  seekTo(logTimeNs: bigint): void {
    this.seek(Number(logTimeNs - this.#baseNs));
  }

  /** The same, in nanoseconds from the file's base time. */
  seek(timeNs: number): void {
    this.#cursor.seek(timeNs);
  }

  /**
   * Seeks to a frame recorded at or before a time, close to the last such frame; false if there is none.
   * @throws RecordingError
   */
  seekBefore(logTimeNs: bigint): boolean {
    return this.#cursor.seekBefore(Number(logTimeNs - this.#baseNs));
  }

  /** Moves to the next frame; false at the end. @throws RecordingError */
  next(): boolean {
    const cursor = this.#cursor;
    if (!cursor.next()) return false;
    const { messages, at } = cursor;
    if (messages === null) return false;
    const decoder = this.stream.decoderOf(messages.channelId[at] as number);
    const { frame } = this;
    decoder.decode(
      messages.window as NonNullable<typeof messages.window>,
      messages.dataAt[at] as number,
      messages.dataBytes[at] as number,
      frame,
    );
    if (frame.seq === 0) frame.seq = messages.sequence[at] as number;
    return true;
  }
}
