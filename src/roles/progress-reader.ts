import type { FrameProgressDecoder } from "../sbe/generated/control/index.ts";
import { FrameProgressState } from "../sbe/generated/control/index.ts";
import type { ConsumerCounters } from "./counters.ts";
import type { Frame } from "./frame.ts";
import type { FrameReader } from "./frame-reader.ts";
import { MAX_SEQ } from "./ring-extent.ts";

/** Called for a frame that is still being written: `frame` shows its first `frame.byteLength` bytes, valid only during the call. */
export type ProgressHandler = (frame: Frame, rowsFilled: number | null) => void;

/**
 * Shows rows before their frame is complete (W-43): only the part that the producer reports as filled, only for contiguous frames (or whole
 * rows), and only while the slot is being written as that frame. Messages that go back or exceed the frame are counted.
 */
export class ProgressReader {
  readonly #frame: Frame;
  readonly #counters: ConsumerCounters;
  readonly #handler: ProgressHandler;
  #frameId = -1;
  #bytesFilled = 0;

  constructor(frame: Frame, counters: ConsumerCounters, handler: ProgressHandler) {
    this.#frame = frame;
    this.#counters = counters;
    this.#handler = handler;
  }

  /** Handles a FrameProgress of the mapped epoch. */
  onProgress(reader: FrameReader, message: FrameProgressDecoder): void {
    const { of } = this.#counters;
    const frameId = message.frameIdNumber;
    const bytesFilled = message.payloadBytesFilledNumber;
    const isBack = frameId === this.#frameId && bytesFilled < this.#bytesFilled;
    if (isBack || frameId > MAX_SEQ || bytesFilled > Number.MAX_SAFE_INTEGER) {
      of.progressRefused.increment();
      return;
    }
    if (message.state !== FrameProgressState.STARTED && message.state !== FrameProgressState.PROGRESS) return;
    const rowsFilled = message.hasRowsFilled ? message.rowsFilled : null;
    const fault = reader.beginPartial(this.#frame, frameId, message.headerIndex, bytesFilled, rowsFilled);
    if (fault !== null) {
      // The frame was completed meanwhile: this is the usual end and no fault.
      if (fault === "refused") of.progressRefused.increment();
      return;
    }
    // Only values that the slot confirms are stored: a false message must not make later true ones appear to go back.
    this.#frameId = frameId;
    this.#bytesFilled = bytesFilled;
    try {
      this.#handler(this.#frame, rowsFilled);
    } finally {
      if (reader.end(this.#frame)) of.progressSeen.increment();
    }
  }
}
