import { SourceError } from "../errors.ts";
import { type FrameFormat, NO_FRAME } from "../input/frame-format.ts";
import { NO_LAYOUT } from "../layout.ts";
import type { FrameLayout } from "../types.ts";
import { type FramesAxis, type NpyHeader, npyHeaderLength, parseNpyHeader } from "./header.ts";

/** npy records one after the other, each a frame with a layout of its own (what np.save on one handle writes). */
export class NpyFormat implements FrameFormat {
  readonly isLeadPayload = false;
  readonly #framesAxis: FramesAxis;
  #header: NpyHeader = { layout: NO_LAYOUT, frames: 1, swapBytes: 1 };
  /** The bytes that `#header` was read from: the next record mostly has the same, and then costs no parsing. */
  #headerBytes = new Uint8Array(0);
  #name = "";
  /** Frames of the record at hand that are still to come. */
  #framesLeft = 0;
  #offset = 0;

  /** @param framesAxis as `parseNpyHeader` takes it */
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
    // A stack of no frames: the next record follows at once.
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
