import { aeron } from "../../ffi/aeron.ts";
import { checkAeron, DATA_HEADER, lastAeronError, PADDING_FRAME_TYPE } from "../../ffi/aeron-structs.ts";
import { ImageCallback } from "../../ffi/callbacks.ts";
import { NativeBuffer, nativeString, stringAt } from "../../ffi/memory.ts";
import { getLogger } from "../core/logger.ts";
import { IMPOSSIBLE_FRAME, LogImage } from "./log-image.ts";
import type { NativeClient } from "./native-client.ts";
import type { AeronResource } from "./resource.ts";

const log = getLogger("aeron").every(10e9);

/** Logs whose positions are kept when the subscription is added again; those of a driver that has ended never return. */
const MAX_REMEMBERED = 256;
/** Frames that are longer than a term of the smallest size cannot be; what is longer is not copied. */
const MAX_BLOCK_BYTES = 64 * 1024;
/** Longest text of an address with its port, and more. */
const MAX_ADDRESS_BYTES = 64;
/** Offsets in a frame header, in words of 32 bits. */
const TERM_ID_WORD = DATA_HEADER.termId / 4;
const TERM_OFFSET_WORD = DATA_HEADER.termOffset / 4;
const MIN_RENEWAL_DELAY_NS = 10e6;
const MAX_RENEWAL_DELAY_NS = 1e9;
/** A subscription that was read from for this long without interruption is healthy again. */
const STABLE_NS = 5e9;

/**
 * A subscription that outlives the client it was made with, and that reads the logs of its publishers by itself, in blocks: a
 * bounded copy, then proof that the media driver still respected the position, and only then parsing. What cannot be a frame is
 * refused: the log is passed over up to its end, and that is counted.
 */
export abstract class LogSubscription implements AeronResource {
  readonly channel: string;
  readonly streamId: number;
  /** Times that a log did not hold what it should, and was passed over up to its end. */
  overruns = 0;
  /** Bytes of logs that were passed over unread, or written while the media driver did not wait for this subscription. */
  missedBytes = 0;
  /** Publishers that were lost before their end: the driver put this subscription to rest, as a rule. */
  imagesLost = 0;
  /** Where blocks are copied to. */
  protected block: NativeBuffer;
  /** The same memory in words of 32 bits. */
  protected words: Int32Array;
  protected readonly images: LogImage[] = [];
  readonly #maxBlockBytes: number;
  /** Where logs of the driver were read to, by the logs' correlation ids. */
  readonly #readPositions = new Map<bigint, number>();
  /** The driver that these logs are of. */
  #driverIdentity = "";
  readonly #available = new ImageCallback((image) => this.#onAvailable(image));
  readonly #unavailable = new ImageCallback((image) => this.#onUnavailable(image));
  readonly #uri: NativeBuffer;
  readonly #out = new NativeBuffer(8);
  #client: NativeClient | null = null;
  #handle = 0;
  #pending = 0;
  /** True when libaeron's list of images has changed since it was last asked for: it keeps the old one until then. */
  #hasChanged = false;
  /** Publishers lost that `needsRenewal` was not asked about yet. */
  #interruptions = 0;
  /** Why this subscription has to be added again; null while it is sound. */
  #fault: string | null = null;
  #renewalDelayNs = MIN_RENEWAL_DELAY_NS;
  #renewalDueNs = Number.POSITIVE_INFINITY;
  #stableSinceNs = 0;

  /** `maxBlockBytes`: what one poll takes from one publisher at most. */
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

  /** Publishers that this subscription reads from now. */
  get imageCount(): number {
    return this.images.length;
  }

  /** Bytes of a term of the publisher with this session id; 0 when this subscription does not read from it (any more). */
  termBytesOf(sessionId: number): number {
    return this.images.find((image) => image.sessionId === sessionId)?.termBytes ?? 0;
  }

  /** The address and port where a UDP subscription receives, also where the media driver has chosen the port; null while unknown. */
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
      // Another driver gives the same ids to other logs.
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
    // libaeron reports the images unavailable during the call, which is no loss any more.
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

  /** Images that cannot be read on although their publishers write are passed over up to their ends. */
  fault(): string | null {
    for (const image of [...this.images]) {
      // A publisher is never further ahead of a position that the driver respects than its window, which is half a term.
      const aheadBytes = image.endPosition() - image.position;
      if (Number.isFinite(aheadBytes) && aheadBytes > image.termBytes) this.passOver(image);
    }
    return this.#fault;
  }

  /** True when the connection should release this subscription and add it again. To be asked when a poll gave nothing. */
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
   * Without any publisher, a subscription has lost those that it had: a log that rested and did not return was seen twice in 2,000
   * pauses of clients of an impatient driver.
   */
  isStranded(nowNs: number): boolean {
    return this.images.length === 0 && this.needsRenewal(nowNs);
  }

  /**
   * Takes the next frames of a publisher to `block`. Returns their bytes: at most `maxBytes`, unless the first frame is longer; 0
   * when there are none, or when they must not be believed before the client's conductor has run.
   */
  protected take(image: LogImage, maxBytes: number, maxFrames: number): number {
    const length = this.look(image, maxBytes, maxFrames);
    if (length > 0) this.advance(image, length);
    return length;
  }

  /** As `take`, without going on: `advance` does that, once `isProven` says that the position is still this subscription's. */
  protected look(image: LogImage, maxBytes: number, maxFrames: number): number {
    const capacity = maxBytes < this.block.bytes.length ? maxBytes : this.block.bytes.length;
    const length = image.copyTo(this.block.address, capacity, maxFrames);
    if (length === 0) return 0;
    const client = this.#client;
    // Between this look and the store that follows, nothing is done that takes time.
    if (client === null || !client.isCurrent) return 0;
    if (length === IMPOSSIBLE_FRAME) {
      this.passOver(image);
      return 0;
    }
    return length > capacity ? this.#takeLong(image, length) : length;
  }

  /** True while what was read from a log until now was not overwritten meanwhile, and its position may be stored. */
  protected get isProven(): boolean {
    return this.#client?.isCurrent === true;
  }

  /** Goes past `length` bytes of a publisher's log. */
  protected advance(image: LogImage, length: number): void {
    if (!image.advance(length)) this.#fault = "another client has overwritten its position";
  }

  /** Goes to the end of a log that holds what cannot be a frame; `lostBytes` of it were taken already. */
  protected passOver(image: LogImage, lostBytes = 0): void {
    this.overruns++;
    this.missedBytes += lostBytes;
    const client = this.#client;
    // The next poll finds the same, or the image is gone by then.
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
   * The length of the frame at `offset` of `block`, which was taken from `termOffset` of a term on and ends at `end`; -1 when it is
   * no frame: it is too long, or was written for another place of the log.
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

  /** What libaeron waits for before it frees images that are gone. */
  protected acknowledgeImages(): void {
    if (!this.#hasChanged || this.#handle === 0) return;
    this.#hasChanged = false;
    this.#available.rethrow();
    this.#unavailable.rethrow();
    aeron.aeron_subscription_image_count(this.#handle);
  }

  /** Called for a frame of data that is longer than a block may be, and was passed over. */
  protected abstract onTooLong(): void;

  /** Called when a publisher is read from no longer. */
  protected abstract onImageGone(image: LogImage): void;

  #takeLong(image: LogImage, length: number): number {
    if (image.frameType === PADDING_FRAME_TYPE) {
      this.advance(image, length);
      return 0;
    }
    if (length <= this.#maxBlockBytes) {
      // Taken with the next poll.
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
    // A publisher that has ended, and was read to its end, is no loss: subscribing again would only cost others' messages.
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

  /** Keeps where the log was read to, so that no message comes twice when the driver lets a new subscription begin earlier. */
  #remember(image: LogImage): void {
    this.#readPositions.delete(image.correlationId);
    this.#readPositions.set(image.correlationId, image.position);
    for (const oldest of this.#readPositions.keys()) {
      if (this.#readPositions.size <= MAX_REMEMBERED) break;
      this.#readPositions.delete(oldest);
    }
  }
}
