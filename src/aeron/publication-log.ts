import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { DATA_FRAME_TYPE, DATA_HEADER, FRAME_ALIGNMENT, LOG_METADATA } from "../../ffi/aeron-structs.ts";
import type { BlockMessageHandler } from "./block-subscription.ts";

/** The newest frame may be incomplete, and so may those before it. */
const FRAMES_LOOKED_AT = 4;

/**
 * A publication's log in the media driver's folder, read from outside with read(2): its publisher, its subscribers and the media driver
 * notice nothing, at any speed of either side. Close it.
 */
export class PublicationLog implements Disposable {
  readonly #fd: number;
  readonly #termBytes: number;
  readonly #metadataOffset: number;
  readonly #metadata = new DataView(new ArrayBuffer(LOG_METADATA.activeTermCount + 4));
  readonly #window: DataView;
  #isOpen = true;

  private constructor(fd: number, termBytes: number, metadataOffset: number, maxMessageBytes: number) {
    this.#fd = fd;
    this.#termBytes = termBytes;
    this.#metadataOffset = metadataOffset;
    const frameBytes = Math.ceil((DATA_HEADER.size + maxMessageBytes) / FRAME_ALIGNMENT) * FRAME_ALIGNMENT;
    this.#window = new DataView(new ArrayBuffer(frameBytes * FRAMES_LOOKED_AT));
  }

  /** Null if the log no longer exists, is not readable or is no log. `maxMessageBytes`: length limit of the wanted messages. */
  static open(aeronDir: string, registrationId: bigint, maxMessageBytes: number): PublicationLog | null {
    let fd: number;
    try {
      const path = join(aeronDir, "publications", `${registrationId}.logbuffer`);
      fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      return null;
    }
    const metadataOffset = fstatSync(fd).size - LOG_METADATA.pageSize;
    const metadata = new DataView(new ArrayBuffer(LOG_METADATA.size));
    const length = metadataOffset > 0 ? readSync(fd, metadata, 0, LOG_METADATA.size, metadataOffset) : 0;
    const termBytes = metadata.getInt32(LOG_METADATA.termLength, true);
    const isLog =
      length === LOG_METADATA.size &&
      termBytes > 0 &&
      termBytes * LOG_METADATA.terms <= metadataOffset &&
      metadata.getBigInt64(LOG_METADATA.correlationId, true) === registrationId;
    if (isLog) return new PublicationLog(fd, termBytes, metadataOffset, maxMessageBytes);
    closeSync(fd);
    return null;
  }

  /**
   * Passes on the newest complete, unfragmented messages, oldest first: a few at most, and none at the end of a term. False if the log was
   * overwritten during the read.
   */
  readNewest(onMessage: BlockMessageHandler): boolean {
    const before = this.#readActiveTerm();
    const partition = before.termCount % LOG_METADATA.terms;
    const startOffset = Math.max(0, before.tailOffset - this.#window.byteLength);
    const length = before.tailOffset - startOffset;
    const read = readSync(this.#fd, this.#window, 0, length, partition * this.#termBytes + startOffset);
    const after = this.#readActiveTerm();
    // Two terms later, the data read is being overwritten.
    if (read < length || after.termCount - before.termCount > 1) return false;
    this.#walk(before.termId, startOffset, length, onMessage);
    return true;
  }

  /** Idempotent. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.#fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #walk(termId: number, startOffset: number, length: number, onMessage: BlockMessageHandler): void {
    const view = this.#window;
    for (let at = 0; at + DATA_HEADER.size <= length; ) {
      const frameLength = view.getInt32(at + DATA_HEADER.frameLength, true);
      // The window may begin in the middle of a frame: each frame contains its own position.
      const isFrame =
        frameLength >= DATA_HEADER.size &&
        at + frameLength <= length &&
        view.getInt32(at + DATA_HEADER.termId, true) === termId &&
        view.getInt32(at + DATA_HEADER.termOffset, true) === startOffset + at;
      if (isFrame && view.getUint16(at + DATA_HEADER.type, true) === DATA_FRAME_TYPE) {
        onMessage(view, at + DATA_HEADER.size, frameLength - DATA_HEADER.size);
      }
      at += isFrame ? Math.ceil(frameLength / FRAME_ALIGNMENT) * FRAME_ALIGNMENT : FRAME_ALIGNMENT;
    }
  }

  #readActiveTerm(): { termCount: number; termId: number; tailOffset: number } {
    const view = this.#metadata;
    readSync(this.#fd, view, 0, view.byteLength, this.#metadataOffset);
    const termCount = view.getInt32(LOG_METADATA.activeTermCount, true);
    // One of the three tails: the offset, with the term's id above it.
    const at = (Math.max(0, termCount) % LOG_METADATA.terms) * 8;
    const tailOffset = Math.min(view.getUint32(at, true), this.#termBytes);
    return { termCount, termId: view.getInt32(at + 4, true), tailOffset };
  }
}
