import { isObject, isPath, isWhole, optional, type Rule, type RulesOf, requireOptions, rule } from "../core/rules.ts";
import type { Attribute } from "../protocol/attribute.ts";
import type { Dtype, MajorOrder } from "../protocol/dtype.ts";
import type { Values } from "../protocol/values.ts";
import { type LedgerRow, readLedger } from "../recording/ledger-reader.ts";
import type { RecordedFrame as FrameOfRecording } from "../recording/recorded-frame.ts";
import { Recording as OpenedRecording } from "../recording/recording.ts";

export type { LedgerRow } from "../recording/ledger-reader.ts";

/** One stream of frames in a recording. */
export interface RecordedStream {
  /** The id under which it was recorded; null for a recording by another program. */
  readonly streamId: number | null;
  /** Name of the data source; the topic for a recording by another program. */
  readonly name: string;
  readonly topics: readonly string[];
  readonly epochs: readonly bigint[];
}

/** One frame of a recording. Its values are read on access. */
export interface RecordedFrame {
  readonly stream: RecordedStream;
  /** Number of the frame in its epoch; for a recording by another program, in its stream. */
  readonly seq: number;
  readonly epoch: bigint;
  /** The frame's own timestamp, in nanoseconds of its clock. */
  readonly timestampNs: bigint;
  /** The clock of the timestamp, e.g. "monotonic"; "" if unknown. */
  readonly clock: string;
  /** When it was recorded, in nanoseconds since 1970. */
  readonly logTimeNs: bigint;
  readonly metaVersion: number;
  readonly dtype: Dtype;
  /** Slowest first in "row" order. */
  readonly dims: readonly number[];
  /** Bytes from one element to the next, for each dimension; undefined if contiguous. */
  readonly strides: readonly number[] | undefined;
  readonly majorOrder: MajorOrder;
  readonly byteLength: number;
  /** Pixel format of an image, e.g. "rgb8"; "" for other arrays. */
  readonly encoding: string;
  /** The data source's attributes when the frame was made. */
  readonly attributes: readonly Attribute[];
  /** True if `bytes` is a view of the file, without a copy. */
  readonly isView: boolean;
  /** Offset of the values in the file; -1 if they are compressed. */
  readonly fileOffset: number;
  /**
   * The values: a read-only view of the mapped file, which reads as zeros once the recording is closed; for a compressed chunk, a view of
   * the decompressed data. @throws RecordingError if they cannot be read
   */
  readonly bytes: Uint8Array;
  /** The values as elements of `dtype`: in place if they are aligned, otherwise a copy. */
  readonly values: Values;
  /** Reads the values into `target`, of `byteLength` bytes, without using the mapping. @throws RecordingError, RangeError */
  copyTo(target: Uint8Array): void;
}

/** A range of a stream's frames. */
export interface FrameRange {
  /** Recorded at or after this time, in nanoseconds since 1970; or from frame `{ seq }` on. */
  readonly from?: bigint | { readonly seq: number } | undefined;
  /** Recorded before this time; or up to and including frame `{ seq }`. */
  readonly to?: bigint | { readonly seq: number } | undefined;
}

const isStream = rule("the id, the name or a topic of a stream", (value) =>
  ["number", "string"].includes(typeof value),
);
const isTime = rule("a big integer", (value) => typeof value === "bigint");
const isSeq = isWhole(0, Number.MAX_SAFE_INTEGER);
const isBound: Rule = (name, value) =>
  typeof value === "object" && value !== null
    ? isObject<{ seq: number }>({ seq: isSeq })(name, value)
    : rule("a time in nanoseconds as a big integer, or { seq }", (bound) => typeof bound === "bigint")(name, value);
const RANGE: RulesOf<FrameRange> = { from: optional(isBound), to: optional(isBound) };

/** A text record that belongs to the whole recording, e.g. `tensorpool.session`. */
export interface RecordingMetadata {
  readonly name: string;
  readonly entries: Readonly<Record<string, string>>;
}

/** A recording, open for reading. A stream is named by its id, name or topic. */
export interface Recording extends Disposable, AsyncDisposable {
  readonly path: string;
  readonly streams: readonly RecordedStream[];
  /** Null for a complete file; otherwise where the readable part ends, and why. */
  readonly cut: { readonly at: number; readonly because: string } | null;
  /** When the first and the last message were recorded, in nanoseconds since 1970; null if there are none. */
  readonly timeRange: { readonly startNs: bigint; readonly endNs: bigint } | null;
  readonly metadata: readonly RecordingMetadata[];
  /** The recorder's own account: the last row of each stream and epoch. */
  readonly ledger: readonly LedgerRow[];
  /** The frames of a stream in the order in which they were recorded. @throws RecordingError */
  frames(stream: number | string, range?: FrameRange): Iterable<RecordedFrame>;
  /** The newest frame recorded at or before this time; null before the first. @throws RecordingError */
  frameAt(stream: number | string, logTimeNs: bigint): RecordedFrame | null;
  /** Frame `seq`; with several epochs, from the first that has it, or from `epoch`. Null if it is not there. @throws RecordingError */
  frameBySeq(stream: number | string, seq: number, epoch?: bigint): RecordedFrame | null;
  /** Closes the file; views of it then read as zeros. Idempotent. */
  close(): void;
}

/**
 * Opens an MCAP file of `tensorpool record`, or of another program with `foxglove.RawImage` or `sensor_msgs/Image`. A truncated file is
 * read up to its last complete frame. @throws RecordingError, OptionError
 */
export async function openRecording(path: string): Promise<Recording> {
  isPath("path", path);
  const opened = OpenedRecording.open(path);
  const close = (): void => opened.close();
  return {
    path,
    streams: opened.streams,
    cut: opened.cut,
    timeRange: opened.timeRange,
    metadata: opened.index.metadata,
    get ledger() {
      return readLedger([opened]);
    },
    frames: (stream, range = {}): Iterable<FrameOfRecording> => {
      isStream("stream", stream);
      requireOptions("frames", RANGE, range);
      return opened.frames(stream, range);
    },
    frameAt: (stream, logTimeNs) => {
      isStream("stream", stream);
      isTime("logTimeNs", logTimeNs);
      return opened.frameAt(stream, logTimeNs);
    },
    frameBySeq: (stream, seq, epoch) => {
      isStream("stream", stream);
      isSeq("seq", seq);
      optional(isTime)("epoch", epoch);
      return opened.frameBySeq(stream, seq, epoch);
    },
    close,
    [Symbol.dispose]: close,
    [Symbol.asyncDispose]: async () => close(),
  };
}
