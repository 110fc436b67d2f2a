import { DATA_HEADER, FRAME_ALIGNMENT } from "../../ffi/aeron-structs.ts";

/** Position of a message in its publisher's log. */
export interface LogPlace {
  readonly sessionId: number;
  readonly termId: number;
  readonly termOffset: number;
  /** Bytes of the message, without frame header. */
  readonly length: number;
}

/** Longer messages consist of several frames, whose number is unknown: their end is not used. */
const MAX_SINGLE_BYTES = 1376;

interface Publisher {
  termId: number;
  /** Where the next message is due; -1 if unknown. */
  dueOffset: number;
  /** Frame size of its newest message. */
  frameBytes: number;
}

/**
 * Detects messages that an observer missed: while the driver had made it inactive, the log continued without it, and the next message that
 * it receives does not begin where the last one ended.
 */
export class LogGaps {
  readonly #publishers = new Map<number, Publisher>();
  readonly #termBytesOf: (sessionId: number) => number;

  /** `termBytesOf` is called only if a term ended in between. */
  constructor(termBytesOf: (sessionId: number) => number) {
    this.#termBytesOf = termBytesOf;
  }

  /** Handles the next message of a publisher; returns the estimated number of messages missed before it, based on their present size. */
  next({ sessionId, termId, termOffset, length }: LogPlace): number {
    const frameBytes = Math.ceil((length + DATA_HEADER.size) / FRAME_ALIGNMENT) * FRAME_ALIGNMENT;
    const endOffset = length > MAX_SINGLE_BYTES ? -1 : termOffset + frameBytes;
    const publisher = this.#publishers.get(sessionId);
    if (publisher === undefined) {
      this.#publishers.set(sessionId, { termId, dueOffset: endOffset, frameBytes });
      return 0;
    }
    const missedBytes = this.#missedBytes(publisher, sessionId, termId, termOffset, frameBytes);
    publisher.termId = termId;
    publisher.dueOffset = endOffset;
    publisher.frameBytes = frameBytes;
    return missedBytes === 0 ? 0 : Math.max(1, Math.round(missedBytes / frameBytes));
  }

  #missedBytes(last: Publisher, sessionId: number, termId: number, termOffset: number, frameBytes: number): number {
    if (last.dueOffset === -1) return 0;
    const terms = (termId - last.termId) | 0;
    if (terms === 0) return Math.max(0, termOffset - last.dueOffset);
    const termBytes = this.#termBytesOf(sessionId);
    if (termBytes === 0 || terms < 0) return 0;
    const restBytes = termBytes - last.dueOffset;
    // The rest of a term is left empty if the next message does not fit.
    if (terms === 1 && termOffset === 0 && restBytes < frameBytes) return 0;
    return restBytes + (terms - 1) * termBytes + termOffset;
  }
}
