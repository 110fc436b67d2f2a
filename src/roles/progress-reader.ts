import type { FrameProgressDecoder } from "../sbe/generated/control/index.ts";
import { FrameProgressState } from "../sbe/generated/control/index.ts";
import type { ConsumerCounters } from "./counters.ts";
import type { Frame } from "./frame.ts";
import type { FrameReader } from "./frame-reader.ts";

/** Told about a frame that is still being written: `frame` shows its first `frame.byteLength` bytes, valid during the call only. */
export type ProgressHandler = (frame: Frame, rowsFilled: number | null) => void;

/**
 * Shows rows before their frame is complete (W-43): only the part that the producer says is filled, only of contiguous frames
 * (or whole rows), and only while the slot is being written as that frame. Messages that go back or say too much are counted.
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

  /** Takes a FrameProgress of the mapped epoch. */
  onProgress(reader: FrameReader, message: FrameProgressDecoder): void {
    const { of } = this.#counters;
    const frameId = message.frameIdNumber;
    const bytesFilled = message.payloadBytesFilledNumber;
    if (frameId !== this.#frameId) {
      this.#frameId = frameId;
      this.#bytesFilled = 0;
    } else if (bytesFilled < this.#bytesFilled) {
      of.progressRefused.increment();
      return;
    }
    this.#bytesFilled = bytesFilled;
    if (message.state !== FrameProgressState.STARTED && message.state !== FrameProgressState.PROGRESS) return;
    const rowsFilled = message.hasRowsFilled ? message.rowsFilled : null;
    const fault = reader.beginPartial(this.#frame, frameId, message.headerIndex, bytesFilled, rowsFilled);
    if (fault !== null) {
      // The frame was completed meanwhile: that is how it ends most of the time, and no fault of anybody.
      if (fault === "refused") of.progressRefused.increment();
      return;
    }
    try {
      this.#handler(this.#frame, rowsFilled);
    } finally {
      if (reader.end(this.#frame)) of.progressSeen.increment();
    }
  }
}
