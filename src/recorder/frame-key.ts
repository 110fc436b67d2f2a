import type { FrameHeader } from "../protocol/frame-header.ts";
import { HEADER_WORD, HEADER_WORDS } from "../protocol/frame-header.ts";

/** The header words that are the same for all frames of a kind: metadata, length, dtype, order, dims and strides. */
const KEY_WORDS = [
  HEADER_WORD.metaVersion,
  HEADER_WORD.valuesLenBytes,
  ...Array.from({ length: HEADER_WORDS - HEADER_WORD.orderAndDims }, (_, i) => HEADER_WORD.orderAndDims + i),
] as const;

/** Identifies a frame's kind. Comparing does not allocate. */
export class FrameKey {
  readonly #words = new Int32Array(KEY_WORDS.length);
  #dtype = -1;

  /** True if the frame with this header is of the kind set last. */
  matches(header: FrameHeader): boolean {
    if (header.dtype !== this.#dtype) return false;
    for (let i = 0; i < KEY_WORDS.length; i++) {
      if (header.words[KEY_WORDS[i] as number] !== this.#words[i]) return false;
    }
    return true;
  }

  set(header: FrameHeader): void {
    this.#dtype = header.dtype;
    for (let i = 0; i < KEY_WORDS.length; i++) this.#words[i] = header.words[KEY_WORDS[i] as number] as number;
  }

  clear(): void {
    this.#dtype = -1;
  }
}
