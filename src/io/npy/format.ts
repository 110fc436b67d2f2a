import { SourceError } from "../errors.ts";
import type { FrameFormat } from "../input/frame-format.ts";
import { NO_LAYOUT } from "../layout.ts";
import type { FrameLayout } from "../types.ts";
import { type NpyHeader, npyHeaderLength, parseNpyHeader } from "./header.ts";

/** npy records one after the other, each a frame with a layout of its own (what np.save on one handle writes). */
export class NpyFormat implements FrameFormat {
  readonly isLeadPayload = false;
  #header: NpyHeader = { layout: NO_LAYOUT, swapBytes: 1 };
  /** The bytes that `#header` was read from: the next record mostly has the same, and then costs no parsing. */
  #headerBytes = new Uint8Array(0);
  #name = "";

  get layout(): FrameLayout {
    return this.#header.layout;
  }

  get swapBytes(): number {
    return this.#header.swapBytes;
  }

  get isLayoutKnown(): boolean {
    return this.#headerBytes.length > 0;
  }

  beginInput(name: string): void {
    this.#name = name;
  }

  leadWanted(lead: Uint8Array, length: number): number {
    const wanted = npyHeaderLength(lead, length, this.#name);
    if (wanted > length) return wanted;
    if (!this.#isSame(lead, wanted)) {
      const bytes = lead.slice(0, wanted);
      this.#header = parseNpyHeader(bytes, this.#name);
      this.#headerBytes = bytes;
    }
    return wanted;
  }

  endInput(lead: Uint8Array, length: number): void {
    if (length === 0) return;
    const wanted = npyHeaderLength(lead, length, this.#name);
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
