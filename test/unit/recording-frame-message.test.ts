import { describe, expect, test } from "bun:test";
import { McapIndexedReader, McapStreamReader } from "@mcap/core";
import { type FrameKind, FrameMessage, schemaOf } from "../../src/recording/frame-message.ts";
import { CHUNK_PREFIX_BYTES } from "../../src/recording/layout.ts";
import { patchVarint } from "../../src/recording/protobuf.ts";
import { type SampleFrame, sampleFile } from "../support/mcap-sample.ts";

const KIND: FrameKind = {
  name: "camera-1",
  streamId: 7,
  epoch: 0xfeed_0000_0001n,
  metaVersion: 3,
  clock: "monotonic",
  dtype: "uint8",
  dims: [2, 3],
  strides: [0, 0],
  majorOrder: "row",
  byteLength: 6,
};
const STAMP = {
  seq: 2 ** 33 + 5,
  timestampHigh: 0x8000_0001,
  timestampLow: 0xffff_fffe,
  seconds: 1.79e9,
  nanos: 999_999_999,
};

function sample(kind: Partial<FrameKind>, byteLength: number): SampleFrame {
  const values = Uint8Array.from({ length: byteLength }, (_, i) => i * 7);
  return { kind: { ...KIND, ...kind, byteLength }, stamp: STAMP, values };
}

describe("the schema of a frame", () => {
  test.each<[string, Partial<FrameKind>]>([
    ["grey", {}],
    ["16 bits", { dtype: "uint16", byteLength: 12 }],
    ["float", { dtype: "float32", byteLength: 24 }],
    ["rgb", { dims: [2, 3, 3], strides: [0, 0, 0], byteLength: 18 }],
    ["rgba", { dims: [2, 3, 4], strides: [12, 4, 1], byteLength: 24 }],
  ])("%s is an image", (_name, kind) => {
    expect(schemaOf({ ...KIND, ...kind })).toBe("foxglove.RawImage");
  });

  test.each<[string, Partial<FrameKind>]>([
    ["column order", { majorOrder: "column" }],
    ["strides with gaps", { strides: [4, 0], byteLength: 7 }],
    ["values longer than the shape", { byteLength: 8 }],
    ["five channels", { dims: [2, 3, 5], strides: [0, 0, 0], byteLength: 30 }],
    ["a vector", { dims: [6], strides: [0] }],
    ["no pixels", { dims: [0, 3], byteLength: 0 }],
    ["int16", { dtype: "int16", byteLength: 12 }],
    ["bits", { dtype: "bit", byteLength: 1 }],
    ["a scalar", { dims: [], strides: [], byteLength: 1 }],
  ])("%s is a frame", (_name, kind) => {
    expect(schemaOf({ ...KIND, ...kind })).toBe("tensorpool.Frame");
  });
});

describe("the prefix of a frame's message", () => {
  test("has the same length for all frames of a kind, wherever it is written", () => {
    const message = new FrameMessage(KIND);
    const one = new Uint8Array(message.prefixBytes);
    const two = new Uint8Array(message.prefixBytes + 20);
    message.writePrefix(one, 0, STAMP);
    message.writePrefix(two, 11, { ...STAMP, seq: 0, seconds: 0, nanos: 0 });
    message.writePrefix(two, 11, STAMP);
    expect(two.subarray(11, -9)).toEqual(one);
  });

  test("varints of any value have the length that was reserved", () => {
    const target = new Uint8Array(10);
    patchVarint(target, 0, 10, 2 ** 53 - 1);
    let value = 0n;
    for (let i = 9; i >= 0; i--) value = (value << 7n) | BigInt((target[i] as number) & 0x7f);
    expect(value).toBe(2n ** 53n - 1n);
    expect([...target].map((byte) => byte >> 7)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 0]);
  });
});

describe("a file of frames", () => {
  const frames = [
    sample({}, 6),
    sample({ name: "volume", dims: [2, 2, 2], strides: [0, 0, 0], dtype: "int16", majorOrder: "column" }, 16),
    sample({ name: "large", dims: [300, 300], dtype: "uint16" }, 180_000),
  ];
  const file = sampleFile(frames);

  test("is read by its index, without the torn chunk", async () => {
    const reader = await McapIndexedReader.Initialize({
      readable: {
        size: async () => BigInt(file.length),
        read: async (offset, size) => file.slice(Number(offset), Number(offset + size)),
      },
    });
    const topics: string[] = [];
    for await (const message of reader.readMessages()) {
      topics.push(reader.channelsById.get(message.channelId)?.topic ?? "");
      const { values } = frames[message.channelId - 1] as SampleFrame;
      expect(message.data.subarray(-values.length)).toEqual(values);
      expect(message.sequence).toBe(5);
    }
    expect(topics).toEqual(["/camera-1/image", "/volume/frame", "/large/image"]);
    expect(reader.statistics?.messageCount).toBe(3n);
    expect(reader.statistics?.chunkCount).toBe(3);
    expect(reader.chunkIndexes.map(({ chunkStartOffset }) => file[Number(chunkStartOffset)])).toEqual([6, 6, 6]);
  });

  test("is read as a stream, also when it was cut", () => {
    const wholeRecords = readAsStream(file);
    expect(wholeRecords.filter((type) => type === "Message")).toHaveLength(3);
    expect(wholeRecords).toContain("Footer");
    const cut = readAsStream(file.slice(0, file.length - 100_000));
    expect(cut.filter((type) => type === "Message")).toHaveLength(2);
  });

  test("a chunk's head has the length that the layout says", () => {
    const message = new FrameMessage((frames[0] as SampleFrame).kind);
    const at = file.findIndex(
      (byte, i) => byte === 6 && file[i + 1] === CHUNK_PREFIX_BYTES - 9 + 31 + message.prefixBytes + 6,
    );
    expect(at).toBeGreaterThan(0);
  });
});

function readAsStream(bytes: Uint8Array): string[] {
  const reader = new McapStreamReader();
  reader.append(bytes);
  const types: string[] = [];
  for (let record = reader.nextRecord(); record !== undefined; record = reader.nextRecord()) types.push(record.type);
  return types;
}
