import { messageOf } from "../../core/errors.ts";
import { reverseElements } from "../../recording/recorded-frame.ts";
import { RecordingError } from "../../recording/recording-error.ts";
import type { RecordingSet, SetReader, SetStream } from "../../recording/recording-set.ts";
import { type FrameEye, NO_SEQ, type SeenFrame } from "../frame-eye.ts";
import type { FrameTimes } from "./frame-times.ts";

const CONTIGUOUS: readonly number[] = [];
/** The values of the frame being converted: one at a time, so that one buffer of the largest frame serves all pages. */
let scratch = new Uint8Array(0);

/** Shows one page the frames of one recorded stream at the page's position. Frames are identified by their index in the stream. */
export class RecordedEye implements FrameEye {
  users = 0;
  /** Index of the shown frame; -1 without frames. */
  index = -1;
  /** Why the last requested frame cannot be read; null if it was read. */
  trouble: string | null = null;
  readonly times: FrameTimes;
  readonly #reader: SetReader;
  /** Index of the reader's frame; -2 if unknown. */
  #readerAt = -2;

  constructor(set: RecordingSet, stream: SetStream, times: FrameTimes) {
    this.times = times;
    this.#reader = set.reader(stream);
  }

  get epoch(): bigint | null {
    return this.times.epochOf(this.index);
  }

  newestSeq(): number {
    return this.index < 0 ? NO_SEQ : this.index;
  }

  read(index: number, read: (frame: SeenFrame) => void): boolean {
    try {
      if (!this.#moveTo(index)) {
        this.trouble = `frame #${this.times.seq[index]} is not where the recording's index has it`;
        return false;
      }
      const { frame, window } = this.#reader;
      if (scratch.length < frame.byteLength) scratch = new Uint8Array(frame.byteLength);
      const bytes = scratch.subarray(0, frame.byteLength);
      window.copy(bytes, frame.dataAt);
      reverseElements(bytes, frame.swapBytes);
      this.trouble = null;
      read({
        dtype: frame.dtype,
        dims: frame.dims,
        strides: frame.strides ?? CONTIGUOUS,
        majorOrder: frame.majorOrder,
        seq: frame.seq,
        ageNs: this.times.timeNs[index] as number,
        timestampNs: frame.timestampNs ?? this.#reader.logTimeNs,
        bytes,
      });
      return true;
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error;
      this.#readerAt = -2;
      this.trouble = messageOf(error);
      return false;
    }
  }

  /** Moves the reader to a frame; false if it does not exist. @throws RecordingError */
  #moveTo(index: number): boolean {
    if (index === this.#readerAt) return true;
    const { times } = this;
    const [timeNs, seq, epoch] = [times.timeNs[index] as number, times.seq[index], times.epochOf(index)];
    if (index !== this.#readerAt + 1) this.#reader.seek(timeNs);
    this.#readerAt = -2;
    while (this.#reader.next()) {
      const { frame } = this.#reader;
      if (frame.seq === seq && frame.epoch === epoch) {
        this.#readerAt = index;
        return true;
      }
      if (this.#reader.timeNs > timeNs) return false;
    }
    return false;
  }
}
