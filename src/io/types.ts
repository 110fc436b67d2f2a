import type { WaitPoint } from "../core/wait-point.ts";
import type { Attribute } from "../protocol/attribute.ts";
import type { FrameHeader } from "../protocol/frame-header.ts";
import type { FrameLayout } from "../protocol/frame-layout.ts";
import type { SlotPlace } from "../protocol/slot-place.ts";

export type { Attribute } from "../protocol/attribute.ts";
export type { FrameLayout } from "../protocol/frame-layout.ts";

/** Who made the frames first. */
export interface DataSource {
  readonly name: string;
  readonly summary?: string;
}

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
  | "more"
  /** The frame is given up: its slot is aborted, and counted. */
  | "abort";

/** The slot that a frame is filled into, for sources whose frames are written by another process. */
export interface SourceSlot {
  readonly index: number;
  readonly seq: number;
  readonly place: SlotPlace;
}

/** Why a frame that was ready got no slot, or lost it. */
export type SkipReason = "no-pool" | "not-attached" | "ended";

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
  /** True for sources whose frames are produced when due and lost when no consumer takes them; false for files and pipes. */
  readonly live: boolean;
  /** Largest frame that can come, as far as is known when the source is opened; pools are sized by it. */
  readonly maxByteLength: number;
  /** Layout of the frame that `poll` declared ready; before the first frame, that of the first if it is known. */
  readonly layout: FrameLayout;
  /** What readers need beyond the array, e.g. `y4m.colorspace`; another list where it changes with the frame that is ready. */
  readonly attributes: readonly Attribute[];
  /** The data source that the frames come from, where that is not this producer. */
  readonly dataSource?: DataSource;
  /** Frames per second that the input itself prescribes, or null. A `--rate` of the user wins. */
  readonly nativeRateHz: number | null;
  /** Bytes of the frame under way that are in its slot for good, from the first on; left out by sources that fill at once. */
  readonly filledBytes?: number;
  /** True when the layout is known only once the frame is filled: `layout` has the right length before. */
  readonly tellsLayoutLast?: boolean;
  poll(nowNs: number): SourceState;
  /** `target` is exactly `layout.byteLength` bytes of the slot. Moves at most about 1 MiB per call. */
  fill(target: Uint8Array, nowNs: number, slot?: SourceSlot): FillState;
  /** Also ends a frame that was begun with `fill` and whose slot was given up. */
  skip(nowNs: number, reason?: SkipReason): FillState;
  /** What the thread can wait for while the source is idle; left out: nothing. */
  readonly waitPoint?: WaitPoint;
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
  /** Where the frame lies; left out for one that is in no stream's memory. */
  readonly slot?: FrameSlot;
}

/** The slot of a frame, for sinks that hand it over instead of its bytes. */
export interface FrameSlot {
  readonly index: number;
  readonly header: FrameHeader;
  readonly place: SlotPlace;
}

/** The stream that a sink is fed from, for sinks whose readers keep frames. */
export interface SinkStream {
  readonly streamId: number;
  /** "waiting": for a driver or a producer. "attached": there is a lease, and no frame yet. */
  readonly state: "waiting" | "attached" | "mapped";
  /** Where the frames of the mapped epoch lie, a pool each: the same array while the epoch is mapped; empty while nothing is. */
  readonly places: readonly SlotPlace[];
  /** Version of the attributes that came last; -1 while none are known. */
  readonly metaVersion: number;
  /** The attributes of that version. */
  readonly attributes: readonly Attribute[];
  /** What was lost so far, by cause; the values grow. */
  readonly losses: readonly { readonly name: string; readonly value: number }[];
  /** True when frame `seq` still lies in its slot of the mapped epoch. Acquires. */
  isIntact(place: SlotPlace, seq: number): boolean;
  /** Counts a frame that was accepted as lost: overwritten before its reader was done, or never read. */
  takeBack(byteLength: number, cause: "changed" | "sinkTooSlow"): void;
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
  /** True when it takes frames with strides as well. */
  readonly takesStrides?: boolean;
  /** True while frames are to wait for it in the consumer's queue, although it has no room yet. */
  readonly isPreparing?: boolean;
  /** True while its reader has frames that it has still to give back: an orderly end waits for that. */
  readonly awaitsReader?: boolean;
  /** What the thread can wait for while the sink has no room; left out: nothing. */
  readonly waitPoint?: WaitPoint | undefined;
  /** The same, for no longer than the thread would rest: it has to look for descriptors meanwhile. */
  readonly briefWaitPoint?: WaitPoint | undefined;
  /** True while its reader may ask for something and wait for the answer. */
  readonly isAsked?: boolean;
  /** Called once, before the first frame. */
  begin?(stream: SinkStream): void;
  /** False while its queue is full: the consumer then waits or drops, and counts what it drops. */
  readonly hasRoom: boolean;
  /** Throws `SinkError` for a frame it cannot express (changed dimensions, a dtype the format lacks). */
  accept(frame: SinkFrame): void;
  settle(intact: boolean): void;
  /** Called in the cycle in which frames were accepted, after the last of them; left out: `doWork` of the next one moves them on. */
  flush?(): void;
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
