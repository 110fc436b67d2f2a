import { SinkError } from "../errors.ts";
import { describeLayout } from "../layout.ts";
import type { FrameEncoder } from "../output/queued-sink.ts";
import type { SinkFrame } from "../types.ts";
import type { PngOptions } from "./options.ts";
import { pictureOf } from "./picture.ts";
import { encodePlan, PLAN_BYTES, scaleOf } from "./plan.ts";

/** Puts in front of each frame how it becomes a picture; the work itself is the output's. */
export class PngEncoder implements FrameEncoder {
  /** Only they say of a y4m stream that the rows below the luma plane are no picture. */
  readonly needsAttributes = true;
  readonly #options: PngOptions;
  readonly #plan = new Float64Array(PLAN_BYTES / 8);
  readonly #planBytes = new Uint8Array(this.#plan.buffer);
  #hasLumaOnly = false;

  constructor(options: PngOptions) {
    this.#options = options;
  }

  prefixOf(frame: SinkFrame): Uint8Array {
    const picture = pictureOf(frame, frame.attributes, this.#options.channels);
    if (typeof picture === "string") throw refusal(picture, frame);
    const scale = scaleOf(frame.dtype, this.#options);
    if (typeof scale === "string") throw refusal(scale, frame);
    encodePlan({ ...picture, ...scale, dtype: frame.dtype }, this.#plan);
    this.#hasLumaOnly ||= picture.isLumaOnly;
    return this.#planBytes;
  }

  /** A plan stands for its own frame only. */
  rollback(): void {}

  notes(): readonly string[] {
    return this.#hasLumaOnly ? ["of y4m frames the luma plane was written, without colour"] : [];
  }
}

function refusal(expected: string, frame: SinkFrame): SinkError {
  const found = describeLayout(frame);
  return new SinkError("unsupported", `png: ${expected}, found ${found}`, { found });
}
