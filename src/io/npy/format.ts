import { SourceError } from "../errors.ts";
import { type FrameFormat, NO_FRAME } from "../input/frame-format.ts";
import { NO_LAYOUT } from "../layout.ts";
import type { FrameLayout } from "../types.ts";
import { type FramesAxis, type NpyHeader, npyHeaderLength, parseNpyHeader } from "./header.ts";

/** Consecutive npy records, each a frame with its own layout (as np.save writes to one handle). */
export class NpyFormat implements FrameFormat {
  readonly isLeadPayload = false;
  readonly #framesAxis: FramesAxis;
  #header: NpyHeader = { layout: NO_LAYOUT, frames: 1, swapBytes: 1 };
  /** The bytes from which `#header` was read: the next record usually has the same, and needs no parsing. */
  #headerBytes = new Uint8Array(0);
  #name = "";
  /** Remaining frames of the current record. */
  #framesLeft = 0;
  #offset = 0;

  /** @param framesAxis see `parseNpyHeader` */
  constructor(framesAxis: FramesAxis = null) {
    this.#framesAxis = framesAxis;
  }

  get layout(): FrameLayout {
    return this.#header.layout;
  }

  get swapBytes(): number {
    return this.#header.swapBytes;
  }

  beginInput(name: string): void {
    this.#name = name;
    this.#framesLeft = 0;
  }

  leadWanted(lead: Uint8Array, length: number, offset: number): number {
    this.#offset = offset;
    if (this.#framesLeft > 0) {
      this.#framesLeft--;
      return 0;
    }
    const wanted = npyHeaderLength(lead, length, this.#name, offset);
    if (wanted > length) return wanted;
    if (!this.#isSame(lead, wanted)) {
      const bytes = lead.slice(0, wanted);
      this.#header = parseNpyHeader(bytes, this.#name, this.#framesAxis);
      this.#headerBytes = bytes;
    }
    // A stack without frames: the next record follows immediately.
    if (this.#header.frames === 0) return NO_FRAME;
    this.#framesLeft = this.#header.frames - 1;
    return wanted;
  }

  endInput(lead: Uint8Array, length: number): void {
    if (length === 0) return;
    const wanted = npyHeaderLength(lead, length, this.#name, this.#offset);
    throw new SourceError(
      "truncated",
      `${this.#name}: expected an npy header of at least ${wanted} bytes, found the end of the input after ${length}`,
      { expected: `${wanted} bytes`, found: `${length} bytes` },
    );
  }

  #isSame(lead: Uint8Array, length: number): boolean {
    if (this.#headerBytes.length !== length) return false;
    for (let i = 0; i < length; i++) if (lead[i] !== this.#headerBytes[i]) return false;
    return true;
  }
}
