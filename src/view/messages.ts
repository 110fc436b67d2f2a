import type { Dtype, MajorOrder } from "../protocol/dtype.ts";

// Messages between a page and the server over one WebSocket. Both include this file: it imports types only.

/** A picture's message: this header, then the pixels, row by row, with adjacent channels. Little endian. */
export const HEADER_BYTES = 64;
/** "TPV1". */
export const MAGIC = 0x31565054;

/** Offsets of the header's fields. */
export const FIELD = {
  /** u32 */
  magic: 0,
  /** u8: the wire's dtype code of the pixels. */
  dtype: 4,
  /** u8: 1 if the pixels are maxima of areas, 0 for means. */
  isMaximum: 5,
  /** u32: the page's id of the view. */
  view: 8,
  /** u32: frames not shown to this page since the previous picture. */
  skipped: 12,
  /** f64 */
  seq: 16,
  /** f64: nanoseconds from the frame's timestamp to its conversion; in a recording, from its beginning to the frame. */
  ageNs: 24,
  /** u32 each: width and height in pixels. */
  width: 32,
  height: 36,
  channels: 40,
  /** u32 each: position of the first pixel in the frame. */
  x: 44,
  y: 48,
  /** u32: pixels of the frame per picture pixel, in each direction. */
  factor: 52,
  /** f64: the frame's timestamp in nanoseconds. */
  timestampNs: 56,
} as const;

/** How the values of an area are reduced to one pixel. */
export type Reduction = "mean" | "maximum";

/** The shown part of a frame. Axes count from 0 in the order of the frame's dims. */
export interface PlaneSpec {
  /** The horizontal axis. */
  readonly x: number;
  /** The vertical axis; null for a line. */
  readonly y: number | null;
  /** The colour axis; null for one value per pixel. */
  readonly c: number | null;
  /** The index on every axis; those of x, y and c are ignored. */
  readonly index: readonly number[];
  /** x, y, width, height in pixels of the frame; null for the whole plane. */
  readonly region: readonly [number, number, number, number] | null;
}

export interface WatchMessage {
  readonly type: "watch";
  /** Chosen by the page; a repeated id replaces the view. */
  readonly view: number;
  readonly stream: number;
  /** Null: axes derived from the shape. */
  readonly plane: PlaneSpec | null;
  /** Most pixels wanted: larger planes are reduced. */
  readonly maxPixels: number;
  /** Largest width and height wanted. */
  readonly maxSide: number;
  readonly reduction: Reduction;
}

export type ClientMessage =
  | { readonly type: "hello"; readonly token: string | null }
  | WatchMessage
  | { readonly type: "unwatch"; readonly view: number }
  /** The picture was drawn: the next one may be sent. */
  | { readonly type: "drawn"; readonly view: number }
  /** In a recording: shows the newest frames at a time, counted from the beginning. */
  | { readonly type: "seek"; readonly timeNs: number }
  /** Moves by this many frames of a stream, forward or back. */
  | { readonly type: "step"; readonly stream: number; readonly by: number }
  /** Seeks to a frame by its number. */
  | { readonly type: "find"; readonly stream: number; readonly seq: number };

/** The shape of a view's frames; precedes the first picture with it. */
export interface ShapeMessage {
  readonly type: "shape";
  readonly view: number;
  readonly stream: number;
  readonly epoch: string;
  readonly dtype: Dtype;
  readonly dims: readonly number[];
  readonly majorOrder: MajorOrder;
  readonly plane: PlaneSpec;
}

/** One second of a stream; null if unknown. Seconds since 1970, then rates per second; delay in nanoseconds. */
export type Sample = readonly [
  timeSeconds: number,
  framesPerSecond: number | null,
  bytesPerSecond: number | null,
  dropsPerSecond: number | null,
  delayNs: number | null,
];

export const SAMPLES_KEPT = 300;

/** Frames missing from a recording between two recorded ones. Times count from its beginning. */
export interface RecordingGap {
  readonly fromNs: number;
  readonly toNs: number;
  /** The numbers between the two. */
  readonly fromSeq: number;
  readonly toSeq: number;
  /** Less than the count of numbers if some frames were left out on purpose. */
  readonly missing: number;
}

/** The recorder's counts of one epoch. */
export interface RecordingLedger {
  readonly epoch: string;
  readonly isFinal: boolean;
  readonly published: number;
  readonly recorded: number;
  readonly skipped: number;
  readonly missing: Readonly<Record<string, number>>;
}

/** One stream of a recording. */
export interface RecordingStream {
  /** Used in `watch`: the stream's id if it has one. */
  readonly stream: number;
  readonly hasId: boolean;
  readonly name: string;
  readonly frames: number;
  readonly bytes: number;
  /** Frames lost between two recorded ones. */
  readonly missing: number;
  /** Numbers of unwanted frames between two others: the stream or its recording is decimated. */
  readonly leftOut: number;
  /** The usual distance between numbers: 3 if 1 frame in 3 was recorded. */
  readonly step: number;
  /** The longest gaps, in time order. */
  readonly gaps: readonly RecordingGap[];
  /** Gaps that are not listed. */
  readonly furtherGaps: number;
  /** Start of each epoch. */
  readonly epochs: readonly { readonly epoch: string; readonly atNs: number }[];
  /** Number of frames in equal parts of the time; and of missing frames. */
  readonly density: readonly number[];
  readonly lacks: readonly number[];
  /** Empty if the recorder wrote none. */
  readonly ledger: readonly RecordingLedger[];
}

/** Information about the shown recording, for a page. */
export interface RecordingInfo {
  readonly names: readonly string[];
  /** Milliseconds since 1970. */
  readonly startMs: number;
  readonly lengthNs: number;
  readonly bytes: number;
  /** Files that were cut, and the reasons. */
  readonly cuts: readonly string[];
  readonly streams: readonly RecordingStream[];
}

/** Result of a step or a search. */
export interface PlayheadMessage {
  readonly type: "playhead";
  /** Null: the position stays. */
  readonly timeNs: number | null;
  /** Why a frame is not shown; null if it is. */
  readonly note: string | null;
}
