import { aeron } from "../../ffi/aeron.ts";
import {
  checkAeron,
  DATA_FRAME_TYPE,
  DATA_HEADER,
  FRAME_ALIGNMENT,
  IMAGE_CONSTANTS,
  UNFRAGMENTED_FLAGS,
} from "../../ffi/aeron-structs.ts";
import { BlockCallback, ImageCallback } from "../../ffi/callbacks.ts";
import { libc } from "../../ffi/libc.ts";
import { NativeBuffer } from "../../ffi/memory.ts";
import { SubscriptionResource } from "./subscription.ts";

/** Called for each unfragmented message of a block; `offset` is where its SBE header begins. */
export type BlockMessageHandler = (view: DataView, offset: number, length: number) => void;

const MIN_RENEWAL_DELAY_NS = 10e6;
const MAX_RENEWAL_DELAY_NS = 1e9;
/** A publisher that was read from for this long without interruption is healthy again. */
const STABLE_NS = 5e9;

/** Publishers whose positions are kept when the subscription is made anew; those of a driver that has gone never come back. */
const MAX_REMEMBERED = 256;
/** A driver keeps three terms of a publication: what lies further back was never read from this log. */
const TERMS_OF_LOG = 3;

/** Where the next block of one publisher has to begin. */
interface ImagePosition {
  sessionId: number;
  termId: number;
  termOffset: number;
  /** True when the subscription was made anew since: the next block may begin anywhere. */
  hasJoined: boolean;
}

/**
 * A subscription of small messages that is polled in blocks: one callback and one copy for many messages (W-33: only
 * unfragmented messages are delivered, others are counted). A block that does not continue where the last one of its
 * publisher ended was overwritten while this process stood still: it is refused, and the subscription asks to be renewed,
 * as it does after it was put to rest by the driver. The driver does not see what is read after that, and lets the new
 * subscription begin with it again: it is passed over, so that no message comes twice.
 */
export class BlockSubscription extends SubscriptionResource {
  /** Fragments of longer messages, which do not belong on this stream. */
  fragments = 0;
  /** Blocks that did not continue where the last one ended. */
  overruns = 0;
  /** Publishers that were lost before their end: the driver put this subscription to rest, as a rule. */
  imagesLost = 0;
  /** Called when messages are there, before they are looked at: time to fetch what they are about. */
  onArrival: () => void = () => {};
  readonly #onMessage: BlockMessageHandler;
  readonly #callback: BlockCallback;
  readonly #callbackAddress: number;
  readonly #block: NativeBuffer;
  readonly #view: DataView;
  readonly #images: ImagePosition[] = [];
  readonly #imageCallback: ImageCallback;
  /** Publishers lost that `needsRenewal` was not asked about yet. Told by the client: counting images now and then would
   * miss one that came and went between two looks. */
  #imagesGone = 0;
  #isOverrun = false;
  #renewalDelayNs = MIN_RENEWAL_DELAY_NS;
  #renewalDueNs = Number.POSITIVE_INFINITY;
  #stableSinceNs = 0;

  constructor(channel: string, streamId: number, maxBlockBytes: number, onMessage: BlockMessageHandler) {
    super(channel, streamId);
    this.#onMessage = onMessage;
    this.#block = new NativeBuffer(maxBlockBytes);
    this.#view = this.#block.view;
    this.#callback = new BlockCallback((buffer, length, sessionId, termId) =>
      this.#onBlock(buffer, length, sessionId, termId),
    );
    this.#callbackAddress = this.#callback.address;
    this.#imageCallback = new ImageCallback((image) => this.#onImageGone(image));
    this.onUnavailableImage = this.#imageCallback.address;
  }

  /** Publishers whose positions are known: those that may still be read from, and lost ones. */
  get publisherCount(): number {
    return this.#images.length;
  }

  /** Takes at most `blockBytes` of messages from each publisher; returns the bytes taken. */
  poll(blockBytes: number): number {
    if (this.handle === 0) return 0;
    const limit = blockBytes < this.#block.bytes.length ? blockBytes : this.#block.bytes.length;
    const bytes = aeron.aeron_subscription_block_poll(this.handle, this.#callbackAddress, 0, limit);
    if (bytes === 0) return 0;
    this.#callback.rethrow();
    return bytes > 0 ? bytes : 0;
  }

  /** True when the connection should release this subscription and add it again. To be asked when a poll gave nothing. */
  needsRenewal(nowNs: number): boolean {
    if (this.handle === 0) return false;
    if (this.#imagesGone > 0 || this.#isOverrun) {
      this.imagesLost += this.#imagesGone;
      this.#imagesGone = 0;
      this.#isOverrun = false;
      if (nowNs - this.#stableSinceNs > STABLE_NS) this.#renewalDelayNs = MIN_RENEWAL_DELAY_NS;
      this.#renewalDueNs = nowNs + this.#renewalDelayNs;
      this.#renewalDelayNs = Math.min(this.#renewalDelayNs * 2, MAX_RENEWAL_DELAY_NS);
    }
    if (nowNs < this.#renewalDueNs) return false;
    this.#renewalDueNs = Number.POSITIVE_INFINITY;
    this.#stableSinceNs = nowNs;
    return true;
  }

  override begin(client: number): void {
    // Those that went when the last client was closed are no reason to subscribe anew.
    this.#imagesGone = 0;
    super.begin(client);
  }

  override forget(): void {
    super.forget();
    if (this.#images.length > MAX_REMEMBERED) this.#images.splice(0, this.#images.length - MAX_REMEMBERED);
    for (const image of this.#images) image.hasJoined = true;
    this.#imagesGone = 0;
    this.#isOverrun = false;
    this.#renewalDueNs = Number.POSITIVE_INFINITY;
  }

  dispose(): void {
    this.#callback.close();
    this.#imageCallback.close();
  }

  #onImageGone(image: number): void {
    // A publisher that has ended, and was read to its end, is no loss: subscribing anew would only cost others' messages.
    if (aeron.aeron_image_is_end_of_stream(image) === 0) {
      this.#imagesGone++;
      return;
    }
    const constants = new NativeBuffer(IMAGE_CONSTANTS.size);
    checkAeron(aeron.aeron_image_constants(image, constants.address), "aeron_image_constants");
    this.#forgetPublisher(constants.view.getInt32(IMAGE_CONSTANTS.sessionId, true));
  }

  #onBlock(buffer: number, length: number, sessionId: number, termId: number): void {
    this.onArrival();
    // A padding frame alone may be longer than the limit: it holds no message.
    libc.memcpy(this.#block.address, buffer, Math.min(length, this.#block.bytes.length));
    const view = this.#view;
    const firstOffset = view.getInt32(DATA_HEADER.termOffset, true);
    const readBytes = this.#advance(sessionId, termId, firstOffset, length);
    for (let offset = readBytes; offset < length; ) {
      const frameLength = view.getInt32(offset + DATA_HEADER.frameLength, true);
      if (
        frameLength < DATA_HEADER.size ||
        offset + frameLength > length ||
        view.getInt32(offset + DATA_HEADER.termId, true) !== termId ||
        view.getInt32(offset + DATA_HEADER.termOffset, true) !== firstOffset + offset
      ) {
        this.#overrun(sessionId);
        return;
      }
      if (view.getUint16(offset + DATA_HEADER.type, true) === DATA_FRAME_TYPE) {
        if (view.getUint8(offset + DATA_HEADER.flags) === UNFRAGMENTED_FLAGS) {
          this.#onMessage(view, offset + DATA_HEADER.size, frameLength - DATA_HEADER.size);
        } else {
          this.fragments++;
        }
      }
      offset += Math.ceil(frameLength / FRAME_ALIGNMENT) * FRAME_ALIGNMENT;
    }
  }

  /**
   * Moves the publisher's position on by a block. Returns how many bytes of it are not to be read: 0 as a rule, all of them when
   * the block is not the one that was due.
   */
  #advance(sessionId: number, termId: number, termOffset: number, length: number): number {
    let image: ImagePosition | undefined;
    for (let i = 0; i < this.#images.length; i++) {
      const candidate = this.#images[i] as ImagePosition;
      if (candidate.sessionId === sessionId) image = candidate;
    }
    let readBytes = 0;
    if (image === undefined) {
      image = { sessionId, termId, termOffset, hasJoined: false };
      this.#images.push(image);
    } else if (image.hasJoined) {
      const termsBack = (image.termId - termId) | 0;
      if (termsBack > 0 && termsBack < TERMS_OF_LOG) return length;
      if (termsBack === 0) readBytes = Math.max(0, image.termOffset - termOffset);
      if (readBytes >= length) return length;
      image.hasJoined = false;
    } else {
      const continues = termId === image.termId && termOffset === image.termOffset;
      const rotates = termId === ((image.termId + 1) | 0) && termOffset === 0;
      if (!continues && !rotates) {
        this.#overrun(sessionId);
        return length;
      }
    }
    image.termId = termId;
    image.termOffset = termOffset + length;
    return readBytes;
  }

  #overrun(sessionId: number): void {
    this.overruns++;
    this.#isOverrun = true;
    this.#forgetPublisher(sessionId);
  }

  #forgetPublisher(sessionId: number): void {
    const index = this.#images.findIndex((image) => image.sessionId === sessionId);
    if (index !== -1) this.#images.splice(index, 1);
  }
}
