import { DATA_HEADER, FRAME_ALIGNMENT } from "../../ffi/aeron-structs.ts";

/** Where a message stands in its publisher's log. */
export interface LogPlace {
  readonly sessionId: number;
  readonly termId: number;
  readonly termOffset: number;
  /** Bytes of the message, without frame header. */
  readonly length: number;
}

/** Longer messages are in several frames, whose number is not known: nothing is concluded from where they end. */
const MAX_SINGLE_BYTES = 1376;

interface Publisher {
  termId: number;
  /** Where the next message is due; -1 when that is not known. */
  dueOffset: number;
  /** Of its newest message. */
  frameBytes: number;
}

/**
 * Finds what an observer missed: while the driver had made it inactive, the log continued without it, and the next message that
 * it sees does not begin where the last one ended.
 */
export class LogGaps {
  readonly #publishers = new Map<number, Publisher>();
  readonly #termBytesOf: (sessionId: number) => number;

  /** `termBytesOf` is asked only where a term ended in between. */
  constructor(termBytesOf: (sessionId: number) => number) {
    this.#termBytesOf = termBytesOf;
  }

  /** Takes the next message of a publisher; returns about how many messages were missed before it, by their present size. */
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
    // The rest of a term is left empty when the next message does not fit in.
    if (terms === 1 && termOffset === 0 && restBytes < frameBytes) return 0;
    return restBytes + (terms - 1) * termBytes + termOffset;
  }
}
