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
  /** The id that it was recorded under; null for a recording by another program. */
  readonly streamId: number | null;
  /** Name of the data source; of a recording by another program, the topic. */
  readonly name: string;
  readonly topics: readonly string[];
  readonly epochs: readonly bigint[];
}

/** One frame of a recording. Its values are read when they are asked for. */
export interface RecordedFrame {
  readonly stream: RecordedStream;
  /** Number of the frame in its epoch; of a recording by another program, in its stream. */
  readonly seq: number;
  readonly epoch: bigint;
  /** The frame's own timestamp, in nanoseconds of its clock. */
  readonly timestampNs: bigint;
  /** The clock of the timestamp, e.g. "monotonic"; "" where it is not known. */
  readonly clock: string;
  /** When it was recorded, in nanoseconds since 1970. */
  readonly logTimeNs: bigint;
  readonly metaVersion: number;
  readonly dtype: Dtype;
  /** Slowest first in "row" order. */
  readonly dims: readonly number[];
  /** Bytes from one element to the next, a dimension each; undefined: contiguous. */
  readonly strides: readonly number[] | undefined;
  readonly majorOrder: MajorOrder;
  readonly byteLength: number;
  /** Pixel format of an image, e.g. "rgb8"; "" for other arrays. */
  readonly encoding: string;
  /** What the data source said of itself when the frame was made. */
  readonly attributes: readonly Attribute[];
  /** True when `bytes` is a view of the file, without a copy. */
  readonly isView: boolean;
  /** Where the values are in the file; -1 when they are compressed. */
  readonly fileOffset: number;
  /**
   * The values: a view of the mapped file, to be read only, that reads as zeros once the recording is closed; of a compressed chunk, a
   * view of what was unpacked. @throws RecordingError when they cannot be read
   */
  readonly bytes: Uint8Array;
  /** The values as elements of `dtype`: in place where they are aligned, else a copy. */
  readonly values: Values;
  /** Reads the values to `target`, of `byteLength` bytes, past the mapping. @throws RecordingError, RangeError */
  copyTo(target: Uint8Array): void;
}

/** Which frames of a stream. */
export interface FrameRange {
  /** Recorded at this time or later, in nanoseconds since 1970; or from frame `{ seq }` on. */
  readonly from?: bigint | { readonly seq: number } | undefined;
  /** Recorded before this time; or up to frame `{ seq }`, it included. */
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

/** A record of text that belongs to the whole recording, e.g. `tensorpool.session`. */
export interface RecordingMetadata {
  readonly name: string;
  readonly entries: Readonly<Record<string, string>>;
}

/** A recording, open for reading. Streams go by their id, name or topic. */
export interface Recording extends Disposable, AsyncDisposable {
  readonly path: string;
  readonly streams: readonly RecordedStream[];
  /** Null for a file that ends as it should; else where, and why, what can be read of it ends. */
  readonly cut: { readonly at: number; readonly because: string } | null;
  /** When the first and the last message were recorded, in nanoseconds since 1970; null without messages. */
  readonly timeRange: { readonly startNs: bigint; readonly endNs: bigint } | null;
  readonly metadata: readonly RecordingMetadata[];
  /** The recorder's own account: the last row of each stream and epoch. */
  readonly ledger: readonly LedgerRow[];
  /** The frames of a stream in the order in which they were recorded. @throws RecordingError */
  frames(stream: number | string, range?: FrameRange): Iterable<RecordedFrame>;
  /** The newest frame that was recorded at a time or before it; null before the first. @throws RecordingError */
  frameAt(stream: number | string, logTimeNs: bigint): RecordedFrame | null;
  /** Frame `seq`; of several epochs, the first that has it, or that of `epoch`. Null when it is not there. @throws RecordingError */
  frameBySeq(stream: number | string, seq: number, epoch?: bigint): RecordedFrame | null;
  /** Views of the file read as zeros from now on. Idempotent. */
  close(): void;
}

/**
 * Opens an MCAP file: of `tensorpool record`, or of another program with `foxglove.RawImage` or `sensor_msgs/Image`. A file that was cut is
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
