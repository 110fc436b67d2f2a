import { DATA_FRAME_TYPE, DATA_HEADER, FRAME_ALIGNMENT } from "../../ffi/aeron-structs.ts";
import type { LogImage } from "../aeron/log-image.ts";
import { LogSubscription } from "../aeron/log-subscription.ts";

/** Where datagrams of one publisher go. */
export interface FragmentReader {
  /** Most fragments that may be taken now; 0: none, so that the publisher's window fills. */
  readonly appetite: number;
  /** A fragment of a message: `length` bytes from `offset` of the view on, which begin a message where the flags say so. */
  onFragment(flags: number, view: DataView, offset: number, length: number): void;
  /** The publisher is gone. */
  onEnd(): void;
}

/** Aeron's largest MTU. */
const BLOCK_BYTES = 64 * 1024;

/** A subscription whose messages are read fragment by fragment, each publisher by a reader of its own. */
export class FragmentSubscription extends LogSubscription {
  readonly #readerOf: (image: LogImage) => FragmentReader;
  readonly #readers = new Map<LogImage, FragmentReader>();

  constructor(channel: string, streamId: number, readerOf: (image: LogImage) => FragmentReader) {
    super(channel, streamId, BLOCK_BYTES);
    this.#readerOf = readerOf;
  }

  /** Where the block is that fragments are handed out from. */
  get blockAddress(): number {
    return this.block.address;
  }

  /** Takes at most one block of each publisher; returns the bytes taken. */
  poll(): number {
    this.acknowledgeImages();
    const { images } = this;
    let bytes = 0;
    for (let i = 0; i < images.length; i++) bytes += this.#pollImage(images[i] as LogImage);
    return bytes;
  }

  #pollImage(image: LogImage): number {
    const reader = this.#reader(image);
    const { appetite } = reader;
    if (appetite === 0 || !image.hasNext) return 0;
    const { termId, termOffset } = image;
    const length = this.take(image, BLOCK_BYTES, appetite);
    const { view } = this.block;
    for (let offset = 0; offset < length; ) {
      const frameLength = this.frameLengthAt(offset, length, termId, termOffset);
      if (frameLength === -1) {
        this.passOver(image, length - offset);
        break;
      }
      const flagsAndType = this.flagsAndTypeAt(offset);
      if (flagsAndType >>> 8 === DATA_FRAME_TYPE) {
        reader.onFragment(flagsAndType & 0xff, view, offset + DATA_HEADER.size, frameLength - DATA_HEADER.size);
      }
      offset += (frameLength + FRAME_ALIGNMENT - 1) & -FRAME_ALIGNMENT;
    }
    return length;
  }

  #reader(image: LogImage): FragmentReader {
    let reader = this.#readers.get(image);
    if (reader === undefined) {
      reader = this.#readerOf(image);
      this.#readers.set(image, reader);
    }
    return reader;
  }

  protected override onTooLong(): void {}

  protected override onImageGone(image: LogImage): void {
    this.#readers.get(image)?.onEnd();
    this.#readers.delete(image);
  }
}
