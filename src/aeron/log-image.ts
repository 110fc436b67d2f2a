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

/** One of a log's three terms: its address and its words, valid while the image is available. */
interface LogTerm {
  readonly address: number;
  readonly words: Int32Array;
}

const ACTIVE_TERM_COUNT_WORD = LOG_METADATA.activeTermCount / 4;

/** `LogImage.copyTo` found an impossible frame: a length beyond the end of the term. */
export const IMPOSSIBLE_FRAME = -1;

/**
 * One publisher's log, in the memory where libaeron mapped it for a subscription, and the subscription's position in it. libaeron's own
 * polls are not used: they trust the length of a frame, and store the position without checking that the position's counter still belongs
 * to the subscription. This class reads nothing outside a term, whatever the log contains.
 *
 * Use it only between the conductor's "image available" and "image unavailable" callbacks: the latter unmaps the log.
 */
export class LogImage {
  /** The aeron_image_t. */
  readonly address: number;
  readonly sessionId: number;
  /** Source of its datagrams, e.g. `192.0.2.1:40456`; `aeron:ipc` for an IPC publication. */
  readonly sourceIdentity: string;
  readonly termBytes: number;
  /** Identifies the log: another publisher with the same session has another id. */
  readonly correlationId: bigint;
  /** True if the position at which the media driver let the subscription join was beyond the publisher's own. */
  readonly joinedBeyondEnd: boolean;
  readonly #initialTermId: number;
  readonly #terms: readonly LogTerm[];
  /** The log's metadata; null if it does not show how far the log is written. */
  readonly #metadata: Int32Array | null;
  /** Address of the counter that reports this subscription's position to the media driver. */
  readonly #positionCounter: OwnedWord;
  #position = 0;
  /** The position: its term in memory, the term's id, and the offset in it. */
  #term: LogTerm;
  #termCount = 0;
  #termOffset = 0;

  /**
   * @param firstPositionOf how far an earlier subscription has read a log; 0 if there was none
   * @throws AeronError if libaeron's structs differ in layout from the supported Aeron version
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
    // A publisher with a full window waits for data that this process has already read: without this, no further message would come.
    if (this.#position > joinPosition) this.#positionCounter.store(this.#position);
  }

  /** Position of the next read, in bytes of the log. */
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

  /** True if the publisher has ended and was read to its end. */
  get isEndOfStream(): boolean {
    return aeron.aeron_image_is_end_of_stream(this.address) !== 0;
  }

  /** True if a frame was begun at the current position. */
  get hasNext(): boolean {
    return this.#term.words[this.#termOffset >> 2] !== 0;
  }

  /**
   * Copies the next complete frames to `target`, at most `maxFrames` and `capacity` bytes. They are the publisher's own only if the media
   * driver has announced nothing meanwhile (`NativeClient.isCurrent`); parse and `advance` only in that case.
   * @returns the bytes of whole frames, 0 if there are none, IMPOSSIBLE_FRAME; more than `capacity` if the first frame alone is longer, in
   * which case nothing is copied
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
    // The lengths were read with plain loads: the fences order the copy after them, and the next check after the copy.
    acquireFence();
    libc.memcpy(target, address + start, length);
    acquireFence();
    return length;
  }

  /** Length of the next frame in its header, in bytes; 0 or less while it is incomplete. */
  get nextFrameBytes(): number {
    return this.#term.words[this.#termOffset >> 2] as number;
  }

  /** Address of the next frame. */
  get nextAddress(): number {
    return this.#term.address + this.#termOffset;
  }

  /**
   * Copies the first bytes of the next frame, which must be complete and at least this long, to `target`. They are valid under the same
   * condition as the copy of `copyTo`; the rest stays in place.
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

  /** The type of the next frame, which must exist. */
  get frameType(): number {
    return (this.#term.words[(this.#termOffset + DATA_HEADER.version) >> 2] as number) >>> 16;
  }

  /**
   * Advances by `length` bytes and reports that to the media driver. The caller must have verified that the position's counter still
   * belongs to this subscription. Returns false, and leaves the counter unchanged, if another client has written to it.
   */
  advance(length: number): boolean {
    this.#position += length;
    this.#termOffset += length;
    if (this.#termOffset >= this.termBytes) this.#moveTo(this.#position);
    return this.#positionCounter.store(this.#position);
  }

  /**
   * Advances to the end of the written log, past unreadable content. Returns the skipped bytes; null if the log does not show how far it is
   * written.
   */
  skipToEnd(): number | null {
    if (this.#metadata === null) return null;
    const from = this.#position;
    this.#moveTo(Math.max(from, this.endPosition()));
    this.#positionCounter.store(this.#position);
    return this.#position - from;
  }

  /** How far the publisher has written, by the log's metadata; infinite if unknown. */
  endPosition(): number {
    if (this.#metadata === null) return Number.POSITIVE_INFINITY;
    const termCount = Math.max(0, this.#metadata[ACTIVE_TERM_COUNT_WORD] as number);
    acquireFence();
    return termCount * this.termBytes + this.#tailOf(this.#metadata, termCount);
  }

  /** Bytes of the current term that are written or about to be: a publisher moves the tail first. */
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

  /** The address of the image's aeron_log_buffer_t, after all independently known values were found in it. */
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
