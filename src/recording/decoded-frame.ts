import { quoted } from "../core/text.ts";
import { contiguousByteLength, DTYPES, type Dtype, type MajorOrder } from "../protocol/dtype.ts";
import { explainShapeFault, type FrameLayout, type FrameShape, shapeByteLength } from "../protocol/frame-layout.ts";
import { PIXEL_FORMATS, pixelFormatOf } from "./image-encoding.ts";
import { RecordingError } from "./recording-error.ts";

/** A message's description of its frame; one object for all messages of a channel, whose lists stay the same while the shape does. */
export class DecodedFrame implements FrameLayout, FrameShape {
  dtype: Dtype = "uint8";
  dims: readonly number[] = [];
  /** Undefined: contiguous. */
  strides: readonly number[] | undefined = undefined;
  majorOrder: MajorOrder = "row";
  byteLength = 0;
  timestampNs: bigint | undefined = 0n;
  /** The clock of the timestamp; "" if the message has none. */
  clock = "";
  seq = 0;
  epoch = 0n;
  streamId = 0;
  metaVersion = 0;
  /** Name of the data source, or of a coordinate frame. */
  frameId = "";
  /** Pixel format of an image; "" for other arrays. */
  encoding = "";
  /** Offset of the values in the message's window. */
  dataAt = 0;
  /** Element size in bytes if the bytes must be reversed, otherwise 1. */
  swapBytes = 1;
  #shapeKey = "";

  /** Sets the shape of an array. @throws RecordingError for a shape that the wire does not support, or that does not fit its data */
  setArray(where: string, dtype: Dtype, dims: number[], strides: number[], majorOrder: MajorOrder): void {
    if (!this.#isSame(dtype, dims, strides, majorOrder)) {
      this.dtype = dtype;
      this.dims = dims.slice();
      this.strides = strides.length === 0 ? undefined : strides.slice();
      this.majorOrder = majorOrder;
      const fault = explainShapeFault(this);
      if (fault !== null) throw new RecordingError("unsupported", `${where}: ${fault}`);
    }
    this.#requireRoom(where);
  }

  /** Sets the shape of an image. @throws RecordingError as `setArray` */
  setImage(where: string, encoding: string, width: number, height: number, step: number, isBigEndian: boolean): void {
    const key = `${encoding} ${width} ${height} ${step} ${isBigEndian}`;
    if (key !== this.#shapeKey) {
      const format = pixelFormatOf(encoding);
      if (format === null) {
        const found = quoted(encoding, 40);
        throw new RecordingError(
          "unsupported",
          `${where}: images in ${found} are not read: expected ${PIXEL_FORMATS}`,
          {
            expected: PIXEL_FORMATS,
            found,
          },
        );
      }
      const { dtype, channels } = format;
      const dims = channels === 0 ? [height, width] : [height, width, channels];
      const elementBytes = DTYPES[dtype].bits / 8;
      const pixelBytes = elementBytes * Math.max(1, channels);
      const isContiguous = step === 0 || step === width * pixelBytes || height <= 1;
      const strides = isContiguous ? [] : channels === 0 ? [step, elementBytes] : [step, pixelBytes, elementBytes];
      this.setArray(where, dtype, dims, strides, "row");
      this.encoding = encoding;
      this.swapBytes = isBigEndian ? elementBytes : 1;
      this.#shapeKey = key;
    } else this.#requireRoom(where);
  }

  #isSame(dtype: Dtype, dims: number[], strides: number[], majorOrder: MajorOrder): boolean {
    if (dtype !== this.dtype || majorOrder !== this.majorOrder) return false;
    return sameNumbers(dims, this.dims) && sameNumbers(strides, this.strides ?? NONE) && dims.length > 0;
  }

  #requireRoom(where: string): void {
    const needed = this.strides === undefined ? contiguousByteLength(this.dtype, this.dims) : shapeByteLength(this);
    if (needed <= this.byteLength) return;
    const shape = `${this.dtype} ${this.dims.join("x")}`;
    throw new RecordingError(
      "damaged",
      `${where}: ${shape} takes ${needed} bytes, and the message has ${this.byteLength}`,
    );
  }
}

const NONE: readonly number[] = [];

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
