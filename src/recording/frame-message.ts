import { contiguousByteLength, DTYPES, type Dtype, type MajorOrder } from "../protocol/dtype.ts";
import { DESCR_OF_DTYPE } from "../protocol/numpy-descr.ts";
import { PATCHABLE_VARINT32_BYTES, PATCHABLE_VARINT64_BYTES, ProtobufWriter, patchVarint } from "./protobuf.ts";
import { FRAME_FIELD, type FrameSchemaName, IMAGE_FIELD, INFO_FIELD, TIMESTAMP_FIELD } from "./schemas.ts";

/** The properties shared by all frames of a kind of message. */
export interface FrameKind {
  /** Name of the data source: `frame_id`. */
  readonly name: string;
  readonly streamId: number;
  readonly epoch: bigint;
  readonly metaVersion: number;
  /** The clock of the frames' timestamps, e.g. "monotonic". */
  readonly clock: string;
  readonly dtype: Dtype;
  /** Slowest first in "row" order. */
  readonly dims: readonly number[];
  /** Bytes between adjacent elements, per dimension; 0: contiguous. */
  readonly strides: readonly number[];
  readonly majorOrder: MajorOrder;
  /** Bytes of the values. */
  readonly byteLength: number;
}

/** The properties that differ from frame to frame. Times are given in parts, so that no BigInt is created. */
export interface FrameStamp {
  readonly seq: number;
  /** The frame's own timestamp, in ns of its clock: the two words of a u64. */
  readonly timestampHigh: number;
  readonly timestampLow: number;
  /** The same time since 1970. */
  readonly seconds: number;
  readonly nanos: number;
}

/** The typestr of a dtype in a message: NumPy's, except that packed bits and raw bytes are distinct from uint8. */
export const TYPESTR_OF_DTYPE: Readonly<Record<Dtype, string>> = { ...DESCR_OF_DTYPE, bytes: "|V1", bit: "bit" };

/**
 * The encoder of a frame's message: `prefix ++ values`, protobuf with the data as the last field. Everything before the values is a
 * template that is copied and patched, so that the values can be sent directly from their slot.
 */
export class FrameMessage {
  readonly schema: FrameSchemaName;
  /** Bytes before the values. */
  readonly prefixBytes: number;
  readonly #template: Uint8Array;
  readonly #secondsAt: number;
  readonly #nanosAt: number;
  readonly #seqAt: number;
  readonly #timestampAt: number;

  /** @param schema the best one for the frames if omitted */
  constructor(kind: FrameKind, schema: FrameSchemaName = schemaOf(kind)) {
    this.schema = schema;
    // The timestamp is the first field of both messages and has the same encoding.
    const timestamp = new ProtobufWriter().patchableVarint(TIMESTAMP_FIELD.seconds, PATCHABLE_VARINT64_BYTES);
    const secondsEnd = timestamp.length;
    timestamp.patchableVarint(TIMESTAMP_FIELD.nanos, PATCHABLE_VARINT32_BYTES);
    const message = new ProtobufWriter().message(FRAME_FIELD.timestamp, timestamp);
    const timestampAt = message.length - timestamp.length;
    this.#secondsAt = timestampAt + secondsEnd - PATCHABLE_VARINT64_BYTES;
    this.#nanosAt = message.length - PATCHABLE_VARINT32_BYTES;
    if (schema === "foxglove.RawImage") writeImage(message, kind);
    else writeFrame(message, kind);
    const info = new ProtobufWriter().fixed64(INFO_FIELD.seq, 0n);
    const seqEnd = info.length;
    info.fixed64(INFO_FIELD.epoch, kind.epoch).fixed64(INFO_FIELD.timestampNs, 0n);
    const timestampEnd = info.length;
    info
      .fixed32(INFO_FIELD.streamId, kind.streamId)
      .fixed32(INFO_FIELD.metaVersion, kind.metaVersion)
      .text(INFO_FIELD.clock, kind.clock);
    message.message(schema === "foxglove.RawImage" ? IMAGE_FIELD.info : FRAME_FIELD.info, info);
    const infoAt = message.length - info.length;
    this.#seqAt = infoAt + seqEnd - 8;
    this.#timestampAt = infoAt + timestampEnd - 8;
    message.lengthHead(schema === "foxglove.RawImage" ? IMAGE_FIELD.data : FRAME_FIELD.data, kind.byteLength);
    this.#template = message.finish();
    this.prefixBytes = this.#template.length;
  }

  /** Writes everything before the values of one frame to `target`. Does not allocate. */
  writePrefix(target: Uint8Array, at: number, stamp: FrameStamp): void {
    target.set(this.#template, at);
    patchVarint(target, at + this.#secondsAt, PATCHABLE_VARINT64_BYTES, stamp.seconds);
    patchVarint(target, at + this.#nanosAt, PATCHABLE_VARINT32_BYTES, stamp.nanos);
    const seqHigh = Math.floor(stamp.seq / 0x1_0000_0000);
    putWord(target, at + this.#seqAt, stamp.seq - seqHigh * 0x1_0000_0000);
    putWord(target, at + this.#seqAt + 4, seqHigh);
    putWord(target, at + this.#timestampAt, stamp.timestampLow);
    putWord(target, at + this.#timestampAt + 4, stamp.timestampHigh);
  }
}

/** `foxglove.RawImage` if viewers can show the frames as an image, otherwise `tensorpool.Frame`. */
export function schemaOf(kind: FrameKind): FrameSchemaName {
  return imageEncodingOf(kind) === null ? "tensorpool.Frame" : "foxglove.RawImage";
}

/** Pixel formats by dtype and number of channels. */
const ENCODINGS: Readonly<Record<string, string>> = {
  uint8: "mono8",
  uint16: "mono16",
  float32: "32FC1",
  uint8x3: "rgb8",
  uint8x4: "rgba8",
};

/** The image's pixel format; null if viewers know no such image. */
function imageEncodingOf({ dtype, dims, strides, majorOrder, byteLength }: FrameKind): string | null {
  const [height = 0, width = 0, channels] = dims;
  if (dims.length < 2 || dims.length > 3 || height === 0 || width === 0 || majorOrder !== "row") return null;
  if (byteLength !== contiguousByteLength(dtype, dims) || !isContiguous(dtype, dims, strides)) return null;
  return ENCODINGS[channels === undefined ? dtype : `${dtype}x${channels}`] ?? null;
}

function isContiguous(dtype: Dtype, dims: readonly number[], strides: readonly number[]): boolean {
  let step = DTYPES[dtype].bits / 8;
  for (let i = dims.length - 1; i >= 0; i--) {
    const stride = strides[i] ?? 0;
    if ((dims[i] as number) > 1 && stride !== 0 && stride !== step) return false;
    step *= dims[i] as number;
  }
  return true;
}

function writeImage(message: ProtobufWriter, kind: FrameKind): void {
  const [height = 0, width = 0] = kind.dims;
  message
    .text(IMAGE_FIELD.frameId, kind.name)
    .fixed32(IMAGE_FIELD.width, width)
    .fixed32(IMAGE_FIELD.height, height)
    .text(IMAGE_FIELD.encoding, imageEncodingOf(kind) ?? "")
    .fixed32(IMAGE_FIELD.step, kind.byteLength / height);
}

function writeFrame(message: ProtobufWriter, kind: FrameKind): void {
  message
    .text(FRAME_FIELD.frameId, kind.name)
    .text(FRAME_FIELD.dtype, TYPESTR_OF_DTYPE[kind.dtype])
    .packedFixed64(FRAME_FIELD.shape, kind.dims)
    .packedFixed64(FRAME_FIELD.strides, explicitStrides(kind))
    .text(FRAME_FIELD.order, kind.majorOrder === "row" ? "C" : "F");
}

/** The strides for readers: none for contiguous values, otherwise explicit ones in place of 0. */
function explicitStrides({ dtype, dims, strides, majorOrder }: FrameKind): readonly number[] {
  if (strides.every((stride) => stride === 0)) return [];
  const explicit = [...strides];
  let step = DTYPES[dtype].bits / 8;
  for (let k = 0; k < dims.length; k++) {
    const i = majorOrder === "row" ? dims.length - 1 - k : k;
    if (explicit[i] === 0) explicit[i] = step;
    step = (explicit[i] as number) * (dims[i] as number);
  }
  return explicit;
}

function putWord(target: Uint8Array, at: number, word: number): void {
  target[at] = word;
  target[at + 1] = word >>> 8;
  target[at + 2] = word >>> 16;
  target[at + 3] = word >>> 24;
}
