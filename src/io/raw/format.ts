import { SourceError } from "../errors.ts";
import type { FrameFormat } from "../input/frame-format.ts";
import { recognise } from "../input/known-formats.ts";
import type { FrameLayout } from "../types.ts";

/** A frame is known to follow only once some of it was read. A cache line, not a byte, so that the rest is read to an aligned address. */
const LEAD_BYTES = 64;

const OTHER_FORMATS = /\.(npy|npz|gz|bz2|xz|zst|lz4|pkl|pickle|h5|hdf5|y4m|png|jpe?g|tiff?|mkv|webm|avi|mp4|mov)$/i;

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

  leadWanted(lead: Uint8Array, length: number, offset: number): number {
    if (offset === 0 && length === this.#leadBytes) this.#refuseOtherFormat(lead, length);
    return this.#leadBytes;
  }

  /** Raw values may be any bytes: only a file whose name agrees with its first bytes is treated as another format. */
  #refuseOtherFormat(lead: Uint8Array, length: number): void {
    const other = OTHER_FORMATS.test(this.#name) ? recognise(lead, length, this.#name, "raw") : null;
    if (other === null) return;
    const expected = "raw values without a header";
    throw new SourceError("malformed", `${this.#name}: expected ${expected}, found ${other.name}; ${other.wayOut}`, {
      expected,
      found: other.name,
    });
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
