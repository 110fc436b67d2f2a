import { DATA_FRAME_TYPE, DATA_HEADER, FRAME_ALIGNMENT, UNFRAGMENTED_FLAGS } from "../../ffi/aeron-structs.ts";
import type { LogImage } from "./log-image.ts";
import { LogSubscription } from "./log-subscription.ts";

/** Called for each unfragmented message of a block; its SBE header begins at `offset`. */
export type BlockMessageHandler = (view: DataView, offset: number, length: number) => void;

/** Flags and type of an unfragmented message. */
const UNFRAGMENTED_DATA = (DATA_FRAME_TYPE << 8) | UNFRAGMENTED_FLAGS;
/** More than a block holds. */
const MAX_FRAMES = 0x7fff_ffff;

/**
 * A subscription of small messages, many of which are copied at once and passed on from the copy (W-33: only unfragmented messages are
 * delivered, others are counted). It requests renewal after the driver has made it inactive.
 */
export class BlockSubscription extends LogSubscription {
  /** Fragments of longer messages, which are not allowed on this stream. */
  fragments = 0;
  /** Called when messages have arrived, before they are read, so that the data they refer to can be prefetched. */
  onArrival: () => void = () => {};
  readonly #onMessage: BlockMessageHandler;

  constructor(channel: string, streamId: number, maxBlockBytes: number, onMessage: BlockMessageHandler) {
    super(channel, streamId, maxBlockBytes);
    this.#onMessage = onMessage;
  }

  /**
   * Takes at most `blockBytes` of messages from each publisher; returns the bytes taken. An exception of the handler is thrown after the
   * messages taken were passed on.
   */
  poll(blockBytes: number): number {
    this.acknowledgeImages();
    const { images } = this;
    let bytes = 0;
    for (let i = 0; i < images.length; i++) bytes += this.#pollImage(images[i] as LogImage, blockBytes);
    return bytes;
  }

  #pollImage(image: LogImage, blockBytes: number): number {
    if (!image.hasNext) return 0;
    this.onArrival();
    const { termId, termOffset } = image;
    const length = this.take(image, blockBytes, MAX_FRAMES);
    const { view } = this.block;
    let failure: { readonly error: unknown } | null = null;
    for (let offset = 0; offset < length; ) {
      const frameLength = this.frameLengthAt(offset, length, termId, termOffset);
      if (frameLength === -1) {
        this.passOver(image, length - offset);
        break;
      }
      const flagsAndType = this.flagsAndTypeAt(offset);
      if (flagsAndType === UNFRAGMENTED_DATA) {
        try {
          this.#onMessage(view, offset + DATA_HEADER.size, frameLength - DATA_HEADER.size);
        } catch (error) {
          failure ??= { error };
        }
      } else if (flagsAndType >>> 8 === DATA_FRAME_TYPE) {
        this.fragments++;
      }
      offset += (frameLength + FRAME_ALIGNMENT - 1) & -FRAME_ALIGNMENT;
    }
    if (failure !== null) throw failure.error;
    return length;
  }

  protected override onTooLong(): void {
    this.fragments++;
  }

  protected override onImageGone(): void {}
}
