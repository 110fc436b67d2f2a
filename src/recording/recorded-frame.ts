import type { Attribute } from "../protocol/attribute.ts";
import type { Dtype, MajorOrder } from "../protocol/dtype.ts";
import { type Values, valuesOf } from "../protocol/values.ts";
import type { ByteWindow } from "./byte-window.ts";
import type { DecodedFrame } from "./decoded-frame.ts";
import type { RecordedStream } from "./recorded-stream.ts";

/** The place of frame values, and access to views of them. */
export interface FrameStore {
  /** The absolute path of the file. */
  readonly path: string;
  readonly window: ByteWindow;
  /** A view without a copy; null if the file does not contain the bytes unmodified. */
  view(offset: number, byteLength: number): Uint8Array | null;
  attributesOf(stream: RecordedStream, epoch: bigint, metaVersion: number): readonly Attribute[];
}

/** One frame of a recording. Its values are read on access. */
export class RecordedFrame {
  readonly stream: RecordedStream;
  /** Number of the frame in its epoch; in a recording of another program, in its stream. */
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
  /** Bytes between adjacent elements, per dimension; undefined: contiguous. */
  readonly strides: readonly number[] | undefined;
  readonly majorOrder: MajorOrder;
  readonly byteLength: number;
  /** Pixel format of an image, e.g. "rgb8"; "" for other arrays. */
  readonly encoding: string;
  /** Offset of the values in the file; -1 if they are compressed. */
  readonly fileOffset: number;
  readonly #store: FrameStore;
  readonly #window: ByteWindow;
  readonly #dataAt: number;
  readonly #swapBytes: number;
  #bytes: Uint8Array | null = null;

  constructor(store: FrameStore, stream: RecordedStream, frame: DecodedFrame, window: ByteWindow, logTimeNs: bigint) {
    this.#store = store;
    this.#window = window;
    this.stream = stream;
    this.seq = frame.seq;
    this.epoch = frame.epoch;
    this.timestampNs = frame.timestampNs ?? logTimeNs;
    this.clock = frame.clock;
    this.logTimeNs = logTimeNs;
    this.metaVersion = frame.metaVersion;
    this.dtype = frame.dtype;
    this.dims = frame.dims;
    this.strides = frame.strides;
    this.majorOrder = frame.majorOrder;
    this.byteLength = frame.byteLength;
    this.encoding = frame.encoding;
    this.#dataAt = frame.dataAt;
    this.#swapBytes = frame.swapBytes;
    this.fileOffset = window === store.window && frame.swapBytes === 1 ? frame.dataAt : -1;
  }

  /** The absolute path of the file that contains it. */
  get path(): string {
    return this.#store.path;
  }

  /** Attributes of the data source at the time of the frame. */
  get attributes(): readonly Attribute[] {
    return this.#store.attributesOf(this.stream, this.epoch, this.metaVersion);
  }

  /** True when `bytes` is a view of the file, without a copy. */
  get isView(): boolean {
    return this.fileOffset >= 0;
  }

  /**
   * The values: a read-only view of the mapped file, which reads as zeros after the recording is closed; for a compressed chunk, a view of
   * the unpacked bytes. @throws RecordingError if they cannot be read
   */
  get bytes(): Uint8Array {
    this.#bytes ??= this.#read();
    return this.#bytes;
  }

  /** The values as elements of `dtype`: in place if they are aligned, otherwise a copy. */
  get values(): Values {
    const { bytes } = this;
    return valuesOf(bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes), this.dtype);
  }

  /** Reads the values into `target`, of `byteLength` bytes, without the mapping. @throws RecordingError, RangeError */
  copyTo(target: Uint8Array): void {
    if (target.length !== this.byteLength) {
      throw new RangeError(`expected a target of ${this.byteLength} bytes, found ${target.length}`);
    }
    this.#window.copy(target, this.#dataAt);
    reverseElements(target, this.#swapBytes);
  }

  #read(): Uint8Array {
    const view = this.fileOffset < 0 ? null : this.#store.view(this.fileOffset, this.byteLength);
    if (view !== null) return view;
    const { bytes, byteLength } = this.#window;
    // Unpacked records are completely in memory.
    if (this.#window !== this.#store.window && bytes.length === byteLength && this.#swapBytes === 1) {
      return bytes.subarray(this.#dataAt, this.#dataAt + this.byteLength);
    }
    const copy = new Uint8Array(this.byteLength);
    this.copyTo(copy);
    return copy;
  }
}

/** Converts big-endian elements to little-endian, in place. */
export function reverseElements(bytes: Uint8Array, elementBytes: number): void {
  if (elementBytes <= 1) return;
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length - (bytes.length % elementBytes));
  if (elementBytes === 2) whole.swap16();
  else if (elementBytes === 4) whole.swap32();
  else whole.swap64();
}
