import type { ByteWindow } from "./byte-window.ts";
import { MAX_LOAD_BYTES } from "./byte-window.ts";
import { RecordingError } from "./recording-error.ts";

const TWO_32 = 0x1_0000_0000;
/** Records read as a whole are small (schemas, channels, indexes): a larger claim is damage and is not allocated. */
const MAX_CONTENT_BYTES = 64 * 1024 * 1024;
const decoder = new TextDecoder();

/** The fields of one record, in order. Every length is checked before it is used. */
export class RecordContent {
  readonly #what: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;
  readonly #end: number;

  /** @throws RecordingError */
  constructor(window: ByteWindow, contentAt: number, contentBytes: number, what: string) {
    this.#what = `${window.name}: the ${what} record at byte ${contentAt}`;
    if (contentBytes <= MAX_LOAD_BYTES) {
      this.#at = window.load(contentAt, contentBytes);
      this.#bytes = window.bytes;
      this.#view = window.view;
    } else {
      if (contentBytes > MAX_CONTENT_BYTES) throw this.damaged(`claims ${contentBytes} bytes`);
      this.#at = 0;
      this.#bytes = new Uint8Array(contentBytes);
      this.#view = new DataView(this.#bytes.buffer);
      window.copy(this.#bytes, contentAt);
    }
    this.#end = this.#at + contentBytes;
  }

  get left(): number {
    return this.#end - this.#at;
  }

  u8(): number {
    return this.#bytes[this.#take(1)] as number;
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** A u64 as a number: rounded beyond 2^53, which no length or offset reaches. */
  u64(): number {
    const at = this.#take(8);
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * TWO_32;
  }

  big64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  text(): string {
    const length = this.u32();
    const at = this.#take(length);
    return decoder.decode(this.#bytes.subarray(at, at + length));
  }

  /** A copy. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.slice(at, at + length);
  }

  skip(length: number): void {
    this.#take(length);
  }

  /** A map, or an array of pairs: `each` reads one entry. */
  entries(each: () => void): void {
    const length = this.u32();
    if (length > this.left) throw this.damaged(`has entries of ${length} bytes in ${this.left}`);
    const end = this.#at + length;
    while (this.#at < end) each();
    if (this.#at !== end) throw this.damaged("has entries that do not end where they should");
  }

  textMap(): Readonly<Record<string, string>> {
    const map = new Map<string, string>();
    this.entries(() => {
      const key = this.text();
      map.set(key, this.text());
    });
    return Object.fromEntries(map);
  }

  damaged(how: string): RecordingError {
    return new RecordingError("damaged", `${this.#what} ${how}`);
  }

  #take(length: number): number {
    if (length > this.left) throw this.damaged(`ends before its ${length} bytes: ${this.left} are left`);
    const at = this.#at;
    this.#at += length;
    return at;
  }
}
