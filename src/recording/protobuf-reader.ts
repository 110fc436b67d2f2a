import type { ByteWindow } from "./byte-window.ts";
import { RecordingError } from "./recording-error.ts";

export const WireType = { VARINT: 0, FIXED64: 1, LENGTH_DELIMITED: 2, FIXED32: 5 } as const;

/** A key and a length: the bytes needed to read the head of a field. */
const LONGEST_HEAD_BYTES = 20;
const TWO_32 = 0x1_0000_0000;

/** Reads one protobuf message field by field, in place: a field of gigabytes is skipped, not loaded. Reading fields does not allocate. */
export class ProtobufReader {
  field = 0;
  wireType = 0;
  /** The number of a varint or fixed field, exact up to 2^53; the length of a length-delimited one. */
  value = 0;
  /** Position in the window: of a length-delimited field's content, or of a fixed field's bytes. */
  at = 0;
  /** The two words of a varint or a fixed field. */
  low = 0;
  high = 0;
  #window: ByteWindow | null = null;
  #next = 0;
  #end = 0;

  begin(window: ByteWindow, at: number, byteLength: number): void {
    this.#window = window;
    this.#next = at;
    this.#end = at + byteLength;
  }

  /** Moves to the next field; false at the end. @throws RecordingError for bytes that are not a protobuf message */
  next(): boolean {
    const left = this.#end - this.#next;
    if (left <= 0) return false;
    const window = this.#window as ByteWindow;
    const headBytes = left < LONGEST_HEAD_BYTES ? left : LONGEST_HEAD_BYTES;
    const from = window.load(this.#next, headBytes);
    const limit = from + headBytes;
    let i = this.#varint(window.bytes, from, limit);
    this.field = Math.floor(this.value / 8);
    this.wireType = this.low & 7;
    if (this.field === 0) throw this.#malformed();
    switch (this.wireType) {
      case WireType.VARINT:
        i = this.#varint(window.bytes, i, limit);
        this.#next += i - from;
        return true;
      case WireType.FIXED64:
        this.#fixed(window, i, limit, 8);
        this.#next += i + 8 - from;
        return true;
      case WireType.FIXED32:
        this.#fixed(window, i, limit, 4);
        this.#next += i + 4 - from;
        return true;
      case WireType.LENGTH_DELIMITED:
        i = this.#varint(window.bytes, i, limit);
        this.at = this.#next + (i - from);
        if (this.value > this.#end - this.at) throw this.#malformed();
        this.#next = this.at + this.value;
        return true;
      default:
        throw this.#malformed();
    }
  }

  #fixed(window: ByteWindow, at: number, limit: number, byteLength: number): void {
    if (at + byteLength > limit) throw this.#malformed();
    this.low = window.view.getUint32(at, true);
    this.high = byteLength === 8 ? window.view.getUint32(at + 4, true) : 0;
    this.value = this.high === 0 ? this.low : this.high * TWO_32 + this.low;
  }

  /** Reads a varint of at most ten bytes into `value`, `low` and `high`; returns its end. */
  #varint(bytes: Uint8Array, from: number, limit: number): number {
    let low = 0;
    let high = 0;
    for (let i = from, shift = 0; i < limit && shift < 70; i++, shift += 7) {
      const byte = bytes[i] as number;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high |= bits >>> 4;
      } else if (shift < 63) high |= bits << (shift - 32);
      else high |= bits << 31;
      if (byte < 0x80) {
        this.low = low >>> 0;
        this.high = high >>> 0;
        this.value = this.high === 0 ? this.low : this.high * TWO_32 + this.low;
        return i + 1;
      }
    }
    throw this.#malformed();
  }

  #malformed(): RecordingError {
    return new RecordingError(
      "damaged",
      `${this.#window?.name}: the message at byte ${this.#next} is no protobuf message`,
    );
  }
}
