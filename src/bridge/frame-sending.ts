import { crc32 } from "node:zlib";
import { libc } from "../../ffi/libc.ts";
import type { FrameSink } from "../aeron/ports.ts";
import { PublishResult } from "../aeron/results.ts";
import { FrameHeader } from "../protocol/frame-header.ts";
import type { SlotPlace } from "../protocol/slot-place.ts";
import type { ConsumerStream } from "../roles/consumer-stream.ts";
import type { Frame } from "../roles/frame.ts";
import { HeldFrame } from "../roles/held-frame.ts";
import type { Cutting } from "./admission.ts";
import { HEAD_BYTES, type SenderMessages } from "./sender-messages.ts";

/** Header of a single-fragment message; the rest of a datagram is other headers. */
const FRAGMENT_HEADER_BYTES = 32;

/**
 * Sends a frame from its slot to a publication, over as many calls as it takes. Its commit word is checked again after each piece and
 * before its end is sent. One object serves all frames of a sender in turn.
 */
export class FrameSending {
  /** True from `begin` until the frame's end was sent or the frame was abandoned. */
  isUnderWay = false;
  seq = 0;
  byteLength = 0;
  sentBytes = 0;
  /** Bytes of values in the frames sent. */
  totalBytes = 0;
  hasBegun = false;
  readonly #stream: ConsumerStream;
  readonly #messages: SenderMessages;
  readonly #header = new FrameHeader();
  #place: SlotPlace | null = null;
  /** Keeps the memory of a frame that takes several calls, even if its epoch ends meanwhile. */
  readonly #held = new HeldFrame();
  #values = 0;
  /** True for a frame that fits one message. */
  #isWhole = false;
  /** Checksum of the values sent so far. */
  #checksum = 0;
  readonly #hasChecksums: boolean;
  #bytes: Uint8Array | null = null;

  /** `hasChecksums`: each frame ends with a checksum of its values; no frame is then a single message. */
  constructor(stream: ConsumerStream, messages: SenderMessages, hasChecksums: boolean) {
    this.#stream = stream;
    this.#messages = messages;
    this.#hasChecksums = hasChecksums;
  }

  /** Takes a frame, which its consumer counts as accepted. */
  begin(frame: Frame, { mtuBytes }: Cutting): void {
    this.#header.words.set(frame.header.words);
    this.seq = frame.seq;
    this.#place = frame.place;
    this.byteLength = frame.byteLength;
    this.#values = frame.byteLength === 0 ? 0 : frame.address;
    this.sentBytes = 0;
    this.hasBegun = false;
    this.isUnderWay = true;
    this.#isWhole = !this.#hasChecksums && HEAD_BYTES + frame.byteLength <= mtuBytes - FRAGMENT_HEADER_BYTES;
    this.#checksum = 0;
    this.#bytes = this.#hasChecksums ? frame.bytes : null;
    if (!this.#isWhole) this.#stream.hold(frame, this.#held);
  }

  /** Its handler has returned: a frame overwritten before that is counted by its consumer and not sent. */
  onSettled(isIntact: boolean): void {
    if (this.isUnderWay && !isIntact) this.#end();
  }

  /** Sends the next piece; false if there is no room for it now. */
  move(publication: FrameSink, { partBytes }: Cutting): boolean {
    if (this.#isWhole) return this.#sendWhole(publication);
    const isIntact = this.#isIntact();
    if (this.hasBegun && (this.sentBytes === this.byteLength || !isIntact)) {
      const checksum = this.#hasChecksums ? this.#checksum : null;
      if (this.#messages.sendEnd(publication, this.seq, isIntact, checksum) !== PublishResult.PUBLISHED) return false;
      this.#settle(isIntact);
      return true;
    }
    if (!isIntact) {
      this.#settle(false);
      return true;
    }
    const bytes = Math.min(this.byteLength - this.sentBytes, partBytes);
    const values = this.#values + this.sentBytes;
    const result = this.hasBegun
      ? this.#messages.sendPart(publication, this.seq, this.sentBytes, values, bytes)
      : this.#messages.sendFrame(publication, this.#header, values, bytes);
    if (result !== PublishResult.PUBLISHED) return false;
    this.hasBegun = true;
    const from = this.sentBytes;
    this.sentBytes += bytes;
    if (this.#bytes !== null) this.#checksum = crc32(this.#bytes.subarray(from, this.sentBytes), this.#checksum);
    return true;
  }

  /** Abandons the frame: the consumer counts it as not taken. */
  abandon(): void {
    this.#end();
    this.#stream.takeBack(this.byteLength, "sinkTooSlow");
  }

  /** A frame that fits one datagram: copied into the log, checked again, and only then published. */
  #sendWhole(publication: FrameSink): boolean {
    const address = publication.claim(HEAD_BYTES + this.byteLength);
    if (address === 0) return false;
    libc.memcpy(address, this.#messages.wholeHead(this.#header), HEAD_BYTES);
    if (this.byteLength > 0) libc.memcpy(address + HEAD_BYTES, this.#values, this.byteLength);
    const isIntact = this.#isIntact();
    publication.endClaim(isIntact);
    this.sentBytes = this.byteLength;
    this.#settle(isIntact);
    return true;
  }

  #isIntact(): boolean {
    return this.#held.isHeld ? this.#held.isIntact() : this.#stream.isIntact(this.#place as SlotPlace, this.seq);
  }

  #settle(isIntact: boolean): void {
    this.#end();
    if (isIntact) this.totalBytes += this.byteLength;
    else this.#stream.takeBack(this.byteLength, "changed");
  }

  #end(): void {
    this.isUnderWay = false;
    this.#bytes = null;
    this.#held.release();
  }
}
