import type { Attribute } from "../protocol/attribute.ts";
import type { FrameLayout } from "../protocol/frame-layout.ts";

export type { Attribute } from "../protocol/attribute.ts";
export type { FrameLayout } from "../protocol/frame-layout.ts";

export type SourceState =
  /** A frame can be begun: `layout` and `byteLength` describe it. */
  | "ready"
  /** Nothing to read yet (a pipe without data): poll again. */
  | "idle"
  /** There are no more frames. */
  | "end";

export type FillState =
  /** The frame is complete. */
  | "done"
  /** More will come: call again with the same target. */
  | "more";

/**
 * Where a producer's frames come from. Single-threaded, driven by the producer's duty cycle; no method ever blocks on a
 * pipe, a disk or a terminal. A frame is begun when `poll` says "ready", then `fill` is called with the slot's memory until
 * it says "done", or `skip` once when no slot could be had (the frame's bytes are read past and dropped).
 *
 * Errors (truncated input, a malformed header) are thrown as `SourceError` from `poll`, `fill` or `skip`; a claim that was
 * being filled is then aborted by the producer.
 */
export interface Source {
  /** One line for the start message, e.g. `y4m:- 640x480 C420jpeg 30 frames/s`. */
  readonly description: string;
  /** True for sources whose frames are produced when due and lost when nobody takes them; false for files and pipes. */
  readonly live: boolean;
  /** Largest frame that can come, as far as is known when the source is opened; pools are sized by it. */
  readonly maxByteLength: number;
  /** Layout of the frame that `poll` declared ready; before the first frame, that of the first if it is known. */
  readonly layout: FrameLayout;
  /** What readers need beyond the array, e.g. `y4m.colorspace`. */
  readonly attributes: readonly Attribute[];
  /** Frames per second that the input itself prescribes, or null. A `--rate` of the user wins. */
  readonly nativeRateHz: number | null;
  /** Bytes of the frame under way that are in its slot for good, from the first on; left out by sources that fill at once. */
  readonly filledBytes?: number;
  poll(nowNs: number): SourceState;
  /** `target` is exactly `layout.byteLength` bytes of the slot. Moves at most about 1 MiB per call. */
  fill(target: Uint8Array, nowNs: number): FillState;
  /** Also ends a frame that was begun with `fill` and whose slot was given up. */
  skip(nowNs: number): FillState;
  /** Idempotent. Leaves no file open and no read under way that could still touch a slot. */
  close(): void;
}

/** A frame as a sink sees it: valid during the call only. */
export interface SinkFrame extends FrameLayout {
  readonly seq: number;
  readonly timestampNs: bigint;
  /** Nanoseconds between the frame's timestamp and now. */
  readonly ageNs: number;
  readonly metaVersion: number;
  /** The attributes that belong to `metaVersion`, or an empty list while they are not known. */
  readonly attributes: readonly Attribute[];
  /** The values, in shared memory: may be overwritten while it is read, see `settle`. */
  readonly bytes: Uint8Array;
}

/**
 * Where a consumer's frames go. `accept` stages a frame (copying what outlives the call); `settle` then says whether the
 * frame was still intact after it had been read: only then it is written, else it is forgotten.
 */
export interface Sink {
  readonly description: string;
  /** True when the sink cannot do without the stream's attributes (y4m). */
  readonly needsAttributes: boolean;
  /** True for a sink that always has room, because it keeps nothing of a frame. */
  readonly takesAll?: boolean;
  /** True when it lives in the event loop also while nothing is queued, as what users write may: nothing must block the thread. */
  readonly usesEventLoop?: boolean;
  /** False while its queue is full: the consumer then waits or drops, and counts what it drops. */
  readonly hasRoom: boolean;
  /** Throws `SinkError` for a frame it cannot express (changed dimensions, a dtype the format lacks). */
  accept(frame: SinkFrame): void;
  settle(intact: boolean): void;
  /** Moves queued data on without blocking; returns the work done. Throws `SinkError` when the output failed. */
  doWork(nowNs: number): number;
  /** True once the reader of the output has gone (EPIPE): an orderly end, nothing more is written. */
  readonly closedByReader: boolean;
  /** True when everything accepted was written out. */
  readonly drained: boolean;
  /** Lines for the summary at exit, e.g. `wrote 300 frames to out.y4m`. */
  summary(): readonly string[];
  /** Completes the output (headers, flush) once `drained`, or gives up what is queued. Idempotent. */
  close(): Promise<void>;
}
