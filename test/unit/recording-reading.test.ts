import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Recording } from "../../src/recording/recording.ts";
import { RecordingError } from "../../src/recording/recording-error.ts";
import { type FileOptions, framePattern, START_NS, TestFile, writeFrames } from "../support/mcap-file.ts";
import { TestFolder } from "../support/test-folder.ts";

const folder = new TestFolder();
afterAll(() => folder.remove());
const newPath = (): string => join(folder.path, `${crypto.randomUUID()}.mcap`);
const FRAME_BYTES = 48;

const KINDS: readonly [name: string, options: FileOptions][] = [
  ["with chunks and a summary", {}],
  ["with chunks packed by zstd", { chunks: "zstd" }],
  ["without chunks", { chunks: "none" }],
  ["without a summary", { hasSummary: false }],
  ["without indexes", { hasSummary: false, hasMessageIndex: false }],
];

describe.each(KINDS)("a file %s", (_name, options) => {
  test("gives every frame in order, as it was", async () => {
    const path = newPath();
    await writeFrames(path, 100, options);
    using recording = Recording.open(path);
    expect(recording.cut).toBeNull();
    expect(recording.streams.map(({ streamId, name, topics }) => [streamId, name, topics])).toEqual([
      [7, "camera", ["/camera/image"]],
    ]);
    let seq = 0;
    for (const frame of recording.frames(7)) {
      expect(frame).toMatchObject({
        seq,
        epoch: 1n,
        dtype: "uint16",
        dims: [4, 6],
        majorOrder: "row",
        clock: "monotonic",
      });
      expect([frame.timestampNs, frame.logTimeNs]).toEqual<unknown>([
        BigInt(seq) * 1_000_000n,
        START_NS + BigInt(seq) * 1_000_000n,
      ]);
      expect(new Uint8Array(frame.bytes)).toEqual(framePattern(FRAME_BYTES, seq));
      const copy = new Uint8Array(FRAME_BYTES);
      frame.copyTo(copy);
      expect(copy).toEqual(framePattern(FRAME_BYTES, seq));
      seq++;
    }
    expect(seq).toBe(100);
  });

  test("gives frames by number and by time, in any order", async () => {
    const path = newPath();
    await writeFrames(path, 100, options);
    using recording = Recording.open(path);
    for (const seq of [99, 0, 55, 54]) {
      const frame = recording.frameBySeq("camera", seq);
      expect(new Uint8Array(frame?.bytes ?? [])).toEqual(framePattern(FRAME_BYTES, seq));
    }
    expect(recording.frameBySeq(7, 100)).toBeNull();
    const at = (ms: number): number | undefined => recording.frameAt("/camera/image", START_NS + BigInt(ms * 1e6))?.seq;
    expect([at(20.5), at(20), at(99), at(1000), at(0), at(-1)]).toEqual([20, 20, 99, 99, 0, undefined]);
    const from = { from: START_NS + 20_500_000n, to: START_NS + 23_000_000n };
    expect([...recording.frames(7, from)].map(({ seq }) => seq)).toEqual([21, 22]);
    expect([...recording.frames(7, { from: { seq: 97 } })].map(({ seq }) => seq)).toEqual([97, 98, 99]);
    expect([...recording.frames(7, { to: { seq: 1 } })].map(({ seq }) => seq)).toEqual([0, 1]);
  });

  test("is read up to its last complete frame when it was cut anywhere", async () => {
    const path = newPath();
    await writeFrames(path, 30, options);
    const whole = readFileSync(path);
    let fewest = 30;
    for (let length = whole.length - 1; length > 60; length -= 97) {
      writeFileSync(path, whole.subarray(0, length));
      using recording = Recording.open(path);
      const seqs = recording.streams.length === 0 ? [] : [...recording.frames(7)].map(({ seq }) => seq);
      expect(seqs).toEqual(seqs.map((_, i) => i));
      expect(seqs.length).toBeLessThanOrEqual(fewest);
      expect(recording.cut).not.toBeNull();
      fewest = seqs.length;
    }
    expect(fewest).toBeLessThan(10);
  });
});

describe("a view of a frame", () => {
  test("is the file's own bytes where they are not packed, and reads as zeros after close", async () => {
    const path = newPath();
    await writeFrames(path, 3);
    const recording = Recording.open(path);
    const frame = recording.frameBySeq(7, 2);
    expect(frame?.isView).toBe(true);
    const bytes = frame?.bytes as Uint8Array;
    expect(readFileSync(path).subarray(frame?.fileOffset, (frame?.fileOffset ?? 0) + FRAME_BYTES)).toEqual(
      Buffer.from(bytes),
    );
    recording.close();
    expect(bytes).toEqual(new Uint8Array(FRAME_BYTES));
    expect(() => [...recording.frames(7)]).toThrow("was closed: open it again");
  });
});

describe("several streams, epochs and shapes", () => {
  test("are distinguished", async () => {
    const path = newPath();
    const file = await TestFile.create(path);
    for (const epoch of [3n, 4n]) {
      for (let seq = 0; seq < 5; seq++) {
        const logTimeNs = START_NS + epoch * 1_000_000_000n + BigInt(seq);
        const bytes = framePattern(24, seq);
        await file.frame({ dtype: "float32", dims: [2, 3], bytes, seq, epoch, streamId: 1, name: "left", logTimeNs });
        await file.frame({ dtype: "int8", dims: [24], bytes, seq, epoch, streamId: 2, name: "right", logTimeNs });
      }
    }
    await file.end();
    using recording = Recording.open(path);
    expect(recording.streams.map(({ streamId, name, epochs }) => ({ streamId, name, epochs }))).toEqual([
      { streamId: 1, name: "left", epochs: [3n, 4n] },
      { streamId: 2, name: "right", epochs: [3n, 4n] },
    ]);
    expect([...recording.frames("left")].map(({ epoch, seq }) => `${epoch}:${seq}`)).toEqual([
      "3:0",
      "3:1",
      "3:2",
      "3:3",
      "3:4",
      "4:0",
      "4:1",
      "4:2",
      "4:3",
      "4:4",
    ]);
    expect(recording.frameBySeq(2, 3, 4n)).toMatchObject({ epoch: 4n, seq: 3, dtype: "int8", dims: [24] });
    expect(() => recording.stream("middle")).toThrow(`${path} has no stream middle: it has 1 "left", 2 "right"`);
  });

  test("chunks that overlap in time give their messages in the order of time", async () => {
    const path = newPath();
    const file = await TestFile.create(path, { chunkBytes: 400 });
    const times = [5, 1, 9, 3, 2, 8, 7, 4, 6, 0];
    for (const [seq, time] of times.entries()) {
      await file.frame({
        dtype: "uint8",
        dims: [16],
        bytes: framePattern(16, seq),
        seq,
        logTimeNs: START_NS + BigInt(time),
      });
    }
    await file.end();
    using recording = Recording.open(path);
    expect([...recording.frames(7)].map(({ logTimeNs }) => Number(logTimeNs - START_NS))).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
  });

  test("keeps strides, column-major order, bits and scalars", async () => {
    const path = newPath();
    const file = await TestFile.create(path);
    const shapes = [
      { dtype: "uint16", dims: [2, 3], strides: [16, 2], byteLength: 22 },
      { dtype: "float64", dims: [3, 2], majorOrder: "column", byteLength: 48 },
      { dtype: "bit", dims: [3, 3], byteLength: 2 },
      { dtype: "bytes", dims: [5], byteLength: 5 },
      { dtype: "int64", dims: [], byteLength: 8 },
      { dtype: "uint8", dims: [0, 4], byteLength: 0 },
    ] as const;
    for (const [seq, { byteLength, ...shape }] of shapes.entries()) {
      await file.frame({ ...shape, bytes: framePattern(byteLength, seq), seq });
    }
    await file.end();
    using recording = Recording.open(path);
    const frames = [...recording.frames(7)];
    expect(
      frames.map(({ dtype, dims, strides, majorOrder, byteLength }) => ({
        dtype,
        dims,
        strides,
        majorOrder,
        byteLength,
      })),
    ).toEqual(
      shapes.map((shape) => ({ strides: undefined, majorOrder: "row", ...shape, dims: [...shape.dims] }) as never),
    );
    for (const frame of frames) expect(new Uint8Array(frame.bytes)).toEqual(framePattern(frame.byteLength, frame.seq));
  });
});

describe("what is no recording", () => {
  const open = (bytes: Uint8Array | string): unknown => {
    const path = newPath();
    writeFileSync(path, bytes);
    try {
      Recording.open(path).close();
      return null;
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error;
      return `${error.code}: ${error.message.replace(path, "FILE")}`;
    }
  };

  test("is refused with the reason", async () => {
    expect(open("")).toBe("not-a-recording: FILE is empty: nothing was recorded");
    expect(open("hello, world")).toBe('not-a-recording: FILE is no MCAP file: it begins with "hello, w"');
    expect(open("#ROSBAG V2.0\n")).toContain("(a ROS 1 bag: convert it with");
    const path = newPath();
    await writeFrames(path, 3);
    const whole = readFileSync(path);
    expect(open(whole.subarray(0, 5))).toContain("FILE has no data: behind the first 8 bytes it ends there");
    expect(open(whole.subarray(0, 12))).toContain("the header is not complete");
    expect(() => Recording.open(newPath())).toThrow("there is no file");
  });

  test("a length of 5 GB in a record allocates nothing", async () => {
    const path = newPath();
    await writeFrames(path, 10, { chunks: "none", hasSummary: false });
    const size = statSync(path).size;
    truncateSync(path, size - 60);
    const bytes = readFileSync(path);
    const head = Buffer.alloc(9);
    head[0] = 0x03;
    head.writeBigUInt64LE(5_000_000_000n, 1);
    writeFileSync(path, Buffer.concat([bytes, head, Buffer.alloc(100)]));
    using recording = Recording.open(path);
    expect(recording.cut?.because).toContain("not complete");
    expect([...recording.frames(7)].length).toBeGreaterThan(5);
  });

  test("a compression that is not read is named, with the way out", async () => {
    const path = newPath();
    await writeFrames(path, 3, { chunks: "zstd", hasSummary: false });
    const bytes = readFileSync(path);
    bytes.write("lz9?", bytes.indexOf("zstd"));
    writeFileSync(path, bytes);
    expect(() => Recording.open(path)).toThrow(
      `is compressed with lz9?, which is not supported; convert it with the MCAP command line: mcap decompress ${path}`,
    );
  });
});
