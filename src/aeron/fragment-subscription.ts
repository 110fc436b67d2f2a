import { DATA_FRAME_TYPE, DATA_HEADER, FRAME_ALIGNMENT } from "../../ffi/aeron-structs.ts";
import { IMPOSSIBLE_FRAME, type LogImage } from "./log-image.ts";
import { LogSubscription } from "./log-subscription.ts";

/** Receives the fragments of one publisher. */
export interface FragmentReader {
  /** False while nothing may be taken, so that the publisher's window fills. Checked before each message. */
  mayTake(nowNs: number): boolean;
  /**
   * A fragment, `length` bytes at `address`; the flags tell whether it begins or ends its message. The view, of the same length, holds its
   * first bytes from `offset` on: all of them, or FRAGMENT_HEAD_BYTES. Data copied from the address is valid only after `onFragmentEnd`.
   */
  onFragment(flags: number, view: DataView, offset: number, length: number, address: number): void;
  /** The whole fragment was read before the publisher could overwrite it. */
  onFragmentEnd(flags: number): void;
  /** The publisher is gone. */
  onEnd(): void;
}

/** Aeron's largest MTU. */
const BLOCK_BYTES = 64 * 1024;
/** Longer fragments are read in place, except for their first bytes; shorter ones are copied in batches. */
const LONG_FRAGMENT_BYTES = 4096;
/** Minimum bytes of a fragment that a reader sees in its view, if the fragment is that long. */
export const FRAGMENT_HEAD_BYTES = 256;
const HEAD_BYTES = DATA_HEADER.size + FRAGMENT_HEAD_BYTES;
/** As many as fit into a block. */
const ALL = 0x7fff_ffff;
const NO_FLAGS = -1;
/** Flags of a fragment that begins a message, and of one that ends it. */
export const BEGIN_FLAG = 0x80;
export const END_FLAG = 0x40;

/** One publisher. */
interface Source {
  readonly image: LogImage;
  readonly reader: FragmentReader;
  /** Bytes that were read and not yet verified: the client's conductor had to run first. */
  unprovenBytes: number;
  /** Flags of the fragment for which `onFragmentEnd` is still to be called; NO_FLAGS if there is none. */
  unprovenFlags: number;
}

/**
 * A subscription whose messages are read fragment by fragment, each publisher by its own reader. Long fragments are copied once, by the
 * reader, out of the log; the position is stored only after it is verified that the log was not overwritten meanwhile.
 */
export class FragmentSubscription extends LogSubscription {
  readonly #readerOf: (image: LogImage) => FragmentReader;
  readonly #sources: Source[] = [];

  constructor(channel: string, streamId: number, readerOf: (image: LogImage) => FragmentReader) {
    super(channel, streamId, BLOCK_BYTES);
    this.#readerOf = readerOf;
  }

  /** Takes at most one block from each publisher; returns the bytes taken. */
  poll(nowNs: number): number {
    this.acknowledgeImages();
    const { images } = this;
    let bytes = 0;
    for (let i = 0; i < images.length; i++) bytes += this.#pollSource(this.#source(images[i] as LogImage), nowNs);
    return bytes;
  }

  #pollSource(source: Source, nowNs: number): number {
    const { image, reader } = source;
    if (source.unprovenBytes > 0 && !this.#settle(source)) return 0;
    const { nextFrameBytes } = image;
    if (nextFrameBytes <= 0 || !reader.mayTake(nowNs)) return 0;
    return nextFrameBytes > LONG_FRAGMENT_BYTES ? this.#pollLong(source) : this.#pollBlock(source, nowNs);
  }

  /** Reads a block of fragments, or as much of it as the reader accepts. */
  #pollBlock(source: Source, nowNs: number): number {
    const { image, reader } = source;
    const { termId, termOffset } = image;
    const length = this.look(image, BLOCK_BYTES, ALL);
    const { view } = this.block;
    let offset = 0;
    while (offset < length) {
      const frameLength = this.frameLengthAt(offset, length, termId, termOffset);
      if (frameLength === -1) {
        if (offset > 0) this.advance(image, offset);
        this.passOver(image, length - offset);
        return length;
      }
      const flagsAndType = this.flagsAndTypeAt(offset);
      const payload = offset + DATA_HEADER.size;
      offset += (frameLength + FRAME_ALIGNMENT - 1) & -FRAME_ALIGNMENT;
      if (flagsAndType >>> 8 !== DATA_FRAME_TYPE) continue;
      const flags = flagsAndType & 0xff;
      reader.onFragment(flags, view, payload, frameLength - DATA_HEADER.size, this.block.address + payload);
      reader.onFragmentEnd(flags);
      if ((flags & END_FLAG) !== 0 && !reader.mayTake(nowNs)) break;
    }
    if (offset === 0) return 0;
    source.unprovenBytes = offset;
    this.#settle(source);
    return offset;
  }

  /** Reads one fragment, of which only the head is copied here. */
  #pollLong(source: Source): number {
    const { image, reader } = source;
    const { termId, termOffset, nextAddress } = image;
    const length = image.copyHeadTo(this.block.address, HEAD_BYTES);
    if (!this.isProven) return 0;
    if (length === IMPOSSIBLE_FRAME) {
      this.passOver(image);
      return 0;
    }
    const frameLength = this.frameLengthAt(0, length, termId, termOffset);
    if (frameLength === -1) {
      this.passOver(image);
      return length;
    }
    source.unprovenBytes = length;
    const flagsAndType = this.flagsAndTypeAt(0);
    if (flagsAndType >>> 8 === DATA_FRAME_TYPE) {
      const flags = flagsAndType & 0xff;
      const { size } = DATA_HEADER;
      reader.onFragment(flags, this.block.view, size, frameLength - size, nextAddress + size);
      source.unprovenFlags = flags;
    }
    this.#settle(source);
    return length;
  }

  /** Advances past the read bytes once they are verified; until then the next poll retries, and the media driver keeps them. */
  #settle(source: Source): boolean {
    if (!this.isProven) return false;
    const { unprovenBytes, unprovenFlags } = source;
    source.unprovenBytes = 0;
    source.unprovenFlags = NO_FLAGS;
    // The position first: nothing slow may run between the verification and its store.
    this.advance(source.image, unprovenBytes);
    if (unprovenFlags !== NO_FLAGS) source.reader.onFragmentEnd(unprovenFlags);
    return true;
  }

  #source(image: LogImage): Source {
    for (let i = 0; i < this.#sources.length; i++) {
      const source = this.#sources[i] as Source;
      if (source.image === image) return source;
    }
    const source = { image, reader: this.#readerOf(image), unprovenBytes: 0, unprovenFlags: NO_FLAGS };
    this.#sources.push(source);
    return source;
  }

  protected override onTooLong(): void {}

  protected override onImageGone(image: LogImage): void {
    const index = this.#sources.findIndex((source) => source.image === image);
    if (index === -1) return;
    this.#sources[index]?.reader.onEnd();
    this.#sources.splice(index, 1);
  }
}
