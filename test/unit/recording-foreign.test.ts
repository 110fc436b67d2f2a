import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FileWindow } from "../../src/recording/byte-window.ts";
import { Opcode } from "../../src/recording/layout.ts";
import { ProtobufWriter } from "../../src/recording/protobuf.ts";
import { RecordWalk } from "../../src/recording/record-walk.ts";
import { Recording } from "../../src/recording/recording.ts";
import { readFooter } from "../../src/recording/summary-reader.ts";
import { verifyRecording } from "../../src/recording/verify.ts";
import { framePattern, START_NS, TestFile, writeFrames } from "../support/mcap-file.ts";
import { TestFolder } from "../support/test-folder.ts";

const folder = new TestFolder();
afterAll(() => folder.remove());
const newPath = (): string => join(folder.path, `${crypto.randomUUID()}.mcap`);

interface Image {
  readonly encoding: string;
  readonly width: number;
  readonly height: number;
  readonly step: number;
  readonly data: Uint8Array;
}

/** As Foxglove's own classes write it: fields by their numbers. */
function rawImage({ encoding, width, height, step, data }: Image): Uint8Array {
  const timestamp = new ProtobufWriter().varint(1, 1_700_000_000).varint(2, 42);
  return new ProtobufWriter()
    .message(1, timestamp)
    .fixed32(2, width)
    .fixed32(3, height)
    .text(4, encoding)
    .fixed32(5, step)
    .bytes(6, data)
    .text(7, "lens")
    .finish();
}

function rosImage(
  { encoding, width, height, step, data }: Image,
  kind: "cdr" | "cdr-big" | "ros1",
  isBigEndian = 0,
): Uint8Array {
  const little = kind !== "cdr-big";
  const out: number[] = [];
  const align = (): void => {
    while (kind !== "ros1" && out.length % 4 !== 0) out.push(0);
  };
  const u32 = (value: number): void => {
    align();
    const bytes = [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24];
    out.push(...(little ? bytes : bytes.reverse()));
  };
  const text = (value: string): void => {
    u32(value.length + (kind === "ros1" ? 0 : 1));
    out.push(...new TextEncoder().encode(value));
    if (kind !== "ros1") out.push(0);
  };
  if (kind === "ros1") u32(5);
  u32(1_700_000_000);
  u32(42);
  text("lens");
  u32(height);
  u32(width);
  text(encoding);
  out.push(isBigEndian);
  u32(step);
  u32(data.length);
  out.push(...data);
  const head = kind === "ros1" ? [] : [0, little ? 1 : 0, 0, 0];
  return Uint8Array.from([...head, ...out]);
}

const KINDS = {
  "foxglove.RawImage": ["foxglove.RawImage", "protobuf", "protobuf", rawImage],
  "sensor_msgs/msg/Image in cdr": ["sensor_msgs/msg/Image", "ros2msg", "cdr", (image: Image) => rosImage(image, "cdr")],
  "sensor_msgs/msg/Image in big-endian cdr": [
    "sensor_msgs/msg/Image",
    "ros2msg",
    "cdr",
    (image: Image) => rosImage(image, "cdr-big"),
  ],
  "sensor_msgs/Image of ROS 1": ["sensor_msgs/Image", "ros1msg", "ros1", (image: Image) => rosImage(image, "ros1")],
} as const;

async function fileOf(kind: keyof typeof KINDS, images: readonly Image[]): Promise<Recording> {
  const [schemaName, schemaEncoding, messageEncoding, encode] = KINDS[kind];
  const path = newPath();
  const file = await TestFile.create(path);
  for (const [i, image] of images.entries()) {
    const logTimeNs = START_NS + BigInt(i);
    await file.message({
      topic: "/camera",
      schemaName,
      schemaEncoding,
      messageEncoding,
      data: encode(image),
      logTimeNs,
      sequence: i,
    });
  }
  await file.message({
    topic: "/imu",
    schemaName: "sensor_msgs/msg/Imu",
    schemaEncoding: "ros2msg",
    messageEncoding: "cdr",
    data: new Uint8Array(8),
    logTimeNs: START_NS,
  });
  await file.end();
  return Recording.open(path);
}

describe.each(Object.keys(KINDS) as (keyof typeof KINDS)[])("%s of another program", (kind) => {
  test("is an array of frames", async () => {
    const data = framePattern(4 * 3 * 3, 1);
    using recording = await fileOf(kind, [
      { encoding: "rgb8", width: 4, height: 3, step: 12, data },
      { encoding: "mono16", width: 6, height: 3, step: 12, data },
      { encoding: "bayer_rggb8", width: 12, height: 3, step: 12, data },
      { encoding: "32FC1", width: 3, height: 3, step: 12, data },
      { encoding: "8UC2", width: 5, height: 3, step: 12, data },
    ]);
    expect(recording.streams.map(({ streamId, name }) => [streamId, name])).toEqual([[null, "/camera"]]);
    const frames = [...recording.frames("/camera")];
    expect(frames.map(({ dtype, dims, strides, encoding }) => ({ dtype, dims, strides, encoding }))).toEqual([
      { dtype: "uint8", dims: [3, 4, 3], strides: undefined, encoding: "rgb8" },
      { dtype: "uint16", dims: [3, 6], strides: undefined, encoding: "mono16" },
      { dtype: "uint8", dims: [3, 12], strides: undefined, encoding: "bayer_rggb8" },
      { dtype: "float32", dims: [3, 3], strides: undefined, encoding: "32FC1" },
      { dtype: "uint8", dims: [3, 5, 2], strides: [12, 2, 1], encoding: "8UC2" },
    ]);
    for (const frame of frames) {
      expect(frame.timestampNs).toBe(1_700_000_000_000_000_042n);
      expect(new Uint8Array(frame.bytes)).toEqual(data);
    }
  });

  test("is refused by name where it is no array, or where its data is too short", async () => {
    using compressed = await fileOf(kind, [
      { encoding: "h264", width: 4, height: 3, step: 0, data: framePattern(36, 1) },
    ]);
    expect(() => [...compressed.frames("/camera")]).toThrow('images in "h264" are not read: expected mono8');
    using short = await fileOf(kind, [{ encoding: "rgb8", width: 4, height: 4, step: 12, data: framePattern(36, 1) }]);
    expect(() => [...short.frames("/camera")]).toThrow("uint8 4x4x3 takes 48 bytes, and the message has 36");
  });
});

test("big-endian pixels are turned round", async () => {
  const path = newPath();
  const file = await TestFile.create(path);
  const image = { encoding: "mono16", width: 2, height: 1, step: 4, data: Uint8Array.of(1, 2, 3, 4) };
  await file.message({
    topic: "/camera",
    schemaName: "sensor_msgs/msg/Image",
    schemaEncoding: "ros2msg",
    messageEncoding: "cdr",
    data: rosImage(image, "cdr", 1),
    logTimeNs: START_NS,
  });
  await file.end();
  using recording = Recording.open(path);
  const [frame] = recording.frames("/camera");
  expect(new Uint8Array(frame?.bytes ?? [])).toEqual(Uint8Array.of(2, 1, 4, 3));
  expect(frame?.isView).toBe(false);
});

test("an index that names the chunks in another order than the file's describes them all the same", async () => {
  const path = newPath();
  await writeFrames(path, 100, {});
  const bytes = readFileSync(path);
  {
    using window = new FileWindow(path);
    const { summaryAt, summaryEnd } = readFooter(window) ?? { summaryAt: 0, summaryEnd: 0 };
    const walk = new RecordWalk(window, summaryAt, summaryEnd);
    const indexes: Buffer[] = [];
    let indexesAt = 0;
    while (walk.next()) {
      if (walk.opcode !== Opcode.CHUNK_INDEX) continue;
      if (indexes.length === 0) indexesAt = walk.offset;
      indexes.push(Buffer.from(bytes.subarray(walk.offset, walk.nextAt)));
    }
    expect(indexes.length).toBeGreaterThan(3);
    Buffer.concat(indexes.reverse()).copy(bytes, indexesAt);
  }
  // The checksum of the summary: 0 is none.
  bytes.fill(0, bytes.length - 12, bytes.length - 8);
  writeFileSync(path, bytes);
  expect(verifyRecording(path).problems).toEqual([]);
  using recording = Recording.open(path);
  expect([...recording.frames(7)].map(({ seq }) => seq)).toEqual(Array.from({ length: 100 }, (_, seq) => seq));
});
