// What a user's module exports for `--source module:FILE` and `--sink module:FILE`.
import { rule } from "../../core/rules.ts";
import type { Dtype, MajorOrder } from "../../protocol/dtype.ts";
import type { Values, ValuesByDtype } from "../../protocol/values.ts";
import type { Attribute, FrameLayout, SourceState } from "../types.ts";

/** What a module's function is called with. */
export interface ModuleContext {
  /** What follows the file: `{ device: "0" }` for `module:cam.ts,device=0`. */
  readonly options: Readonly<Record<string, string>>;
}

interface SourceTraits {
  /** For the start message; the module's path when left out. */
  readonly description?: string;
  /**
   * True: frames come when they are due and are lost when no consumer takes them. False: they wait for readers. Left out: true with
   * `fill`, false with `frames`.
   */
  readonly live?: boolean;
  /** Frames per second of a live source; left out: as fast as they are taken. A `--rate` of the user wins. */
  readonly rateHz?: number;
  /** What readers need beyond the array (W-45), see `textAttribute`. */
  readonly attributes?: readonly Attribute[];
  /** The largest frame, where frames grow: slots are sized by it. Left out: that of the first frame. */
  readonly maxByteLength?: number;
  /** Called once at the end. */
  close?(): unknown;
}

/** The shape of a source's frames. */
export interface SourceLayout<D extends Dtype = Dtype> {
  readonly dtype: D;
  /** At most eight, slowest first as in NumPy's `shape`; empty for a scalar. */
  readonly dims: readonly number[];
  /** "row" unless given. */
  readonly majorOrder?: MajorOrder;
}

/** The frame that is due. One object stands for all: copy what is to outlive the call. */
export interface FrameToFill {
  /** Number of the frame, from 0; frames that were skipped for want of a slot have theirs as well. */
  readonly n: number;
  /** Nanoseconds since the process began, monotonic. */
  readonly nowNs: number;
}

/** Frames that are filled in place, in shared memory: nothing is copied. */
export interface FillSource<D extends Dtype = Dtype> extends SourceTraits {
  /** Looked at before each frame; a new object when it changes. */
  readonly layout: SourceLayout<D>;
  /** Asked before each frame: "ready", "idle" (nothing yet: asked again) or "end". Left out: always ready. Not asynchronous. */
  poll?(frame: FrameToFill): SourceState;
  /**
   * Fills the slot's memory, of whatever it held before. Not asynchronous: the memory is the source's during the call only.
   * Everything else in this process waits for it.
   */
  fill(values: ValuesByDtype[D], frame: FrameToFill): void;
}

/** A frame that a source yields; it is copied before the next one is asked for, so that its memory can be used again. */
export interface YieldedFrame {
  /** The elements, contiguous: a typed array, or their bytes with `dtype` and `dims`. */
  readonly values: ArrayBufferView;
  /** Left out: one dimension, the length of `values`. */
  readonly dims?: readonly number[];
  /** Left out: that of `values`. */
  readonly dtype?: Dtype;
  /** "row" unless given. */
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
 * What a module exports as `source`, or as its default: a definition, or a function (a generator function as well) that makes
 * one, asynchronously if it wants.
 */
export type SourceExport =
  | SourceDefinition
  | ((context: ModuleContext) => SourceDefinition | YieldedFrames | Promise<SourceDefinition | YieldedFrames>);

/** A frame as a module's sink sees it. */
export interface ModuleFrame extends FrameLayout {
  /** Number of the frame within the stream's epoch. */
  readonly seq: number;
  /** By default CLOCK_MONOTONIC ns when the producer began the frame (W-47). */
  readonly timestampNs: bigint;
  /** Nanoseconds between the timestamp and when the frame was read. */
  readonly ageNs: number;
  readonly metaVersion: number;
  /** The attributes that belong to `metaVersion`; empty while they are not known. */
  readonly attributes: readonly Attribute[];
  readonly bytes: Uint8Array;
  /** The bytes as elements of `dtype` ("bool", "bytes" and "bit" as bytes). */
  readonly values: Values;
}

/** A frame in shared memory: valid during the call only, and it may be overwritten while it is read. */
export interface ViewedFrame extends ModuleFrame {
  /** A copy to keep. Whether it is of an intact frame is what `settled` says. */
  copy(): KeptFrame;
}

/** A copy of a frame: it belongs to its holder. */
export interface KeptFrame extends ModuleFrame {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

interface SinkTraits {
  /** For messages; the module's path when left out. */
  readonly description?: string;
  /** True: frames wait for the stream's attributes, for a moment. */
  readonly needsAttributes?: boolean;
  /** Lines for the summary at exit. */
  summary?(): readonly string[];
  /** Called once at the end. */
  close?(): unknown;
}

/** Frames that are read in place, in shared memory: nothing is copied. */
export interface ViewSink extends SinkTraits {
  /**
   * Called with each frame; `false` ends the consumer in order. Not asynchronous: the memory is readable during the call only.
   * Everything else in this process waits for it. Has no side effects that a torn frame must not have: those belong into
   * `settled`.
   */
  frame(frame: ViewedFrame): unknown;
  /** Called after `frame`: false when the frame was overwritten meanwhile, and what was read of it is of no use. */
  settled?(seq: number, isIntact: boolean): unknown;
}

/** Frames that are copied first: whole, and the sink's to keep. */
export interface CopySink extends SinkTraits {
  /**
   * Called with a copy of each frame that proved intact, one at a time; `false` ends the consumer in order. May be asynchronous:
   * a few frames wait meanwhile, and beyond that they are dropped and counted, or held back where the stream allows it.
   */
  copiedFrame(frame: KeptFrame): unknown;
}

export type SinkDefinition = ViewSink | CopySink;

/**
 * What a module exports as `sink`, or as its default: a definition, or a function that makes one, asynchronously if it wants (a
 * file is opened there).
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
