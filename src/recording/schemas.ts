import { ProtobufWriter } from "./protobuf.ts";

/** Values of FieldDescriptorProto.Type. */
const TYPES = { int64: 3, int32: 5, fixed64: 6, fixed32: 7, string: 9, message: 11, bytes: 12, sfixed64: 16 } as const;
const OPTIONAL = 1;
const REPEATED = 3;

interface Field {
  readonly name: string;
  readonly number: number;
  readonly type: keyof typeof TYPES;
  /** Full name of the message, with a leading dot. */
  readonly of?: string;
  readonly isRepeated?: boolean;
}

interface ProtoFile {
  readonly name: string;
  readonly package: string;
  readonly imports?: readonly string[];
  readonly message: { readonly name: string; readonly fields: readonly Field[] };
}

const TIMESTAMP: ProtoFile = {
  name: "google/protobuf/timestamp.proto",
  package: "google.protobuf",
  message: {
    name: "Timestamp",
    fields: [
      { name: "seconds", number: 1, type: "int64" },
      { name: "nanos", number: 2, type: "int32" },
    ],
  },
};

/** Field numbers, for code that writes or reads the fields' bytes. */
export const INFO_FIELD = { seq: 1, epoch: 2, timestampNs: 3, streamId: 4, metaVersion: 5, clock: 6 } as const;
export const FRAME_FIELD = {
  timestamp: 1,
  frameId: 2,
  dtype: 3,
  shape: 4,
  strides: 5,
  order: 6,
  info: 7,
  data: 15,
} as const;
export const IMAGE_FIELD = {
  timestamp: 1,
  width: 2,
  height: 3,
  encoding: 4,
  step: 5,
  data: 6,
  frameId: 7,
  info: 1000,
} as const;
export const TIMESTAMP_FIELD = { seconds: 1, nanos: 2 } as const;

const FRAME_INFO: ProtoFile = {
  name: "tensorpool/FrameInfo.proto",
  package: "tensorpool",
  message: {
    name: "FrameInfo",
    fields: [
      { name: "seq", number: INFO_FIELD.seq, type: "fixed64" },
      { name: "epoch", number: INFO_FIELD.epoch, type: "fixed64" },
      { name: "timestamp_ns", number: INFO_FIELD.timestampNs, type: "fixed64" },
      { name: "stream_id", number: INFO_FIELD.streamId, type: "fixed32" },
      { name: "meta_version", number: INFO_FIELD.metaVersion, type: "fixed32" },
      { name: "clock", number: INFO_FIELD.clock, type: "string" },
    ],
  },
};

const INFO_TYPE = ".tensorpool.FrameInfo";
const TIMESTAMP_TYPE = ".google.protobuf.Timestamp";

const FRAME: ProtoFile = {
  name: "tensorpool/Frame.proto",
  package: "tensorpool",
  imports: [TIMESTAMP.name, FRAME_INFO.name],
  message: {
    name: "Frame",
    fields: [
      { name: "timestamp", number: FRAME_FIELD.timestamp, type: "message", of: TIMESTAMP_TYPE },
      { name: "frame_id", number: FRAME_FIELD.frameId, type: "string" },
      { name: "dtype", number: FRAME_FIELD.dtype, type: "string" },
      { name: "shape", number: FRAME_FIELD.shape, type: "fixed64", isRepeated: true },
      { name: "strides", number: FRAME_FIELD.strides, type: "sfixed64", isRepeated: true },
      { name: "order", number: FRAME_FIELD.order, type: "string" },
      { name: "info", number: FRAME_FIELD.info, type: "message", of: INFO_TYPE },
      { name: "data", number: FRAME_FIELD.data, type: "bytes" },
    ],
  },
};

/** Foxglove's message with one additional field. */
const RAW_IMAGE: ProtoFile = {
  name: "foxglove/RawImage.proto",
  package: "foxglove",
  imports: [TIMESTAMP.name, FRAME_INFO.name],
  message: {
    name: "RawImage",
    fields: [
      { name: "timestamp", number: IMAGE_FIELD.timestamp, type: "message", of: TIMESTAMP_TYPE },
      { name: "frame_id", number: IMAGE_FIELD.frameId, type: "string" },
      { name: "width", number: IMAGE_FIELD.width, type: "fixed32" },
      { name: "height", number: IMAGE_FIELD.height, type: "fixed32" },
      { name: "encoding", number: IMAGE_FIELD.encoding, type: "string" },
      { name: "step", number: IMAGE_FIELD.step, type: "fixed32" },
      { name: "data", number: IMAGE_FIELD.data, type: "bytes" },
      { name: "tensorpool", number: IMAGE_FIELD.info, type: "message", of: INFO_TYPE },
    ],
  },
};

export type FrameSchemaName = "foxglove.RawImage" | "tensorpool.Frame";

/** The FileDescriptorSets that readers decode frames with; to be sent to viewers unchanged. */
export const FRAME_SCHEMAS: Readonly<Record<FrameSchemaName, Uint8Array>> = {
  "foxglove.RawImage": descriptorSet([TIMESTAMP, FRAME_INFO, RAW_IMAGE]),
  "tensorpool.Frame": descriptorSet([TIMESTAMP, FRAME_INFO, FRAME]),
};

/** Their value of `schema.encoding` and `channel.messageEncoding`. */
export const PROTOBUF = "protobuf";

/** A google.protobuf.FileDescriptorSet; files precede those that import them. */
function descriptorSet(files: readonly ProtoFile[]): Uint8Array {
  const set = new ProtobufWriter();
  for (const { name, package: packageName, imports = [], message } of files) {
    const file = new ProtobufWriter().text(1, name).text(2, packageName);
    for (const imported of imports) file.text(3, imported);
    const type = new ProtobufWriter().text(1, message.name);
    for (const field of message.fields) type.message(2, describe(field));
    set.message(1, file.message(4, type).text(12, "proto3"));
  }
  return set.finish();
}

function describe({ name, number, type, of, isRepeated }: Field): ProtobufWriter {
  const field = new ProtobufWriter()
    .text(1, name)
    .varint(3, number)
    .varint(4, isRepeated === true ? REPEATED : OPTIONAL)
    .varint(5, TYPES[type]);
  return of === undefined ? field : field.text(6, of);
}
