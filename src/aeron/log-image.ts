import { aeron } from "../../ffi/aeron.ts";
import {
  checkAeron,
  DATA_HEADER,
  FRAME_ALIGNMENT,
  IMAGE,
  IMAGE_CONSTANTS,
  LOG_BUFFER,
  LOG_METADATA,
  LOG_OF_IMAGE,
} from "../../ffi/aeron-structs.ts";
import { AeronError } from "../../ffi/errors.ts";
import { libc } from "../../ffi/libc.ts";
import { bytesAt, int32At, NativeBuffer, nativePointerAt, overlay, stringAt } from "../../ffi/memory.ts";
import { acquireFence, OwnedWord } from "../shm/atomics.ts";

const MIN_TERM_BYTES = 64 * 1024;
const MAX_TERM_BYTES = 1024 * 1024 * 1024;

/** One of a log's three terms: where it is, and its words, to be looked at while the image is available. */
interface LogTerm {
  readonly address: number;
  readonly words: Int32Array;
}

const ACTIVE_TERM_COUNT_WORD = LOG_METADATA.activeTermCount / 4;

/** `LogImage.copyTo` found a frame that cannot be: a length beyond the end of the term. */
export const IMPOSSIBLE_FRAME = -1;

/**
 * One publisher's log, in the memory where libaeron has mapped it for a subscription, and where the subscription reads in it.
 * libaeron's own polls are not used: they believe the length of a frame, and store the position without looking whether the
 * position's counter is still the subscription's. Here nothing outside of a term is read, whatever stands in the log.
 *
 * To be used between the conductor's calls of "image available" and "image unavailable" only: the latter unmaps the log.
 */
export class LogImage {
  /** The aeron_image_t. */
  readonly address: number;
  readonly sessionId: number;
  /** Where its datagrams come from, e.g. `192.0.2.1:40456`; of an IPC publication `aeron:ipc`. */
  readonly sourceIdentity: string;
  readonly termBytes: number;
  /** Of the log: another publisher with the same session has another. */
  readonly correlationId: bigint;
  /** True when the position at which the media driver let the subscription join was beyond the publisher's own. */
  readonly joinedBeyondEnd: boolean;
  readonly #initialTermId: number;
  readonly #terms: readonly LogTerm[];
  /** The log's metadata; null where they do not say how far the log is written. */
  readonly #metadata: Int32Array | null;
  /** Address of the counter that tells the media driver how far this subscription has read. */
  readonly #positionCounter: OwnedWord;
  #position = 0;
  /** Of the position: where its term is in memory, the term's id, and the offset in it. */
  #term: LogTerm;
  #termCount = 0;
  #termOffset = 0;

  /**
   * @param firstPositionOf where an earlier subscription has read a log to; 0 where none has
   * @throws AeronError when libaeron's structs are not laid out as in the Aeron that this was written for
   */
  constructor(image: number, firstPositionOf: (correlationId: bigint) => number) {
    const constants = new NativeBuffer(IMAGE_CONSTANTS.size);
    checkAeron(aeron.aeron_image_constants(image, constants.address), "aeron_image_constants");
    this.address = image;
    this.sessionId = constants.view.getInt32(IMAGE_CONSTANTS.sessionId, true);
    this.sourceIdentity = stringAt(constants.pointerAt(IMAGE_CONSTANTS.sourceIdentity));
    this.termBytes = constants.numberAt(IMAGE_CONSTANTS.termBufferLength);
    this.correlationId = constants.view.getBigInt64(IMAGE_CONSTANTS.correlationId, true);
    this.#initialTermId = constants.view.getInt32(IMAGE_CONSTANTS.initialTermId, true);
    const log = this.#checkedLog(image, constants.view.getInt32(IMAGE_CONSTANTS.subscriberPositionId, true));
    this.#terms = Array.from({ length: LOG_METADATA.terms }, (_, i) => {
      const termAddress = nativePointerAt(log, LOG_BUFFER.terms + i * LOG_BUFFER.termSize);
      return { address: termAddress, words: new Int32Array(overlay(termAddress, this.termBytes)) };
    });
    this.#term = this.#terms[0] as LogTerm;
    const metadata = nativePointerAt(log, LOG_BUFFER.metadata);
    const type = (bytesAt(metadata + LOG_METADATA.type, 1)[0] ?? 0) as number;
    this.#metadata = type === LOG_OF_IMAGE ? null : new Int32Array(overlay(metadata, LOG_METADATA.size));
    const joinPosition = constants.numberAt(IMAGE_CONSTANTS.joinPosition);
    this.#positionCounter = new OwnedWord(nativePointerAt(image, IMAGE.subscriberPosition), joinPosition);
    const endPosition = this.endPosition();
    this.joinedBeyondEnd = joinPosition > endPosition;
    this.#moveTo(Math.min(Math.max(joinPosition, firstPositionOf(this.correlationId)), endPosition));
    // A publisher whose window is full waits for what this process has read already: no further message would come without this.
    if (this.#position > joinPosition) this.#positionCounter.store(this.#position);
  }

  /** Bytes of the log that come before what is read next. */
  get position(): number {
    return this.#position;
  }

  /** The term in which the next frame begins. */
  get termId(): number {
    return (this.#initialTermId + this.#termCount) | 0;
  }

  /** Where in its term the next frame begins. */
  get termOffset(): number {
    return this.#termOffset;
  }

  /** True when the publisher has ended, and was read to its end. */
  get isEndOfStream(): boolean {
    return aeron.aeron_image_is_end_of_stream(this.address) !== 0;
  }

  /** True when a frame was begun where the next one is due. */
  get hasNext(): boolean {
    return this.#term.words[this.#termOffset >> 2] !== 0;
  }

  /**
   * Copies the next frames that are complete to `target`, at most `maxFrames` and `capacity` bytes. They are the publisher's own only
   * if the media driver has announced nothing meanwhile (`NativeClient.isCurrent`); parse them only then, and `advance`.
   * @returns the bytes of whole frames, 0 when there are none, IMPOSSIBLE_FRAME; more than `capacity` when the first frame alone is
   * longer, of which nothing is copied then
   */
  copyTo(target: number, capacity: number, maxFrames: number): number {
    const { words, address } = this.#term;
    const start = this.#termOffset;
    const room = this.#writtenBytes() - start;
    let length = 0;
    for (let frames = 0; frames < maxFrames && length < room; frames++) {
      const frameLength = words[(start + length) >> 2] as number;
      if (frameLength <= 0) break;
      if (frameLength > room - length) {
        if (length === 0) return IMPOSSIBLE_FRAME;
        break;
      }
      const alignedLength = (frameLength + FRAME_ALIGNMENT - 1) & -FRAME_ALIGNMENT;
      if (length + alignedLength > capacity) {
        if (length === 0) return alignedLength;
        break;
      }
      length += alignedLength;
    }
    if (length === 0) return 0;
    // The lengths were read with plain loads: what is copied was written before them, and what is looked at next was not.
    acquireFence();
    libc.memcpy(target, address + start, length);
    acquireFence();
    return length;
  }

  /** Bytes of the next frame, as its header says; 0 or less while it is not complete. */
  get nextFrameBytes(): number {
    return this.#term.words[this.#termOffset >> 2] as number;
  }

  /** Where the next frame begins in memory. */
  get nextAddress(): number {
    return this.#term.address + this.#termOffset;
  }

  /**
   * Copies the first bytes of the next frame, which is complete and at least as long, to `target`. The same holds for them as for what
   * `copyTo` copies; the rest is where it was.
   * @returns the bytes of the whole frame, or IMPOSSIBLE_FRAME
   */
  copyHeadTo(target: number, headBytes: number): number {
    const { address } = this.#term;
    const frameBytes = this.nextFrameBytes;
    if (frameBytes < headBytes || frameBytes > this.#writtenBytes() - this.#termOffset) return IMPOSSIBLE_FRAME;
    acquireFence();
    libc.memcpy(target, address + this.#termOffset, headBytes);
    acquireFence();
    return (frameBytes + FRAME_ALIGNMENT - 1) & -FRAME_ALIGNMENT;
  }

  /** The type of the next frame; there has to be one. */
  get frameType(): number {
    return (this.#term.words[(this.#termOffset + DATA_HEADER.version) >> 2] as number) >>> 16;
  }

  /**
   * Goes past `length` bytes, and has the media driver see it. The caller has made sure that the position's counter is still this
   * subscription's. Returns false when another client has written to the counter, which stays as it is then.
   */
  advance(length: number): boolean {
    this.#position += length;
    this.#termOffset += length;
    if (this.#termOffset >= this.termBytes) this.#moveTo(this.#position);
    return this.#positionCounter.store(this.#position);
  }

  /**
   * Goes to the end of what is written, past what cannot be read. Returns how many bytes were passed over; null where the log
   * does not say how far it is written.
   */
  skipToEnd(): number | null {
    if (this.#metadata === null) return null;
    const from = this.#position;
    this.#moveTo(Math.max(from, this.endPosition()));
    this.#positionCounter.store(this.#position);
    return this.#position - from;
  }

  /** How far the publisher has written, by the log's metadata; infinite where they do not say. */
  endPosition(): number {
    if (this.#metadata === null) return Number.POSITIVE_INFINITY;
    const termCount = Math.max(0, this.#metadata[ACTIVE_TERM_COUNT_WORD] as number);
    acquireFence();
    return termCount * this.termBytes + this.#tailOf(this.#metadata, termCount);
  }

  /** Bytes of the current term that are written, or about to be: a publisher moves the tail first. */
  #writtenBytes(): number {
    if (this.#metadata === null || this.#metadata[ACTIVE_TERM_COUNT_WORD] !== this.#termCount) return this.termBytes;
    return this.#tailOf(this.#metadata, this.#termCount);
  }

  /** The lower half of a tail is the offset in its term; a publisher that finds no room may have moved it beyond the end. */
  #tailOf(metadata: Int32Array, termCount: number): number {
    const tail = (metadata[(termCount % LOG_METADATA.terms) * 2] as number) >>> 0;
    return tail < this.termBytes ? tail : this.termBytes;
  }

  #moveTo(position: number): void {
    const termCount = Math.floor(position / this.termBytes);
    this.#position = position;
    this.#termOffset = position - termCount * this.termBytes;
    this.#termCount = termCount;
    this.#term = this.#terms[termCount % LOG_METADATA.terms] as LogTerm;
  }

  /** The address of the image's aeron_log_buffer_t, once all that is known about it by other ways was found in it. */
  #checkedLog(image: number, positionId: number): number {
    const log = nativePointerAt(image, IMAGE.logBuffer);
    const isImage =
      int32At(image, IMAGE.sessionId) === this.sessionId &&
      int32At(image, IMAGE.subscriberPositionId) === positionId &&
      this.termBytes >= MIN_TERM_BYTES &&
      this.termBytes <= MAX_TERM_BYTES &&
      log !== 0;
    const correlationId = isImage
      ? new DataView(bytesAt(log + LOG_BUFFER.correlationId, 8).buffer).getBigInt64(0, true)
      : null;
    if (correlationId === this.correlationId && nativePointerAt(log, LOG_BUFFER.termLength) === this.termBytes)
      return log;
    throw new AeronError(
      "reading an image",
      0,
      "libaeron lays out aeron_image_t in another way than Aeron 1.54: use the library that tensorpool was built with",
    );
  }
}
