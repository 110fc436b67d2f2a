import { quoted } from "../core/text.ts";
import type { Dtype } from "../protocol/dtype.ts";
import type { ByteWindow } from "./byte-window.ts";
import { CdrImageDecoder, Ros1ImageDecoder } from "./cdr-image.ts";
import type { DecodedFrame } from "./decoded-frame.ts";
import { TYPESTR_OF_DTYPE } from "./frame-message.ts";
import { ProtobufReader, WireType } from "./protobuf-reader.ts";
import { RecordingError } from "./recording-error.ts";
import type { ChannelRecord, SchemaRecord } from "./records.ts";
import { FRAME_FIELD, IMAGE_FIELD, INFO_FIELD, TIMESTAMP_FIELD } from "./schemas.ts";
import { TextField } from "./text-field.ts";

/** Reads a message's description of its frame, and the place of the values. */
export interface FrameDecoder {
  /** @throws RecordingError */
  decode(window: ByteWindow, at: number, byteLength: number, into: DecodedFrame): void;
}

/** The decoder for a channel's messages; null if they are not frames. */
export function decoderFor(channel: ChannelRecord, schema: SchemaRecord | undefined): FrameDecoder | null {
  const name = schema?.name ?? "";
  switch (`${channel.messageEncoding} ${name}`) {
    case "protobuf tensorpool.Frame":
      return new ArrayDecoder();
    case "protobuf foxglove.RawImage":
      return new RawImageDecoder();
    case "cdr sensor_msgs/msg/Image":
    case "cdr sensor_msgs/Image":
      return new CdrImageDecoder();
    case "ros1 sensor_msgs/Image":
      return new Ros1ImageDecoder();
    default:
      return null;
  }
}

const DTYPE_OF_TYPESTR = new Map<string, Dtype>([
  ...Object.entries(TYPESTR_OF_DTYPE).map(([dtype, typestr]) => [typestr, dtype as Dtype] as const),
  ["<u1", "uint8"],
  ["<i1", "int8"],
  ["|?", "bool"],
]);

/** Fields that both messages have. */
class CommonFields {
  readonly reader = new ProtobufReader();
  readonly #inner = new ProtobufReader();
  readonly #clock = new TextField();
  readonly frameId = new TextField();

  begin(window: ByteWindow, at: number, byteLength: number, into: DecodedFrame): void {
    this.reader.begin(window, at, byteLength);
    into.byteLength = 0;
    into.dataAt = at + byteLength;
    into.seq = 0;
    into.epoch = 0n;
    into.metaVersion = 0;
    into.timestampNs = 0n;
  }

  /** A google.protobuf.Timestamp as nanoseconds since 1970. */
  timestamp(window: ByteWindow): bigint {
    const inner = this.#inner;
    inner.begin(window, this.reader.at, this.reader.value);
    let seconds = 0;
    let nanos = 0;
    while (inner.next()) {
      if (inner.wireType !== WireType.VARINT) continue;
      if (inner.field === TIMESTAMP_FIELD.seconds) seconds = inner.value;
      else if (inner.field === TIMESTAMP_FIELD.nanos) nanos = inner.low;
    }
    // Before 1970 or out of range: the frame itself is still valid.
    if (seconds > 0xffff_ffff_ffff) return 0n;
    return BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
  }

  info(window: ByteWindow, into: DecodedFrame): void {
    const inner = this.#inner;
    inner.begin(window, this.reader.at, this.reader.value);
    while (inner.next()) {
      switch (inner.field) {
        case INFO_FIELD.seq:
          into.seq = inner.value;
          break;
        case INFO_FIELD.epoch:
          into.epoch = (BigInt(inner.high) << 32n) | BigInt(inner.low);
          break;
        case INFO_FIELD.timestampNs:
          into.timestampNs = (BigInt(inner.high) << 32n) | BigInt(inner.low);
          break;
        case INFO_FIELD.streamId:
          into.streamId = inner.value;
          break;
        case INFO_FIELD.metaVersion:
          into.metaVersion = inner.value;
          break;
        case INFO_FIELD.clock:
          into.clock = this.#clock.read(window, inner.at, inner.value);
      }
    }
  }
}

/** `tensorpool.Frame`. */
class ArrayDecoder implements FrameDecoder {
  readonly #common = new CommonFields();
  readonly #dtype = new TextField();
  readonly #order = new TextField();
  readonly #dims: number[] = [];
  readonly #strides: number[] = [];

  decode(window: ByteWindow, at: number, byteLength: number, into: DecodedFrame): void {
    const common = this.#common;
    const { reader } = common;
    common.begin(window, at, byteLength, into);
    this.#dims.length = 0;
    this.#strides.length = 0;
    let typestr = "";
    let order = "";
    while (reader.next()) {
      switch (reader.field) {
        case FRAME_FIELD.frameId:
          into.frameId = common.frameId.read(window, reader.at, reader.value);
          break;
        case FRAME_FIELD.dtype:
          typestr = this.#dtype.read(window, reader.at, reader.value);
          break;
        case FRAME_FIELD.shape:
          readNumbers(window, reader, this.#dims);
          break;
        case FRAME_FIELD.strides:
          readNumbers(window, reader, this.#strides);
          break;
        case FRAME_FIELD.order:
          order = this.#order.read(window, reader.at, reader.value);
          break;
        case FRAME_FIELD.info:
          common.info(window, into);
          break;
        case FRAME_FIELD.data:
          into.dataAt = reader.at;
          into.byteLength = reader.value;
      }
    }
    const where = `${window.name}: the frame at byte ${at}`;
    const dtype = DTYPE_OF_TYPESTR.get(typestr);
    if (dtype === undefined) {
      throw new RecordingError(
        "unsupported",
        `${where} has elements of ${quoted(typestr, 40)}, which the wire protocol does not have`,
      );
    }
    into.setArray(where, dtype, this.#dims, this.#strides, order === "F" ? "column" : "row");
  }
}

/** `foxglove.RawImage`, with a field of ours or without. */
class RawImageDecoder implements FrameDecoder {
  readonly #common = new CommonFields();
  readonly #encoding = new TextField();

  decode(window: ByteWindow, at: number, byteLength: number, into: DecodedFrame): void {
    const common = this.#common;
    const { reader } = common;
    common.begin(window, at, byteLength, into);
    let [width, height, step] = [0, 0, 0];
    let encoding = "";
    let hasInfo = false;
    let stampNs = 0n;
    while (reader.next()) {
      switch (reader.field) {
        case IMAGE_FIELD.timestamp:
          stampNs = common.timestamp(window);
          break;
        case IMAGE_FIELD.width:
          width = reader.value;
          break;
        case IMAGE_FIELD.height:
          height = reader.value;
          break;
        case IMAGE_FIELD.encoding:
          encoding = this.#encoding.read(window, reader.at, reader.value);
          break;
        case IMAGE_FIELD.step:
          step = reader.value;
          break;
        case IMAGE_FIELD.data:
          into.dataAt = reader.at;
          into.byteLength = reader.value;
          break;
        case IMAGE_FIELD.frameId:
          into.frameId = common.frameId.read(window, reader.at, reader.value);
          break;
        case IMAGE_FIELD.info:
          hasInfo = true;
          common.info(window, into);
      }
    }
    if (!hasInfo) {
      into.timestampNs = stampNs;
      into.clock = "realtime";
    }
    into.setImage(`${window.name}: the frame at byte ${at}`, encoding, width, height, step, false);
  }
}

/** Repeated fixed64, packed or unpacked. */
function readNumbers(window: ByteWindow, reader: ProtobufReader, into: number[]): void {
  if (reader.wireType !== WireType.LENGTH_DELIMITED) {
    into.push(reader.value);
    return;
  }
  if (reader.value % 8 !== 0 || reader.value > MAX_NUMBERS * 8) {
    throw new RecordingError("damaged", `${window.name}: the dims at byte ${reader.at} take ${reader.value} bytes`);
  }
  const from = window.load(reader.at, reader.value);
  for (let i = 0; i < reader.value; i += 8) {
    into.push(window.view.getUint32(from + i, true) + window.view.getUint32(from + i + 4, true) * 0x1_0000_0000);
  }
}

const MAX_NUMBERS = 64;
