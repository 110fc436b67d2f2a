import type { FillState, FrameLayout, Source, SourceState } from "../../../io/types.ts";
import { contiguousLayout } from "../../../protocol/frame-layout.ts";
import { RatePacer } from "../../../protocol/rate-pacer.ts";

/** Frames of one size, as fast as they are asked for. */
export class BenchSource implements Source {
  readonly description = "bench";
  readonly live = true;
  readonly layout: FrameLayout;
  readonly maxByteLength: number;
  readonly attributes = [];
  readonly nativeRateHz = null;
  /** What is copied in; null where frames are only touched. */
  readonly #content: Uint8Array | null;
  readonly #leaks: boolean;
  #frame = 0;
  #count = Number.POSITIVE_INFINITY;
  #calmFrom = Number.POSITIVE_INFINITY;
  #calmPacer: RatePacer | null = null;
  /** The last object that was made on purpose; a field, so that making it is not optimised away. */
  garbage: object | null = null;

  /** `side`: frames are pictures of uint16 with so many rows and columns. */
  constructor(payloadBytes: number, fill: "copy" | "in-place", leaks = false, side?: number) {
    this.layout =
      side === undefined ? contiguousLayout("uint8", [payloadBytes]) : contiguousLayout("uint16", [side, side]);
    this.maxByteLength = payloadBytes;
    this.#content = fill === "copy" ? new Uint8Array(payloadBytes).fill(7) : null;
    this.#leaks = leaks;
  }

  /** Frames that it has, including those that no consumer takes. */
  endsAfter(frames: number): void {
    this.#count = frames;
  }

  /** From frame `from` on there are `rateHz` of them in a second. */
  calmsDown(from: number, rateHz: number): void {
    this.#calmFrom = from;
    this.#calmPacer = new RatePacer(rateHz);
  }

  /** There is no further frame. */
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
