import { NativeBuffer } from "../../ffi/memory.ts";
import type { MessageSink } from "./ports.ts";
import { PublishResult } from "./results.ts";

/** More than a driver with a thousand clients ever has to send at once. */
const MAX_WAITING = 8192;

/**
 * Sends small messages that must not be lost when the window is full: they wait, in order, for room. Messages without a subscriber are
 * dropped.
 */
export class Outbox {
  /** Messages that were dropped because too many waited. */
  dropped = 0;
  /** Messages that were dropped because they exceed a term of the publication. */
  tooLong = 0;
  readonly #publication: MessageSink;
  readonly #waiting: NativeBuffer[] = [];

  constructor(publication: MessageSink) {
    this.#publication = publication;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /**
   * Sends the `length` bytes of `buffer`, now or later. Allocates only if they have to wait.
   * @returns false if the message is longer than the publication accepts
   */
  send(buffer: NativeBuffer, length: number): boolean {
    if (length > this.#publication.maxMessageBytes) {
      this.tooLong++;
      return false;
    }
    if (this.#waiting.length === 0 && !isPassing(this.#publication.publishMessage(buffer.address, length))) return true;
    if (this.#waiting.length === MAX_WAITING) {
      this.dropped++;
      return true;
    }
    const copy = new NativeBuffer(length);
    copy.bytes.set(buffer.bytes.subarray(0, length));
    this.#waiting.push(copy);
    return true;
  }

  /** Sends waiting messages; to be called in each cycle. @returns the number of messages sent */
  doWork(): number {
    if (this.#waiting.length === 0) return 0;
    let sent = 0;
    for (const { address, bytes } of this.#waiting) {
      if (isPassing(this.#publication.publishMessage(address, bytes.length))) break;
      sent++;
    }
    this.#waiting.splice(0, sent);
    return sent;
  }
}

/** True for results after which the same message may succeed soon. */
export function isPassing(result: PublishResult): boolean {
  return result === PublishResult.BACK_PRESSURED || result === PublishResult.ADMIN_ACTION;
}
