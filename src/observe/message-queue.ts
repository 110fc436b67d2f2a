/** A message that was received from Aeron and not shown yet. */
export interface QueuedMessage {
  /** Wall-clock milliseconds at which it was received. */
  readonly timeMs: number;
  readonly aeronStreamId: number;
  readonly sessionId: number;
  readonly bytes: Uint8Array;
  /** Messages that were missed between the previous one and this one. */
  readonly missedBefore: number;
}

const MAX_MESSAGES = 16_384;
const MAX_BYTES = 16 * 1024 * 1024;

/** A bounded queue of copied messages that wait to be shown, so that receiving never waits; messages without room are counted. */
export class MessageQueue {
  readonly #maxMessages: number;
  readonly #maxBytes: number;
  #messages: QueuedMessage[] = [];
  #taken = 0;
  #queuedBytes = 0;
  #missed = 0;

  constructor(maxMessages = MAX_MESSAGES, maxBytes = MAX_BYTES) {
    this.#maxMessages = maxMessages;
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#messages.length - this.#taken;
  }

  /** Messages missed since the newest queued one. */
  get missedSince(): number {
    return this.#missed;
  }

  /** Counts messages that were not seen. */
  miss(count: number): void {
    this.#missed += count;
  }

  /** Copies a message into the queue, or counts it as missed. */
  push(view: DataView, offset: number, length: number, aeronStreamId: number, sessionId: number): void {
    if (this.length >= this.#maxMessages || this.#queuedBytes + length > this.#maxBytes) {
      this.#missed++;
      return;
    }
    const bytes = new Uint8Array(view.buffer, view.byteOffset + offset, length).slice();
    this.#messages.push({ timeMs: Date.now(), aeronStreamId, sessionId, bytes, missedBefore: this.#missed });
    this.#queuedBytes += length;
    this.#missed = 0;
  }

  shift(): QueuedMessage | null {
    const message = this.#messages[this.#taken];
    if (message === undefined) return null;
    this.#taken++;
    this.#queuedBytes -= message.bytes.length;
    if (this.#taken === this.#messages.length) {
      this.#messages = [];
      this.#taken = 0;
    } else if (this.#taken >= this.#maxMessages) {
      this.#messages = this.#messages.slice(this.#taken);
      this.#taken = 0;
    }
    return message;
  }
}
