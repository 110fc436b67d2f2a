import { aeron } from "../../ffi/aeron.ts";
import { BUFFER_CLAIM, checkAeron, lastAeronError, PUBLICATION_CONSTANTS } from "../../ffi/aeron-structs.ts";
import { libc } from "../../ffi/libc.ts";
import { NativeBuffer, nativeString } from "../../ffi/memory.ts";
import { LIVE_TIMEOUTS, TERM_PARTS } from "./channel.ts";
import type { MessageBlock } from "./message-block.ts";
import type { NativeClient } from "./native-client.ts";
import type { AeronResource } from "./resource.ts";
import { PUBLISH_RESULT_NAMES, PublishResult, resultOfPosition } from "./results.ts";

/** Aeron's smallest MTU for IPC (1,408) minus its frame header: the largest claim under any driver settings. */
const MAX_CLAIM_BYTES = 1376;
const UNKNOWN_POSITION = -1;
/** With `LIVE_TIMEOUTS`, a subscriber holds a window for milliseconds; under a foreign driver for up to two seconds. */
const HELD_TIMEOUT_NS = 2.5e9;

/**
 * An exclusive publication that outlives the client it was created with: while the connection has no client, or the driver has not answered
 * yet, messages are refused as NOT_CONNECTED. Created by `AeronConnection.addPublication`.
 */
export class Publication implements AeronResource {
  readonly channel: string;
  readonly streamId: number;
  /** Messages by result, see `PUBLISH_RESULT_NAMES`. */
  readonly results = new Float64Array(PUBLISH_RESULT_NAMES.length);
  #handle = 0;
  #pending = 0;
  #sessionId: number | null = null;
  #initialTermId = 0;
  #termBytes = 0;
  /** The window of its channel, at most half a term. */
  #maxWindowBytes = 0;
  /** True for channels whose subscribers become inactive within milliseconds. */
  readonly #isNeverHeld: boolean;
  /** The position at which `fault` found the window full, and since when. */
  #heldPosition = UNKNOWN_POSITION;
  #heldSinceNs = 0;
  /** Position of the next message, as tracked by `publishBlock`; other publications move it. */
  #position = UNKNOWN_POSITION;
  #termId = 0;
  #termOffset = 0;
  readonly #uri: NativeBuffer;
  readonly #out = new NativeBuffer(8);
  readonly #claim = new NativeBuffer(BUFFER_CLAIM.size);
  readonly #claimAddress: number;
  /** Two aeron_iovec_t: an address and a length each. */
  readonly #pieces = new NativeBuffer(32);

  constructor(channel: string, streamId: number) {
    this.channel = channel;
    this.streamId = streamId;
    this.#uri = nativeString(channel);
    this.#claimAddress = this.#claim.address;
    this.#isNeverHeld = channel.includes(`untethered-window-limit-timeout=${LIVE_TIMEOUTS.windowLimitMs}ms`);
  }

  /**
   * Publishes `length` bytes at `address` with try_claim and commit (W-32). Never blocks, never retries; the message must fit
   * one fragment. The result is counted in `results`.
   */
  publish(address: number, length: number): PublishResult {
    const handle = this.#handle;
    if (handle === 0) {
      this.results[PublishResult.NOT_CONNECTED]!++;
      return PublishResult.NOT_CONNECTED;
    }
    const position = aeron.aeron_exclusive_publication_try_claim(handle, length, this.#claimAddress);
    this.#position = UNKNOWN_POSITION;
    if (position > 0) {
      libc.memcpy(this.#claim.pointerAt(BUFFER_CLAIM.data), address, length);
      aeron.aeron_buffer_claim_commit(this.#claimAddress);
      this.results[PublishResult.PUBLISHED]!++;
      return PublishResult.PUBLISHED;
    }
    const result = resultOfPosition(position);
    this.results[result]!++;
    return result;
  }

  /**
   * Publishes a message of any length up to Aeron's limit: with `publish` if it fits one fragment (W-32), otherwise with `offer` (announces
   * with long URIs, metadata with large attributes).
   */
  publishMessage(address: number, length: number): PublishResult {
    if (length <= MAX_CLAIM_BYTES) return this.publish(address, length);
    const result = this.#offer(address, length);
    this.results[result]!++;
    return result;
  }

  /** Longest accepted message; Infinity before the driver has created the publication. */
  get maxMessageBytes(): number {
    return this.#termBytes === 0 ? Number.POSITIVE_INFINITY : this.#termBytes / TERM_PARTS;
  }

  #offer(address: number, length: number): PublishResult {
    if (this.#handle === 0) return PublishResult.NOT_CONNECTED;
    if (length > this.maxMessageBytes) return PublishResult.TOO_LONG;
    this.#position = UNKNOWN_POSITION;
    return resultOfPosition(aeron.aeron_exclusive_publication_offer(this.#handle, address, length, 0, 0));
  }

  /** Bytes that may be published before the window is full; 0 without a subscriber. */
  get roomBytes(): number {
    if (this.#handle === 0) return 0;
    const limit = aeron.aeron_exclusive_publication_position_limit(this.#handle);
    const room = limit - aeron.aeron_exclusive_publication_position(this.#handle);
    return room > 0 ? room : 0;
  }

  /** Publishes one message of two pieces, which are copied once each; the second may be empty. Never blocks, never retries. */
  publishPieces(head: number, headBytes: number, body: number, bodyBytes: number): PublishResult {
    if (this.#handle === 0) return PublishResult.NOT_CONNECTED;
    if (headBytes + bodyBytes > this.maxMessageBytes) return PublishResult.TOO_LONG;
    this.#position = UNKNOWN_POSITION;
    putAddress(this.#pieces.view, 0, head);
    putAddress(this.#pieces.view, 8, headBytes);
    putAddress(this.#pieces.view, 16, body);
    putAddress(this.#pieces.view, 24, bodyBytes);
    const count = bodyBytes === 0 ? 1 : 2;
    const result = resultOfPosition(
      aeron.aeron_exclusive_publication_offerv(this.#handle, this.#pieces.address, count, 0, 0),
    );
    this.results[result]!++;
    return result;
  }

  /** Claims a message that fits one fragment: returns the address to write to, or 0. End it with `endClaim` soon. */
  claim(byteLength: number): number {
    if (this.#handle === 0) return 0;
    this.#position = UNKNOWN_POSITION;
    const position = aeron.aeron_exclusive_publication_try_claim(this.#handle, byteLength, this.#claimAddress);
    return position > 0 ? this.#claim.pointerAt(BUFFER_CLAIM.data) : 0;
  }

  /** Publishes or aborts the claim; no subscriber sees an aborted one. */
  endClaim(isPublished: boolean): void {
    if (isPublished) aeron.aeron_buffer_claim_commit(this.#claimAddress);
    else aeron.aeron_buffer_claim_abort(this.#claimAddress);
  }

  /** The result of the last `publishBlock` that published nothing. */
  refusal: PublishResult = PublishResult.PUBLISHED;

  /**
   * Publishes messages of a block, at most `count` from `from` on, with one call: each is a separate message, and as many are sent as the
   * window and the term have room for, which `try_claim` would have accepted one by one. Returns the number sent; if it is 0, `refusal` has
   * the reason. Never blocks, never retries; a log rotation is completed.
   */
  publishBlock(block: MessageBlock, from: number, count: number): number {
    const handle = this.#handle;
    if (handle === 0) return this.#refuse(PublishResult.NOT_CONNECTED);
    if (this.#position === UNKNOWN_POSITION) this.#locate(handle);
    const { frameBytes } = block;
    if (this.#termBytes - this.#termOffset < frameBytes) {
      const answer = this.#rotate(handle, block.messageBytes);
      if (answer !== PublishResult.ADMIN_ACTION) return this.#refuse(answer);
    }
    let messages = 1;
    if (count > 1) {
      // A block is sent as a whole once its first message has room: messages that begin beyond the limit must wait.
      const room = aeron.aeron_exclusive_publication_position_limit(handle) - this.#position;
      const termRoom = Math.floor((this.#termBytes - this.#termOffset) / frameBytes);
      messages = Math.min(count, termRoom, Math.max(1, Math.ceil(room / frameBytes)));
    }
    block.place(from, messages, this.#termId, this.#termOffset, this.#sessionId as number, this.streamId);
    const blockBytes = messages * frameBytes;
    const answer = aeron.aeron_exclusive_publication_offer_block(handle, block.addressOf(from), blockBytes);
    if (answer <= 0) {
      this.#position = UNKNOWN_POSITION;
      return this.#refuse(resultOfPosition(answer));
    }
    this.#position = answer;
    this.#termOffset += blockBytes;
    this.results[PublishResult.PUBLISHED]! += messages;
    return messages;
  }

  #refuse(result: PublishResult): number {
    this.results[result]!++;
    this.refusal = result;
    return 0;
  }

  /** Determines the position of the next message. */
  #locate(handle: number): void {
    const position = aeron.aeron_exclusive_publication_position(handle);
    this.#position = position;
    this.#termOffset = position % this.#termBytes;
    this.#termId = (this.#initialTermId + Math.floor(position / this.#termBytes)) | 0;
  }

  /** Makes Aeron pad the rest of the term, which has no room for a message, and begin the next: ADMIN_ACTION once done. */
  #rotate(handle: number, messageBytes: number): PublishResult {
    const answer = aeron.aeron_exclusive_publication_try_claim(handle, messageBytes, this.#claimAddress);
    if (answer > 0) throw new Error(`expected the end of a term at ${this.#position}, found room up to ${answer}`);
    this.#locate(handle);
    return resultOfPosition(answer);
  }

  /** Aeron's session id, which identifies the publisher to subscribers; null before the driver has created the publication. */
  get sessionId(): number | null {
    return this.#sessionId;
  }

  /** True while some subscriber is connected. */
  get isConnected(): boolean {
    return this.#handle !== 0 && aeron.aeron_exclusive_publication_is_connected(this.#handle) !== 0;
  }

  /** True once the driver has created the publication, with or without subscribers. */
  get isReady(): boolean {
    return this.#handle !== 0;
  }

  toString(): string {
    return `the publication ${this.channel} stream ${this.streamId}`;
  }

  begin(client: NativeClient): void {
    const call = "aeron_async_add_exclusive_publication";
    checkAeron(
      aeron.aeron_async_add_exclusive_publication(this.#out.address, client.address, this.#uri.address, this.streamId),
      call,
    );
    this.#pending = this.#out.pointerAt();
  }

  proceed(): boolean {
    if (this.#pending === 0) return this.#handle !== 0;
    const result = aeron.aeron_async_add_exclusive_publication_poll(this.#out.address, this.#pending);
    if (result === 0) return false;
    this.#pending = 0;
    if (result < 0) throw lastAeronError(`adding a publication on ${this.channel} stream ${this.streamId}`);
    this.#handle = this.#out.pointerAt();
    const constants = new NativeBuffer(PUBLICATION_CONSTANTS.size);
    checkAeron(
      aeron.aeron_exclusive_publication_constants(this.#handle, constants.address),
      "aeron_exclusive_publication_constants",
    );
    this.#sessionId = constants.view.getInt32(PUBLICATION_CONSTANTS.sessionId, true);
    this.#initialTermId = constants.view.getInt32(PUBLICATION_CONSTANTS.initialTermId, true);
    this.#termBytes = constants.numberAt(PUBLICATION_CONSTANTS.termBufferLength);
    const window = Number(/[?|]pub-wnd=(\d+)(?:[|]|$)/.exec(this.channel)?.[1] ?? Number.POSITIVE_INFINITY);
    this.#maxWindowBytes = Math.min(window, this.#termBytes / 2);
    this.#heldPosition = UNKNOWN_POSITION;
    return true;
  }

  release(): void {
    if (this.#handle !== 0) aeron.aeron_exclusive_publication_close(this.#handle, 0, 0);
    this.forget();
  }

  forget(): void {
    this.#sessionId = null;
    this.#position = UNKNOWN_POSITION;
    this.#handle = 0;
    this.#pending = 0;
  }
  dispose(): void {}

  isStranded(): boolean {
    return false;
  }

  /**
   * The media driver lets a publisher write up to the slowest subscriber's position plus a window. A limit beyond that means that a
   * subscriber's position was never published: another client has overwritten it (one that was paused until its counters were reassigned).
   * The driver then makes all other subscribers inactive and lets them rejoin where there is no data. The same holds for a limit that does
   * not move although no subscriber holds it.
   */
  fault(nowNs: number): string | null {
    if (this.#handle === 0) return null;
    // In this order: the limit could pass a position that was read first.
    const limit = aeron.aeron_exclusive_publication_position_limit(this.#handle);
    const position = aeron.aeron_exclusive_publication_position(this.#handle);
    if (limit < 0 || position < 0) return null;
    if (limit - position > this.#maxWindowBytes) {
      return `its limit is ${limit - position} bytes ahead of what was published, of which at most ${this.#maxWindowBytes} can be`;
    }
    const isHeld = limit <= position && this.#isNeverHeld && this.isConnected;
    if (!isHeld || position !== this.#heldPosition) {
      this.#heldPosition = isHeld ? position : UNKNOWN_POSITION;
      this.#heldSinceNs = nowNs;
      return null;
    }
    if (nowNs - this.#heldSinceNs < HELD_TIMEOUT_NS) return null;
    return "its window has not moved for 2.5 s, although no subscriber may hold it";
  }
}

/** Writes a pointer or size, which are exact as numbers. */
function putAddress(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value, true);
  view.setUint32(offset + 4, value / 0x1_0000_0000, true);
}
