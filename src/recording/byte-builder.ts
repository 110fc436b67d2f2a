import { RECORD_HEAD_BYTES } from "./layout.ts";

const encoder = new TextEncoder();

/** A time or a length as the two words of a u64. */
export interface Words {
  readonly high: number;
  readonly low: number;
}

/** Bytes of appended records; grows as needed and can be reused. Allocates only to grow. */
export class ByteBuilder {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(new ArrayBuffer(capacity));
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  /** The written bytes, in place: valid until the next write. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  u8(value: number): void {
    const at = this.#reserve(1);
    this.#view.setUint8(at, value);
  }

  u16(value: number): void {
    const at = this.#reserve(2);
    this.#view.setUint16(at, value, true);
  }

  u32(value: number): void {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value, true);
  }

  /** A number from 0 to 2^53. */
  u64(value: number): void {
    const high = Math.floor(value / 0x1_0000_0000);
    this.words(high, value - high * 0x1_0000_0000);
  }

  words(high: number, low: number): void {
    const at = this.#reserve(8);
    this.#view.setUint32(at, low, true);
    this.#view.setUint32(at + 4, high, true);
  }

  raw(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** Length and bytes. */
  blob(bytes: Uint8Array): void {
    this.u32(bytes.length);
    this.raw(bytes);
  }

  text(value: string): void {
    this.blob(encoder.encode(value));
  }

  textMap(entries: Readonly<Record<string, string>>): void {
    const at = this.#length;
    this.u32(0);
    for (const [key, value] of Object.entries(entries)) {
      this.text(key);
      this.text(value);
    }
    this.#view.setUint32(at, this.#length - at - 4, true);
  }

  /** Begins a record; returns its position, for `end`. */
  begin(opcode: number): number {
    const at = this.#reserve(RECORD_HEAD_BYTES);
    this.#bytes[at] = opcode;
    return at;
  }

  /** Ends the record that began at `at`. */
  end(at: number): void {
    this.patchU64(at + 1, this.#length - at - RECORD_HEAD_BYTES);
  }

  patchU32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  patchU64(at: number, value: number): void {
    const high = Math.floor(value / 0x1_0000_0000);
    this.#view.setUint32(at, value - high * 0x1_0000_0000, true);
    this.#view.setUint32(at + 4, high, true);
  }

  #reserve(byteLength: number): number {
    const at = this.#length;
    this.#length = at + byteLength;
    if (this.#length > this.#bytes.length) this.#grow();
    return at;
  }

  #grow(): void {
    const bytes = new Uint8Array(new ArrayBuffer(Math.max(this.#length, this.#bytes.length * 2)));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}
