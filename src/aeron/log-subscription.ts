import { aeron } from "../../ffi/aeron.ts";
import { checkAeron, DATA_HEADER, lastAeronError, PADDING_FRAME_TYPE } from "../../ffi/aeron-structs.ts";
import { ImageCallback } from "../../ffi/callbacks.ts";
import { NativeBuffer, nativeString, stringAt } from "../../ffi/memory.ts";
import { getLogger } from "../core/logger.ts";
import { IMPOSSIBLE_FRAME, LogImage } from "./log-image.ts";
import type { NativeClient } from "./native-client.ts";
import type { AeronResource } from "./resource.ts";

const log = getLogger("aeron").every(10e9);

/** Number of logs whose positions are kept when the subscription is added again; logs of a dead driver never return. */
const MAX_REMEMBERED = 256;
/** A frame cannot be longer than the smallest term; longer ones are not copied. */
const MAX_BLOCK_BYTES = 64 * 1024;
/** More than the longest text of an address with its port. */
const MAX_ADDRESS_BYTES = 64;
/** Offsets in a frame header, in words of 32 bits. */
const TERM_ID_WORD = DATA_HEADER.termId / 4;
const TERM_OFFSET_WORD = DATA_HEADER.termOffset / 4;
const MIN_RENEWAL_DELAY_NS = 10e6;
const MAX_RENEWAL_DELAY_NS = 1e9;
/** A subscription that was read without interruption for this long is healthy again. */
const STABLE_NS = 5e9;

/**
 * A subscription that outlives the client it was created with, and that reads its publishers' logs itself, in blocks: a bounded copy, then
 * a check that the media driver still respected the position, and only then parsing. An impossible frame is refused: the log is skipped to
 * its end, and that is counted.
 */
export abstract class LogSubscription implements AeronResource {
  readonly channel: string;
  readonly streamId: number;
  /** Times that a log had invalid content and was skipped to its end. */
  overruns = 0;
  /** Bytes of logs that were skipped unread, or written while the media driver did not wait for this subscription. */
  missedBytes = 0;
  /** Publishers lost before their end, usually because the driver made this subscription inactive. */
  imagesLost = 0;
  /** Buffer for copied blocks. */
  protected block: NativeBuffer;
  /** The same memory in words of 32 bits. */
  protected words: Int32Array;
  protected readonly images: LogImage[] = [];
  readonly #maxBlockBytes: number;
  /** How far the driver's logs were read, by correlation id. */
  readonly #readPositions = new Map<bigint, number>();
  /** The driver that these logs belong to. */
  #driverIdentity = "";
  readonly #available = new ImageCallback((image) => this.#onAvailable(image));
  readonly #unavailable = new ImageCallback((image) => this.#onUnavailable(image));
  readonly #uri: NativeBuffer;
  readonly #out = new NativeBuffer(8);
  #client: NativeClient | null = null;
  #handle = 0;
  #pending = 0;
  /** True if libaeron's image list has changed since it was last acquired: libaeron keeps the old one until then. */
  #hasChanged = false;
  /** Lost publishers that `needsRenewal` has not yet taken into account. */
  #interruptions = 0;
  /** Why this subscription must be added again; null while it is sound. */
  #fault: string | null = null;
  #renewalDelayNs = MIN_RENEWAL_DELAY_NS;
  #renewalDueNs = Number.POSITIVE_INFINITY;
  #stableSinceNs = 0;

  /** `maxBlockBytes`: most bytes that one poll takes from one publisher. */
  constructor(channel: string, streamId: number, initialBlockBytes: number, maxBlockBytes = initialBlockBytes) {
    this.channel = channel;
    this.streamId = streamId;
    this.block = new NativeBuffer(initialBlockBytes);
    this.words = new Int32Array(this.block.bytes.buffer);
    this.#maxBlockBytes = Math.min(maxBlockBytes, MAX_BLOCK_BYTES);
    this.#uri = nativeString(channel);
  }

  get isReady(): boolean {
    return this.#handle !== 0;
  }

  /** Number of publishers that this subscription currently reads. */
  get imageCount(): number {
    return this.images.length;
  }

  /** Term length of the publisher with this session id; 0 if this subscription does not read from it (any more). */
  termBytesOf(sessionId: number): number {
    return this.images.find((image) => image.sessionId === sessionId)?.termBytes ?? 0;
  }

  /** The address and port where a UDP subscription receives, including a port chosen by the media driver; null while unknown. */
  resolvedEndpoint(): string | null {
    if (this.#handle === 0) return null;
    const text = new NativeBuffer(MAX_ADDRESS_BYTES);
    const result = aeron.aeron_subscription_resolved_endpoint(this.#handle, text.address, MAX_ADDRESS_BYTES);
    return result === 1 ? stringAt(text.address) : null;
  }

  toString(): string {
    return `the subscription ${this.channel} stream ${this.streamId}`;
  }

  begin(client: NativeClient): void {
    checkAeron(
      aeron.aeron_async_add_subscription(
        this.#out.address,
        client.address,
        this.#uri.address,
        this.streamId,
        this.#available.address,
        0,
        this.#unavailable.address,
        0,
      ),
      "aeron_async_add_subscription",
    );
    if (client.driverIdentity !== this.#driverIdentity) {
      // Another driver assigns the same ids to other logs.
      this.#readPositions.clear();
      this.#driverIdentity = client.driverIdentity;
    }
    this.#client = client;
    this.#pending = this.#out.pointerAt();
  }

  proceed(): boolean {
    if (this.#pending === 0) return this.#handle !== 0;
    const result = aeron.aeron_async_add_subscription_poll(this.#out.address, this.#pending);
    if (result === 0) return false;
    this.#pending = 0;
    if (result < 0) throw lastAeronError(`subscribing to ${this.channel} stream ${this.streamId}`);
    this.#handle = this.#out.pointerAt();
    return true;
  }

  release(): void {
    const handle = this.#handle;
    // libaeron reports the images as unavailable during the call; this is no loss.
    this.forget();
    if (handle !== 0) aeron.aeron_subscription_close(handle, 0, 0);
  }

  forget(): void {
    for (const image of this.images) {
      this.#remember(image);
      this.onImageGone(image);
    }
    this.images.length = 0;
    this.#client = null;
    this.#handle = 0;
    this.#pending = 0;
    this.#interruptions = 0;
    this.#fault = null;
    this.#renewalDueNs = Number.POSITIVE_INFINITY;
  }

  dispose(): void {
    this.#available.close();
    this.#unavailable.close();
  }

  /** Images that cannot be read further although their publishers write are skipped to their ends. */
  fault(): string | null {
    for (const image of [...this.images]) {
      // A publisher is never further ahead of a respected position than its window, which is half a term.
      const aheadBytes = image.endPosition() - image.position;
      if (Number.isFinite(aheadBytes) && aheadBytes > image.termBytes) this.passOver(image);
    }
    return this.#fault;
  }

  /** True if the connection should release this subscription and add it again. Check it after a poll that returned nothing. */
  needsRenewal(nowNs: number): boolean {
    if (this.#handle === 0) return false;
    if (this.#interruptions > 0) {
      this.#interruptions = 0;
      if (nowNs - this.#stableSinceNs > STABLE_NS) this.#renewalDelayNs = MIN_RENEWAL_DELAY_NS;
      this.#renewalDueNs = nowNs + this.#renewalDelayNs;
      this.#renewalDelayNs = Math.min(this.#renewalDelayNs * 2, MAX_RENEWAL_DELAY_NS);
    }
    if (nowNs < this.#renewalDueNs) return false;
    this.#renewalDueNs = Number.POSITIVE_INFINITY;
    this.#stableSinceNs = nowNs;
    return true;
  }

  /**
   * A subscription without any publisher has lost those that it had: a log that rested and did not return was seen twice in 2,000 pauses of
   * clients of a driver with short timeouts.
   */
  isStranded(nowNs: number): boolean {
    return this.images.length === 0 && this.needsRenewal(nowNs);
  }

  /**
   * Takes a publisher's next frames into `block`. Returns their bytes: at most `maxBytes`, unless the first frame is longer; 0 if there are
   * none, or if they cannot be trusted before the client's conductor has run.
   */
  protected take(image: LogImage, maxBytes: number, maxFrames: number): number {
    const length = this.look(image, maxBytes, maxFrames);
    if (length > 0) this.advance(image, length);
    return length;
  }

  /** Like `take`, without advancing: call `advance` once `isProven` shows that the position is still valid. */
  protected look(image: LogImage, maxBytes: number, maxFrames: number): number {
    const capacity = maxBytes < this.block.bytes.length ? maxBytes : this.block.bytes.length;
    const length = image.copyTo(this.block.address, capacity, maxFrames);
    if (length === 0) return 0;
    const client = this.#client;
    // Nothing slow may run between this check and the store that follows.
    if (client === null || !client.isCurrent) return 0;
    if (length === IMPOSSIBLE_FRAME) {
      this.passOver(image);
      return 0;
    }
    return length > capacity ? this.#takeLong(image, length) : length;
  }

  /** True if everything read from a log so far was not overwritten meanwhile, so that its position may be stored. */
  protected get isProven(): boolean {
    return this.#client?.isCurrent === true;
  }

  /** Advances by `length` bytes in a publisher's log. */
  protected advance(image: LogImage, length: number): void {
    if (!image.advance(length)) this.#fault = "another client has overwritten its position";
  }

  /** Advances to the end of a log with an impossible frame; `lostBytes` of it were already taken. */
  protected passOver(image: LogImage, lostBytes = 0): void {
    this.overruns++;
    this.missedBytes += lostBytes;
    const client = this.#client;
    // The next poll finds the same content, or the image is gone by then.
    if (client === null || !client.isCurrent) return;
    log.warn(
      `the log of a publisher on ${this.channel} stream ${this.streamId} (session ${image.sessionId}) holds what cannot be a frame: ` +
        "skipping to its end",
    );
    const passedBytes = image.skipToEnd();
    if (passedBytes !== null) {
      this.missedBytes += passedBytes;
      return;
    }
    this.#drop(image);
    this.#fault = "a publisher's log holds what cannot be a frame";
  }

  /**
   * The length of the frame at `offset` of `block`, which holds a term from `termOffset` on and ends at `end`; -1 if it is no frame: it is
   * too long, or was written for another place in the log.
   */
  protected frameLengthAt(offset: number, end: number, termId: number, termOffset: number): number {
    const { words } = this;
    const at = offset >> 2;
    const frameLength = words[at] as number;
    const isFrame =
      frameLength >= DATA_HEADER.size &&
      frameLength <= end - offset &&
      words[at + TERM_ID_WORD] === termId &&
      words[at + TERM_OFFSET_WORD] === termOffset + offset;
    return isFrame ? frameLength : -1;
  }

  /** Flags (the lower eight bits) and type of the frame at `offset` of `block`. */
  protected flagsAndTypeAt(offset: number): number {
    return (this.words[(offset + DATA_HEADER.version) >> 2] as number) >>> 8;
  }

  /** libaeron waits for this before it frees removed images. */
  protected acknowledgeImages(): void {
    if (!this.#hasChanged || this.#handle === 0) return;
    this.#hasChanged = false;
    this.#available.rethrow();
    this.#unavailable.rethrow();
    aeron.aeron_subscription_image_count(this.#handle);
  }

  /** Called for a data frame that exceeds the block size and was skipped. */
  protected abstract onTooLong(): void;

  /** Called when a publisher is no longer read. */
  protected abstract onImageGone(image: LogImage): void;

  #takeLong(image: LogImage, length: number): number {
    if (image.frameType === PADDING_FRAME_TYPE) {
      this.advance(image, length);
      return 0;
    }
    if (length <= this.#maxBlockBytes) {
      // Read by the next poll.
      this.block = new NativeBuffer(2 ** Math.ceil(Math.log2(length)));
      this.words = new Int32Array(this.block.bytes.buffer);
      return 0;
    }
    this.advance(image, length);
    this.onTooLong();
    return 0;
  }

  #onAvailable(address: number): void {
    this.#hasChanged = true;
    const image = new LogImage(address, (correlationId) => this.#readPositions.get(correlationId) ?? 0);
    const readPosition = this.#readPositions.get(image.correlationId);
    if (readPosition !== undefined) this.missedBytes += Math.max(0, image.position - readPosition);
    this.#readPositions.delete(image.correlationId);
    this.images.push(image);
    if (!image.joinedBeyondEnd) return;
    log.warn(
      `the media driver let this process join ${this.channel} stream ${this.streamId} (session ${image.sessionId}) beyond what was ` +
        "published: another client has overwritten a position; the publisher has to be added again",
    );
  }

  #onUnavailable(address: number): void {
    this.#hasChanged = true;
    const image = this.images.find((candidate) => candidate.address === address);
    if (image === undefined) return;
    // A publisher that ended and was read to its end is no loss: subscribing again would only lose messages of others.
    if (image.isEndOfStream) {
      this.#drop(image);
      return;
    }
    this.#remember(image);
    this.#drop(image);
    this.imagesLost++;
    this.#interruptions++;
  }

  #drop(image: LogImage): void {
    this.images.splice(this.images.indexOf(image), 1);
    this.onImageGone(image);
  }

  /** Stores how far the log was read, so that no message is delivered twice if the driver lets a new subscription start earlier. */
  #remember(image: LogImage): void {
    this.#readPositions.delete(image.correlationId);
    this.#readPositions.set(image.correlationId, image.position);
    for (const oldest of this.#readPositions.keys()) {
      if (this.#readPositions.size <= MAX_REMEMBERED) break;
      this.#readPositions.delete(oldest);
    }
  }
}
