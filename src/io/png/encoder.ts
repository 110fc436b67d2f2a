import type { FrameEncoder } from "../output/queued-sink.ts";
import type { SinkFrame } from "../types.ts";
import { planOf } from "./encode.ts";
import type { PngOptions } from "./options.ts";
import { encodePlan, PLAN_BYTES } from "./plan.ts";

/** Puts the conversion plan before each frame; the output does the work. */
export class PngEncoder implements FrameEncoder {
  /** Only the attributes show that a y4m stream's rows below the luma plane are no picture. */
  readonly needsAttributes = true;
  readonly #options: PngOptions;
  readonly #plan = new Float64Array(PLAN_BYTES / 8);
  readonly #planBytes = new Uint8Array(this.#plan.buffer);
  #hasLumaOnly = false;
  #isUndescribed = false;
  #undescribedFrames = 0;

  constructor(options: PngOptions) {
    this.#options = options;
  }

  prefixOf(frame: SinkFrame): Uint8Array {
    const plan = planOf(frame, frame.attributes, this.#options);
    encodePlan(plan, this.#plan);
    this.#hasLumaOnly ||= plan.isLumaOnly;
    // Metadata exists and has not arrived: the dims alone may look like another kind of picture.
    this.#isUndescribed = frame.metaVersion > 0 && frame.attributes.length === 0;
    if (this.#isUndescribed) this.#undescribedFrames++;
    return this.#planBytes;
  }

  rollback(): void {
    if (this.#isUndescribed) this.#undescribedFrames--;
  }

  notes(): readonly string[] {
    const notes = this.#hasLumaOnly ? ["of y4m frames the luma plane was written, without colour"] : [];
    const count = this.#undescribedFrames;
    if (count > 0)
      notes.push(`${count} frames were written going by their dims: the stream's metadata had not arrived`);
    return notes;
  }
}
