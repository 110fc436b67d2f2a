import type { ByteWindow } from "./byte-window.ts";
import { RECORD_HEAD_BYTES } from "./layout.ts";

const TWO_32 = 0x1_0000_0000;

/** Why there are no more records. */
export type WalkEnd =
  /** The last record ends at the end of the bytes. */
  | "complete"
  /** A record claims more bytes than exist: the file was cut, or a length is wrong. */
  | "cut"
  /** Zeros that a writer has reserved and not yet written. */
  | "zeros";

/** Steps from record to record by their lengths, from `offset` on. Does not allocate. */
export class RecordWalk {
  opcode = 0;
  /** Offset of the record: its opcode. */
  offset: number;
  contentAt = 0;
  contentBytes = 0;
  /** Null while there may be more records. */
  ended: WalkEnd | null = null;
  readonly #window: ByteWindow;
  readonly #to: number;
  #nextAt: number;

  constructor(window: ByteWindow, from: number, to: number = window.byteLength) {
    this.#window = window;
    this.#to = to;
    this.offset = from;
    this.#nextAt = from;
  }

  /** Offset of the next record, present or not. */
  get nextAt(): number {
    return this.#nextAt;
  }

  /** Moves to the next record; false if there is none, see `ended`. @throws RecordingError if bytes cannot be read */
  next(): boolean {
    const offset = this.#nextAt;
    const left = this.#to - offset;
    if (left <= 0) return this.#end("complete");
    const window = this.#window;
    const at = window.load(offset, Math.min(left, RECORD_HEAD_BYTES));
    const opcode = window.bytes[at] as number;
    if (opcode === 0) return this.#end("zeros");
    if (left < RECORD_HEAD_BYTES) return this.#end("cut");
    const contentBytes = window.view.getUint32(at + 1, true) + window.view.getUint32(at + 5, true) * TWO_32;
    if (contentBytes > left - RECORD_HEAD_BYTES) return this.#end("cut");
    this.opcode = opcode;
    this.offset = offset;
    this.contentAt = offset + RECORD_HEAD_BYTES;
    this.contentBytes = contentBytes;
    this.#nextAt = this.contentAt + contentBytes;
    return true;
  }

  #end(reason: WalkEnd): false {
    this.ended = reason;
    return false;
  }
}
