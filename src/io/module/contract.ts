// The exports of a user's module for `--source module:FILE` and `--sink module:FILE`.
import { rule } from "../../core/rules.ts";
import type { Dtype, MajorOrder } from "../../protocol/dtype.ts";
import type { Values, ValuesByDtype } from "../../protocol/values.ts";
import type { Attribute, FrameLayout, SourceState } from "../types.ts";

/** Argument of a module's function. */
export interface ModuleContext {
  /** Options after the file name: `{ device: "0" }` for `module:cam.ts,device=0`. */
  readonly options: Readonly<Record<string, string>>;
}

interface SourceTraits {
  /** For the start message; the module's path if omitted. */
  readonly description?: string;
  /**
   * True: frames are produced when due, and lost if no consumer takes them. False: they wait for readers. Omitted: true with `fill`, false
   * with `frames`.
   */
  readonly live?: boolean;
  /** Frames per second of a live source; omitted: as fast as consumers take them. The option `--rate` overrides it. */
  readonly rateHz?: number;
  /** Metadata for readers (W-45), see `textAttribute`. */
  readonly attributes?: readonly Attribute[];
  /** Size of the largest frame, which determines the slots. Omitted: that of the first frame. */
  readonly maxByteLength?: number;
  /** Called once at the end. */
  close?(): unknown;
}

/** The shape of a source's frames. */
export interface SourceLayout<D extends Dtype = Dtype> {
  readonly dtype: D;
  /** At most eight, slowest first as in NumPy's `shape`; empty for a scalar. */
  readonly dims: readonly number[];
  /** "row" if omitted. */
  readonly majorOrder?: MajorOrder;
}

/** The frame to fill. The object is reused: copy values that must outlive the call. */
export interface FrameToFill {
  /** Number of the frame, from 0; skipped frames without a slot are counted. */
  readonly n: number;
  /** Nanoseconds since the process began, monotonic. */
  readonly nowNs: number;
}

/** Frames that are filled in place, in shared memory: nothing is copied. */
export interface FillSource<D extends Dtype = Dtype> extends SourceTraits {
  /** Read before each frame; assign a new object to change it. */
  readonly layout: SourceLayout<D>;
  /** Called before each frame: "ready", "idle" (nothing yet: called again) or "end". Omitted: always ready. Not asynchronous. */
  poll?(frame: FrameToFill): SourceState;
  /**
   * Fills the slot's memory, which has old values. Not asynchronous: the memory belongs to the source during the call only. The rest of the
   * process waits for it.
   */
  fill(values: ValuesByDtype[D], frame: FrameToFill): void;
}

/** A frame that a source yields; it is copied before the next one is requested, so that the source can reuse its memory. */
export interface YieldedFrame {
  /** The elements, contiguous: a typed array, or their bytes with `dtype` and `dims`. */
  readonly values: ArrayBufferView;
  /** Omitted: one dimension, the length of `values`. */
  readonly dims?: readonly number[];
  /** Omitted: the dtype of `values`. */
  readonly dtype?: Dtype;
  /** "row" if omitted. */
  readonly majorOrder?: MajorOrder;
}

/** A generator of frames, synchronous or asynchronous. A bare typed array is a frame of one dimension. */
export type YieldedFrames = Iterable<YieldedFrame | ArrayBufferView> | AsyncIterable<YieldedFrame | ArrayBufferView>;

/** Frames that are yielded one by one and copied. */
export interface FrameSource extends SourceTraits {
  /** Called once. */
  frames(): YieldedFrames;
}

export type SourceDefinition<D extends Dtype = Dtype> = FillSource<D> | FrameSource;

/**
 * A module's export `source`, or its default: a definition, or a function (also a generator function) that returns one, synchronously or
 * asynchronously.
 */
export type SourceExport =
  | SourceDefinition
  | ((context: ModuleContext) => SourceDefinition | YieldedFrames | Promise<SourceDefinition | YieldedFrames>);

/** A frame as passed to a module's sink. */
export interface ModuleFrame extends FrameLayout {
  /** Number of the frame within the stream's epoch. */
  readonly seq: number;
  /** By default CLOCK_MONOTONIC ns when the producer began the frame (W-47). */
  readonly timestampNs: bigint;
  /** Nanoseconds from the timestamp to the read. */
  readonly ageNs: number;
  readonly metaVersion: number;
  /** The attributes of `metaVersion`; empty until they are known. */
  readonly attributes: readonly Attribute[];
  readonly bytes: Uint8Array;
  /** The bytes as elements of `dtype` ("bool", "bytes" and "bit" as bytes). */
  readonly values: Values;
}

/** A frame in shared memory: valid during the call only, and it may be overwritten while it is read. */
export interface ViewedFrame extends ModuleFrame {
  /** A copy to keep. `settled` reports whether the frame was intact. */
  copy(): KeptFrame;
}

/** A copy of a frame: it belongs to its holder. */
export interface KeptFrame extends ModuleFrame {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

interface SinkTraits {
  /** For messages; the module's path if omitted. */
  readonly description?: string;
  /** True: the first frames wait briefly for the stream's attributes. */
  readonly needsAttributes?: boolean;
  /** Lines for the summary at exit. */
  summary?(): readonly string[];
  /** Called once at the end. */
  close?(): unknown;
}

/** Frames that are read in place, in shared memory: nothing is copied. */
export interface ViewSink extends SinkTraits {
  /**
   * Called with each frame; `false` ends the consumer in order. Not asynchronous: the memory is readable during the call only. The rest of
   * the process waits for it. Put side effects into `settled`, because the frame may be torn.
   */
  frame(frame: ViewedFrame): unknown;
  /** Called after `frame`: false if the frame was overwritten meanwhile; then discard the values read from it. */
  settled?(seq: number, isIntact: boolean): unknown;
}

/** Frames that are copied first: each copy is intact, and belongs to the sink. */
export interface CopySink extends SinkTraits {
  /**
   * Called with a copy of each frame that proved intact, one at a time; `false` ends the consumer in order. May be asynchronous:
   * a few frames wait meanwhile; further ones are dropped and counted, or delayed if the stream allows it.
   */
  copiedFrame(frame: KeptFrame): unknown;
}

export type SinkDefinition = ViewSink | CopySink;

/**
 * A module's export `sink`, or its default: a definition, or a function that returns one, synchronously or asynchronously (to open a file,
 * for example).
 */
export type SinkExport = SinkDefinition | ((context: ModuleContext) => SinkDefinition | Promise<SinkDefinition>);

const IS_DEFINITION = rule(
  "an object with the functions of its kind",
  (value) => typeof value === "object" && value !== null,
);

/** The same object, checked by the compiler: `values` has the type that belongs to the dtype. */
export function defineSource<D extends Dtype>(source: FillSource<D>): FillSource<D>;
export function defineSource(source: FrameSource): FrameSource;
export function defineSource(source: SourceDefinition): SourceDefinition {
  IS_DEFINITION("source", source);
  return source;
}

/** The same object, checked by the compiler. */
export function defineSink<Sink extends SinkDefinition>(sink: Sink & SinkDefinition): Sink {
  IS_DEFINITION("sink", sink);
  return sink;
}
