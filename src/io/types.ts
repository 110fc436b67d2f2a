import type { WaitPoint } from "../core/wait-point.ts";
import type { Attribute } from "../protocol/attribute.ts";
import type { FrameHeader } from "../protocol/frame-header.ts";
import type { FrameLayout } from "../protocol/frame-layout.ts";
import type { SlotPlace } from "../protocol/slot-place.ts";

export type { Attribute } from "../protocol/attribute.ts";
export type { FrameLayout } from "../protocol/frame-layout.ts";

/** The original producer of the frames. */
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
  /** The frame is abandoned: its slot is aborted and counted. */
  | "abort";

/** The slot for a frame, for sources whose frames are written by another process. */
export interface SourceSlot {
  readonly index: number;
  readonly seq: number;
  readonly place: SlotPlace;
}

/** Why a complete frame got no slot, or lost it. */
export type SkipReason = "no-pool" | "not-attached" | "ended";

/**
 * The source of a producer's frames. Single-threaded, driven by the producer's duty cycle; no method ever blocks on a pipe, a disk or a
 * terminal. A frame begins when `poll` returns "ready"; then `fill` is called with the slot's memory until it returns "done", or `skip` if
 * no slot was available (the frame's bytes are read and dropped).
 *
 * Errors (truncated input, a malformed header) are thrown as `SourceError` from `poll`, `fill` or `skip`; the producer then aborts a claim
 * that was being filled.
 */
export interface Source {
  /** One line for the start message, e.g. `y4m:- 640x480 C420jpeg 30 frames/s`. */
  readonly description: string;
  /** True for sources whose frames are produced when due and lost when no consumer takes them; false for files and pipes. */
  readonly live: boolean;
  /** Largest possible frame, as far as known when the source is opened; it sizes the pools. */
  readonly maxByteLength: number;
  /** Layout of the frame that `poll` declared ready; before the first frame, the first one's if known. */
  readonly layout: FrameLayout;
  /** Facts that readers need besides the array, e.g. `y4m.colorspace`; a different list if it changes with the ready frame. */
  readonly attributes: readonly Attribute[];
  /** The original data source of the frames, if it is not this producer. */
  readonly dataSource?: DataSource;
  /** Frames per second prescribed by the input, or null. The user's `--rate` takes precedence. */
  readonly nativeRateHz: number | null;
  /** Bytes of the current frame that are final in its slot, from the first on; omitted by sources that fill at once. */
  readonly filledBytes?: number;
  /** True if the layout is known only once the frame is filled: before that, `layout` has the right length. */
  readonly tellsLayoutLast?: boolean;
  poll(nowNs: number): SourceState;
  /** `target` is exactly `layout.byteLength` bytes of the slot. Moves at most about 1 MiB per call. */
  fill(target: Uint8Array, nowNs: number, slot?: SourceSlot): FillState;
  /** Also ends a frame that was begun with `fill` and whose slot was lost. */
  skip(nowNs: number, reason?: SkipReason): FillState;
  /** The event that the thread can wait for while the source is idle; omitted: none. */
  readonly waitPoint?: WaitPoint;
  /** Idempotent. Leaves no file open and no read under way that could still touch a slot. */
  close(): void;
}

/** A frame as passed to a sink: valid only during the call. */
export interface SinkFrame extends FrameLayout {
  readonly seq: number;
  readonly timestampNs: bigint;
  /** Nanoseconds between the frame's timestamp and now. */
  readonly ageNs: number;
  readonly metaVersion: number;
  /** The attributes of `metaVersion`; empty until they are known. */
  readonly attributes: readonly Attribute[];
  /** The values, in shared memory: may be overwritten while it is read, see `settle`. */
  readonly bytes: Uint8Array;
  /** The frame's slot; omitted for a frame outside a stream's memory. */
  readonly slot?: FrameSlot;
}

/** The slot of a frame, for sinks that pass it on instead of its bytes. */
export interface FrameSlot {
  readonly index: number;
  readonly header: FrameHeader;
  readonly place: SlotPlace;
}

/** The stream that feeds a sink, for sinks whose readers keep frames. */
export interface SinkStream {
  readonly streamId: number;
  /** "waiting": for a driver or a producer. "attached": there is a lease, and no frame yet. */
  readonly state: "waiting" | "attached" | "mapped";
  /** Places of the mapped epoch's frames, one per pool: the same array while the epoch is mapped; empty while nothing is. */
  readonly places: readonly SlotPlace[];
  /** Version of the attributes received last; -1 while none are known. */
  readonly metaVersion: number;
  /** The attributes of that version. */
  readonly attributes: readonly Attribute[];
  /** Losses so far, by cause; the values grow. */
  readonly losses: readonly { readonly name: string; readonly value: number }[];
  /** True if frame `seq` is still in its slot of the mapped epoch. Acquires. */
  isIntact(place: SlotPlace, seq: number): boolean;
  /** Counts an accepted frame as lost: overwritten before its reader was done, or never read. */
  takeBack(byteLength: number, cause: "changed" | "sinkTooSlow"): void;
}

/**
 * The destination of a consumer's frames. `accept` stages a frame (copying what outlives the call); `settle` then reports whether the frame
 * was still intact after it had been read: only an intact frame is written, others are dropped.
 */
export interface Sink {
  readonly description: string;
  /** True if the sink requires the stream's attributes (y4m). */
  readonly needsAttributes: boolean;
  /** True for a sink that always has room, because it keeps no data of a frame. */
  readonly takesAll?: boolean;
  /** True if it uses the event loop even while nothing is queued, as users' code may: the thread must not block. */
  readonly usesEventLoop?: boolean;
  /** True if it also accepts frames with strides. */
  readonly takesStrides?: boolean;
  /** True while frames should wait for it in the consumer's queue, although it has no room yet. */
  readonly isPreparing?: boolean;
  /** True while its reader has frames still to be returned: an orderly end waits for that. */
  readonly awaitsReader?: boolean;
  /** The event that the thread can wait for while the sink has no room; omitted: none. */
  readonly waitPoint?: WaitPoint | undefined;
  /** The same, for at most an idle pause, because the thread must also poll for descriptors. */
  readonly briefWaitPoint?: WaitPoint | undefined;
  /** True while its reader may send a request and wait for the answer. */
  readonly isAsked?: boolean;
  /** Called once, before the first frame. */
  begin?(stream: SinkStream): void;
  /** False while its queue is full: the consumer then waits or drops, and counts what it drops. */
  readonly hasRoom: boolean;
  /** Throws `SinkError` for a frame it cannot express (changed dimensions, a dtype the format lacks). */
  accept(frame: SinkFrame): void;
  settle(intact: boolean): void;
  /** Called in the cycle in which frames were accepted, after the last of them; omitted: the next `doWork` moves them. */
  flush?(): void;
  /** Moves queued data without blocking; returns the work done. Throws `SinkError` if the output failed. */
  doWork(nowNs: number): number;
  /** True once the output's reader has closed its end (EPIPE): an orderly end, nothing more is written. */
  readonly closedByReader: boolean;
  /** True when everything accepted was written out. */
  readonly drained: boolean;
  /** Lines for the summary at exit, e.g. `wrote 300 frames to out.y4m`. */
  summary(): readonly string[];
  /** Completes the output (headers, flush) once `drained`, or drops queued data. Idempotent. */
  close(): Promise<void>;
}
