import type { Attribute } from "../protocol/attribute.ts";
import type { Dtype, MajorOrder } from "../protocol/dtype.ts";
import { type Values, valuesOf } from "../protocol/values.ts";
import type { Frame } from "../roles/frame.ts";

/** A copy of a frame that proved intact; its holder owns it. */
export class OwnedFrame {
  readonly seq: number;
  readonly dtype: Dtype;
  /** Slowest first in "row" order. */
  readonly dims: readonly number[];
  /** Bytes from one element to the next, for each dimension; 0 if contiguous. */
  readonly strides: readonly number[];
  readonly majorOrder: MajorOrder;
  readonly metaVersion: number;
  readonly attributes: readonly Attribute[];
  /** By default CLOCK_MONOTONIC ns when the frame's slot was claimed (W-47). */
  readonly timestampNs: bigint;
  readonly bytes: Uint8Array<ArrayBuffer>;

  private constructor(frame: Frame, bytes: Uint8Array<ArrayBuffer>) {
    this.seq = frame.seq;
    this.dtype = frame.dtype;
    this.dims = frame.dims;
    this.strides = frame.strides;
    this.majorOrder = frame.majorOrder;
    this.metaVersion = frame.metaVersion;
    this.attributes = frame.attributes;
    this.timestampNs = frame.timestampNs;
    this.bytes = bytes;
  }

  /** A copy of the frame; null if it was overwritten meanwhile. */
  static copyOf(frame: Frame): OwnedFrame | null {
    const bytes = new Uint8Array(frame.byteLength);
    return frame.copyTo(bytes) ? new OwnedFrame(frame, bytes) : null;
  }

  /** The bytes as elements of `dtype` ("bool", "bytes" and "bit" as bytes). */
  get values(): Values {
    return valuesOf(this.bytes, this.dtype);
  }
}
