import { sameLayout } from "../layout.ts";
import type { FrameEncoder } from "../output/queued-sink.ts";
import type { FrameLayout, SinkFrame } from "../types.ts";
import { encodeNpyHeader } from "./header.ts";

/** Frames as npy records. Every layout is supported; a new one costs a header, a repeated one nothing. */
export class NpyEncoder implements FrameEncoder {
  readonly needsAttributes = false;
  #layout: FrameLayout | null = null;
  #header = new Uint8Array(0);
  #hasBits = false;

  prefixOf(frame: SinkFrame): Uint8Array {
    if (this.#layout === null || !sameLayout(this.#layout, frame)) {
      const { dtype, dims, majorOrder, byteLength } = frame;
      this.#layout = { dtype, dims: [...dims], majorOrder, byteLength };
      this.#header = encodeNpyHeader(this.#layout) as Uint8Array<ArrayBuffer>;
      this.#hasBits ||= dtype === "bit";
    }
    return this.#header;
  }

  /** A header without a frame is only cached. */
  rollback(): void {}

  notes(): readonly string[] {
    return this.#hasBits ? ['dtype bit was written as its packed bytes: np.unpackbits(a, bitorder="little")'] : [];
  }
}
