import type { FillState, FrameLayout, Source, SourceState } from "../../../io/types.ts";
import { contiguousLayout } from "../../../protocol/frame-layout.ts";
import { RatePacer } from "../../../protocol/rate-pacer.ts";

/** Frames of one size, as fast as they are polled. */
export class BenchSource implements Source {
  readonly description = "bench";
  readonly live = true;
  readonly layout: FrameLayout;
  readonly maxByteLength: number;
  readonly attributes = [];
  readonly nativeRateHz = null;
  /** The payload to copy in; null if frames are only touched. */
  readonly #content: Uint8Array | null;
  readonly #leaks: boolean;
  #frame = 0;
  #count = Number.POSITIVE_INFINITY;
  #calmFrom = Number.POSITIVE_INFINITY;
  #calmPacer: RatePacer | null = null;
  /** The last deliberately allocated object; a field, so that the allocation is not optimised away. */
  garbage: object | null = null;

  /** `side`: number of rows and columns; frames are then uint16 pictures. */
  constructor(payloadBytes: number, fill: "copy" | "in-place", leaks = false, side?: number) {
    this.layout =
      side === undefined ? contiguousLayout("uint8", [payloadBytes]) : contiguousLayout("uint16", [side, side]);
    this.maxByteLength = payloadBytes;
    this.#content = fill === "copy" ? new Uint8Array(payloadBytes).fill(7) : null;
    this.#leaks = leaks;
  }

  /** Sets the number of frames, including those that no consumer accepts. */
  endsAfter(frames: number): void {
    this.#count = frames;
  }

  /** From frame `from` on, the rate is `rateHz`. */
  calmsDown(from: number, rateHz: number): void {
    this.#calmFrom = from;
    this.#calmPacer = new RatePacer(rateHz);
  }

  /** Ends the source: no further frames. */
  end(): void {
    this.#count = 0;
  }

  poll(nowNs: number): SourceState {
    if (this.#frame >= this.#count) return "end";
    if (this.#frame >= this.#calmFrom && this.#calmPacer !== null) {
      if (!this.#calmPacer.isDue(nowNs)) return "idle";
      this.#calmPacer.advance(nowNs);
    }
    if (this.#leaks) this.garbage = { frame: this.#frame };
    return "ready";
  }

  fill(target: Uint8Array, _nowNs: number): FillState {
    if (this.#content !== null) target.set(this.#content);
    if (target.length > 0) target[0] = this.#frame;
    return this.skip();
  }

  skip(): FillState {
    this.#frame++;
    return "done";
  }

  close(): void {}
}
