/** Bytes around a message that nobody may read: a decoder that does tells other values as they change. */
const MARGIN_BYTES = 512;

/** A message amid poison. */
export class Arena {
  readonly #bytes: Uint8Array;
  /** The message and what surrounds it. */
  readonly whole: DataView;
  /** Where the message begins in `whole`. */
  at = 0;
  #length = 0;

  constructor(capacity: number) {
    const storage = new ArrayBuffer(capacity + 2 * MARGIN_BYTES + 16);
    this.#bytes = new Uint8Array(storage);
    this.whole = new DataView(storage);
  }

  /** Puts a message in, at any alignment; returns a view of exactly its bytes: a DataView throws when it is read outside. */
  place(message: Uint8Array, shift: number, poison: number): DataView {
    this.at = MARGIN_BYTES + (shift & 15);
    this.#length = message.length;
    this.#bytes.set(message, this.at);
    this.poison(poison);
    return new DataView(this.#bytes.buffer, this.at, message.length);
  }

  /** Changes everything around the message. */
  poison(value: number): void {
    this.#bytes.fill(value, 0, this.at);
    this.#bytes.fill(value, this.at + this.#length, this.at + this.#length + MARGIN_BYTES);
  }
}
