import { SinkError } from "../errors.ts";
import { describeLayout, formatDims, sameLayout } from "../layout.ts";
import type { FrameEncoder } from "../output/queued-sink.ts";
import type { FrameLayout, SinkFrame } from "../types.ts";

/** Only the frames' values; all frames have the layout of the first, so that a reader can separate them. */
export class RawEncoder implements FrameEncoder {
  readonly needsAttributes = false;
  #layout: FrameLayout | null = null;
  #frames = 0;

  prefixOf(frame: SinkFrame): null {
    const known = this.#layout;
    if (known === null) {
      const { dtype, dims, majorOrder, byteLength } = frame;
      this.#layout = { dtype, dims: [...dims], majorOrder, byteLength };
    } else if (!sameLayout(known, frame)) {
      throw new SinkError(
        "changed",
        `raw: expected frames to stay ${describeLayout(known)}, found ${describeLayout(frame)}: nothing in raw output tells them apart`,
        { expected: describeLayout(known), found: describeLayout(frame) },
      );
    }
    this.#frames++;
    return null;
  }

  rollback(): void {
    this.#frames--;
    if (this.#frames === 0) this.#layout = null;
  }

  notes(): readonly string[] {
    const layout = this.#layout;
    if (layout === null) return [];
    const order = layout.majorOrder === "column" ? " (values in column-major order)" : "";
    return [`to read it: dtype ${layout.dtype}, dims ${formatDims(layout.dims)}${order}`];
  }
}
