import type { ByteWindow } from "./byte-window.ts";
import { MAX_LOAD_BYTES } from "./byte-window.ts";
import { RecordingError } from "./recording-error.ts";

const decoder = new TextDecoder();

/** A text that is the same in most messages: its string is rebuilt only if its bytes change. */
export class TextField {
  text = "";
  #bytes = new Uint8Array(0);

  read(window: ByteWindow, at: number, byteLength: number): string {
    if (byteLength > MAX_LOAD_BYTES) {
      throw new RecordingError("damaged", `${window.name}: a text at byte ${at} claims ${byteLength} bytes`);
    }
    const from = window.load(at, byteLength);
    if (this.#isSame(window.bytes, from, byteLength)) return this.text;
    this.#bytes = window.bytes.slice(from, from + byteLength);
    this.text = decoder.decode(this.#bytes);
    return this.text;
  }

  #isSame(bytes: Uint8Array, from: number, byteLength: number): boolean {
    const known = this.#bytes;
    if (known.length !== byteLength) return false;
    for (let i = 0; i < byteLength; i++) if (known[i] !== bytes[from + i]) return false;
    return true;
  }
}
