import { SourceError } from "../errors.ts";
import type { FrameFormat } from "../input/frame-format.ts";
import type { FrameLayout } from "../types.ts";

/**
 * Only what was read tells that a frame comes. A cache line rather than a byte, so that what follows is read to an aligned
 * address.
 */
const LEAD_BYTES = 64;

/** Frames of one fixed size without anything between them. */
export class RawFormat implements FrameFormat {
  readonly layout: FrameLayout;
  readonly isLeadPayload = true;
  readonly swapBytes = 1;
  readonly #leadBytes: number;
  #name = "";

  constructor(layout: FrameLayout) {
    this.layout = layout;
    this.#leadBytes = Math.min(LEAD_BYTES, layout.byteLength);
  }

  beginInput(name: string): void {
    this.#name = name;
  }

  leadWanted(): number {
    return this.#leadBytes;
  }

  endInput(_lead: Uint8Array, length: number): void {
    if (length === 0) return;
    const { byteLength } = this.layout;
    throw new SourceError(
      "truncated",
      `${this.#name}: the last frame is cut off: expected ${byteLength} bytes, found ${length} before the end of the input ` +
        `(${byteLength - length} missing)`,
      { expected: `${byteLength} bytes`, found: `${length} bytes` },
    );
  }
}
