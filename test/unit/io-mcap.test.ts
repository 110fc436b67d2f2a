import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { openSource, parseSource } from "../../src/io/index.ts";
import type { Source } from "../../src/io/types.ts";
import { framePattern, START_NS, TestFile, writeFrames } from "../support/mcap-file.ts";
import { TestFolder } from "../support/test-folder.ts";

const folder = new TestFolder();
afterAll(() => folder.remove());
const newPath = (): string => join(folder.path, `${crypto.randomUUID()}.mcap`);

interface Taken {
  readonly atMs: number;
  readonly byte: number;
}

/** Takes frames as a producer would, in a time of its own: a millisecond a look. */
function take(source: Source, looks: number, most = Number.POSITIVE_INFINITY): Taken[] {
  const taken: Taken[] = [];
  for (let ms = 0; ms < looks && taken.length < most; ms++) {
    for (;;) {
      const state = source.poll(1e9 + ms * 1e6);
      if (state === "end") return taken;
      if (state === "idle") break;
      const target = new Uint8Array(source.layout.byteLength);
      while (source.fill(target, 0) === "more");
      taken.push({ atMs: ms, byte: target[0] as number });
      if (taken.length === most) break;
    }
  }
  return taken;
}

const byteOf = (seq: number): number => framePattern(1, seq)[0] as number;
const atMs = (taken: readonly Taken[]): number[] => taken.map((each) => each.atMs);

describe("mcap:", () => {
  test("gives frames when their time has come, with what they were", async () => {
    const path = newPath();
    await writeFrames(path, 5, { timestampNs: 123n });
    const source = await openSource(`mcap:${path}`);
    expect(source).toMatchObject({
      live: false,
      maxByteLength: 48,
      nativeRateHz: null,
      dataSource: { name: "camera" },
    });
    expect(source.layout).toMatchObject({
      dtype: "uint16",
      dims: [4, 6],
      majorOrder: "row",
      byteLength: 48,
      timestampNs: 123n,
    });
    const taken = take(source, 100);
    expect(atMs(taken)).toEqual([0, 1, 2, 3, 4]);
    expect(taken.map(({ byte }) => byte)).toEqual([0, 1, 2, 3, 4].map(byteOf));
    source.close();
  });

  test.each([
    ["speed=0.5", [0, 2, 4, 6, 8]],
    ["speed=2", [0, 1, 1, 2, 2]],
    ["speed=max", [0, 0, 0, 0, 0]],
    ["from=2ms", [0, 1, 2]],
    ["from=#3", [0, 1]],
    ["to=#1", [0, 1]],
    ["from=2023-11-14T22:13:20.001Z,to=2ms", [0, 1]],
    ["from=#1,to=#1", [0]],
  ])("%s", async (options, expected) => {
    const path = newPath();
    await writeFrames(path, 5);
    const source = await openSource(`mcap:${path},${options}`);
    expect(atMs(take(source, 100))).toEqual(expected);
    source.close();
  });

  test("begins again at its end, a frame's time after the last, with loop=yes", async () => {
    const path = newPath();
    await writeFrames(path, 3);
    const source = await openSource(`mcap:${path},loop=yes`);
    const taken = take(source, 100, 7);
    expect(atMs(taken)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(taken.map(({ byte }) => byte)).toEqual([0, 1, 2, 0, 1, 2, 0].map(byteOf));
    source.close();
  });

  test("takes the parts of a folder one after the other", async () => {
    const parts = new TestFolder();
    try {
      for (const part of [2, 0, 1]) {
        const file = await TestFile.create(join(parts.path, `x-${2 - part}.mcap`));
        for (let i = 0; i < 3; i++) {
          const seq = part * 3 + i;
          await file.frame({ dtype: "uint8", dims: [4], seq, bytes: framePattern(4, seq) });
        }
        await file.end();
      }
      const source = await openSource(`mcap:${parts.path}`);
      const taken = take(source, 100);
      expect(atMs(taken)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
      expect(taken.map(({ byte }) => byte)).toEqual(Array.from({ length: 9 }, (_, seq) => byteOf(seq)));
      source.close();
    } finally {
      parts.remove();
    }
  });

  test("stamps frames again with stamp=now", async () => {
    const path = newPath();
    await writeFrames(path, 1);
    const source = await openSource(`mcap:${path},stamp=now`);
    expect(source.layout).toMatchObject({ timestampNs: undefined });
    source.close();
  });

  test("says what a recording of several streams has", async () => {
    const path = newPath();
    const file = await TestFile.create(path);
    for (const streamId of [1, 2]) {
      await file.frame({
        dtype: "uint8",
        dims: [4],
        seq: 0,
        bytes: framePattern(4, streamId),
        streamId,
        name: `eye-${streamId}`,
      });
    }
    await file.end();
    expect(openSource(`mcap:${path}`)).rejects.toThrow(
      `has several streams (1 "eye-1", 2 "eye-2"): say which with stream=, or replay all with \`tensorpool replay\``,
    );
    const source = await openSource(`mcap:${path},stream=eye-2`);
    expect(take(source, 1).map(({ byte }) => byte)).toEqual([byteOf(2)]);
    source.close();
    expect(openSource(`mcap:${path},stream=3`)).rejects.toThrow('has no stream 3: it has 1 "eye-1", 2 "eye-2"');
  });

  test("gives another list of attributes only when they change", async () => {
    const path = newPath();
    const file = await TestFile.create(path);
    for (const [i, encoding] of ["mono8", "mono8", "8UC1"].entries()) {
      const data = rawImage(encoding, 2, 2);
      const logTimeNs = START_NS + BigInt(i);
      await file.message({
        topic: "/eye",
        schemaName: "foxglove.RawImage",
        schemaEncoding: "protobuf",
        messageEncoding: "protobuf",
        data,
        logTimeNs,
      });
    }
    await file.end();
    const source = await openSource(`mcap:${path},speed=max`);
    const lists = [];
    while (source.poll(1e9) !== "end") {
      lists.push(source.attributes);
      source.skip(0);
    }
    expect(lists[1]).toBe(lists[0] as never);
    expect(lists[2]).not.toBe(lists[0] as never);
    expect(lists[2]?.map(({ key }) => key)).toEqual(["image.encoding", "tensorpool.timestamp_clock"]);
    source.close();
  });
});

test.each([
  ["mcap:", 'expected mcap:FILE, found "mcap:" without a path'],
  ["mcap:a,speed=0", 'mcap: speed: expected max, or a number from 0.001 to 1000, found "0"'],
  ["mcap:a,from=yesterday", "mcap: from: expected a time from the beginning such as 10s"],
  ["mcap:a,loop=maybe", 'loop: expected yes or no, found "maybe"'],
  ["mcap:a,lop=yes", "expected key=value with one of the keys stream, from"],
])("%s is refused", (spec, message) => {
  expect(() => parseSource(spec)).toThrow(message);
});

function rawImage(encoding: string, width: number, height: number): Uint8Array {
  const text = new TextEncoder().encode(encoding);
  const fixed = (value: number): number[] => [value, 0, 0, 0];
  return Uint8Array.from([
    ...[0x15, ...fixed(width), 0x1d, ...fixed(height)],
    ...[0x22, text.length, ...text, 0x2d, ...fixed(width)],
    ...[0x32, width * height, ...new Uint8Array(width * height)],
  ]);
}
