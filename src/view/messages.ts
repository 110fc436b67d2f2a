import type { Dtype, MajorOrder } from "../protocol/dtype.ts";

// What a page and the server tell each other over one WebSocket. This file is part of both: it imports types only.

/** A picture's message: this header, then the pixels, row by row, channels next to each other. Little endian. */
export const HEADER_BYTES = 64;
/** "TPV1". */
export const MAGIC = 0x31565054;

/** Where the fields of the header are. */
export const FIELD = {
  /** u32 */
  magic: 0,
  /** u8: the wire's code of the dtype of the pixels that follow. */
  dtype: 4,
  /** u8: 1 when the pixels are maxima of areas, else means. */
  isMaximum: 5,
  /** u32: the page's number of the view. */
  view: 8,
  /** u32: frames that were not shown to this page since the picture before. */
  skipped: 12,
  /** f64 */
  seq: 16,
  /** f64: nanoseconds from the frame's timestamp to its conversion; of a recording, from its beginning to the frame. */
  ageNs: 24,
  /** u32 each: pixels that follow. */
  width: 32,
  height: 36,
  channels: 40,
  /** u32 each: where the first pixel is in the frame. */
  x: 44,
  y: 48,
  /** u32: pixels of the frame, in each direction, for a pixel that follows. */
  factor: 52,
  /** f64: the frame's timestamp in nanoseconds. */
  timestampNs: 56,
} as const;

/** How the values of an area become one pixel. */
export type Reduction = "mean" | "maximum";

/** Which part of a frame is looked at. Axes count from 0 in the order of the frame's dims. */
export interface PlaneSpec {
  /** The axis that runs to the right. */
  readonly x: number;
  /** The axis that runs down; null for a line. */
  readonly y: number | null;
  /** The axis of colour; null for one value a pixel. */
  readonly c: number | null;
  /** The place on every axis; those of x, y and c are ignored. */
  readonly index: readonly number[];
  /** x, y, width, height in pixels of the frame; null for the whole plane. */
  readonly region: readonly [number, number, number, number] | null;
}

export interface WatchMessage {
  readonly type: "watch";
  /** Chosen by the page; the same number again replaces the view. */
  readonly view: number;
  readonly stream: number;
  /** Null: the axes that the shape suggests. */
  readonly plane: PlaneSpec | null;
  /** Pixels that are wanted at most: larger planes are reduced. */
  readonly maxPixels: number;
  /** Width and height that are wanted at most. */
  readonly maxSide: number;
  readonly reduction: Reduction;
}

export type ClientMessage =
  | { readonly type: "hello"; readonly token: string | null }
  | WatchMessage
  | { readonly type: "unwatch"; readonly view: number }
  /** The picture was drawn: the next one may come. */
  | { readonly type: "drawn"; readonly view: number }
  /** Of a recording: shows the frames that were the newest at a time, counted from the beginning. */
  | { readonly type: "seek"; readonly timeNs: number }
  /** Goes so many frames of a stream on, or back. */
  | { readonly type: "step"; readonly stream: number; readonly by: number }
  /** Goes to a frame by its number. */
  | { readonly type: "find"; readonly stream: number; readonly seq: number };

/** The shape of the frames of a view; comes before the first picture that has it. */
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

/** A second of a stream; null where it is not known. Seconds since 1970, then per second; delay in nanoseconds. */
export type Sample = readonly [
  timeSeconds: number,
  framesPerSecond: number | null,
  bytesPerSecond: number | null,
  dropsPerSecond: number | null,
  delayNs: number | null,
];

export const SAMPLES_KEPT = 300;

/** Frames that a recording lacks, between two that it has. Times count from its beginning. */
export interface RecordingGap {
  readonly fromNs: number;
  readonly toNs: number;
  /** The numbers between the two. */
  readonly fromSeq: number;
  readonly toSeq: number;
  /** Fewer than the numbers, where frames were left out as well. */
  readonly missing: number;
}

/** What the recorder counted in one epoch. */
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
  /** What `watch` names: the stream's id where it has one. */
  readonly stream: number;
  readonly hasId: boolean;
  readonly name: string;
  readonly frames: number;
  readonly bytes: number;
  /** Frames that were lost between two that it has. */
  readonly missing: number;
  /** Numbers between two frames that were not wanted: the stream is decimated, or was recorded so. */
  readonly leftOut: number;
  /** The usual distance of numbers: 3 where 1 frame in 3 was recorded. */
  readonly step: number;
  /** The longest gaps, in the order of time. */
  readonly gaps: readonly RecordingGap[];
  /** Gaps that are not listed. */
  readonly furtherGaps: number;
  /** When each epoch begins. */
  readonly epochs: readonly { readonly epoch: string; readonly atNs: number }[];
  /** Frames in each of equal parts of the time; and in others, frames that are missing. */
  readonly density: readonly number[];
  readonly lacks: readonly number[];
  /** Empty where the recorder kept none. */
  readonly ledger: readonly RecordingLedger[];
}

/** What a page is sent of the recording that it shows. */
export interface RecordingInfo {
  readonly names: readonly string[];
  /** Milliseconds since 1970. */
  readonly startMs: number;
  readonly lengthNs: number;
  readonly bytes: number;
  /** Files that were cut, and why. */
  readonly cuts: readonly string[];
  readonly streams: readonly RecordingStream[];
}

/** Where a step or a search has led. */
export interface PlayheadMessage {
  readonly type: "playhead";
  /** Null: it stays where it is. */
  readonly timeNs: number | null;
  /** Why a frame is not shown; null when it is. */
  readonly note: string | null;
}
