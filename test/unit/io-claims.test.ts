import { describe, expect, test } from "bun:test";
import { CommittedLayout } from "../../src/io/claims/committed-layout.ts";
import { HandedFrames } from "../../src/io/claims/handed-frames.ts";
import { parseSink, parseSource, type SinkStream } from "../../src/io/index.ts";
import { explainShapeFault } from "../../src/protocol/frame-layout.ts";
import type { SlotPlace } from "../../src/protocol/slot-place.ts";

const region = { path: "/nowhere", byteLength: 4096 };
const PLACE: SlotPlace = {
  streamId: 1,
  epoch: 1n,
  nslots: 64,
  poolId: 1,
  strideBytes: 4096,
  headerRing: region,
  pool: region,
};

describe("claims on the command line", () => {
  test("go over standard input and output only, and a source says how large its frames are", () => {
    expect(parseSink("claims:-").usesStdout).toBe(true);
    expect(() => parseSink("claims:file")).toThrow("expected claims:-");
    expect(() => parseSource("claims:-")).toThrow("bytes=N");
    expect(() => parseSource("claims:pipe,bytes=1KiB")).toThrow("expected claims:-");
    expect(() => parseSource("claims:-,bytes=many")).toThrow("many");
    expect(() => parseSource("claims:-,bytes=1KiB", { dtype: "uint8" })).toThrow("dtype: expected only");
    expect(parseSource("claims:-,bytes=1KiB").kind).toBe("claims");
  });
});

describe("frames in a reader's hands", () => {
  test("are given back once, by their token; what is left when the reader has gone was not read", () => {
    const frames = new HandedFrames();
    const tokens = [10, 20, 30].map((bytes, seq) => frames.add(seq, bytes, PLACE));
    const [first = -1, second = -1, third = -1] = tokens;
    expect(frames.seqOf(second)).toBe(1);
    expect(frames.placeOf(second)).toBe(PLACE);
    expect([frames.release(second), frames.release(second), frames.release(4711), frames.release(-1)]).toEqual([
      20, -1, -1, -1,
    ]);
    expect(frames.placeOf(second)).toBeNull();
    const lost: string[] = [];
    const takeBack: SinkStream["takeBack"] = (bytes, cause) => lost.push(`${bytes} ${cause}`);
    frames.takeBackAll({ takeBack });
    expect(lost).toEqual(["10 sinkTooSlow", "30 sinkTooSlow"]);
    expect([frames.count, frames.release(first), frames.release(third)]).toEqual([0, -1, -1]);
  });

  test("that were not handed over after all leave no trace", () => {
    const frames = new HandedFrames();
    const token = frames.add(0, 10, PLACE);
    frames.takeBackLast();
    expect(frames.count).toBe(0);
    expect(frames.add(1, 10, PLACE)).toBe(token);
  });

  test("are no more than a producer that waits for its readers leaves alone, and than the table holds", () => {
    const frames = new HandedFrames();
    expect([4, 5, 64, 2 ** 20].map((nslots) => frames.limitFor(nslots))).toEqual([1, 1, 16, 1024]);
    expect(frames.limitFor(1)).toBe(1);
    for (let seq = 0; seq < 1024; seq++) {
      expect(frames.hasRoom).toBe(true);
      frames.add(seq, 1, PLACE);
    }
    expect(frames.hasRoom).toBe(false);
    expect(() => frames.add(1024, 1, PLACE)).toThrow("1024 frames");
    frames.release(0);
    expect(frames.hasRoom).toBe(true);
  });
});

describe("the layout of a COMMIT record", () => {
  function record(code: number, order: number, dims: readonly number[], strides: readonly number[] = []): Int32Array {
    const words = new Int32Array(22);
    words[3] = (code & 0xffff) | (order << 16) | (dims.length << 24);
    words.set(dims, 6);
    words.set(strides, 14);
    return words;
  }

  test("is read, and stays the same object while the record says the same", () => {
    const layout = new CommittedLayout();
    layout.claim(24, 0);
    layout.read(record(3, 1, [3, 4]), 0);
    const { dtype, dims, majorOrder, strides, byteLength, timestampNs } = layout;
    expect({ dtype, dims, majorOrder, strides, byteLength, timestampNs }).toEqual({
      dtype: "uint16",
      dims: [3, 4],
      majorOrder: "row",
      strides: undefined,
      byteLength: 24,
      timestampNs: undefined,
    });
    layout.read(record(3, 1, [3, 4]), 0);
    expect(layout.dims).toBe(dims);
    const strided = record(3, 2, [3, 4], [2, 8]);
    strided.set([-1, 1], 4);
    layout.read(strided, 0);
    expect([layout.majorOrder, layout.strides, layout.timestampNs]).toEqual(["column", [2, 8], 0x1_ffff_ffffn]);
    expect(explainShapeFault(layout)).toBeNull();
  });

  test("is refused where the protocol does not have it", () => {
    const layout = new CommittedLayout();
    expect(() => layout.read(record(12, 1, [1]), 0)).toThrow("dtype");
    expect(() => layout.read(record(-1, 1, [1]), 0)).toThrow("dtype");
    expect(() => layout.read(record(1, 0, [1]), 0)).toThrow("major order");
    expect(() => layout.read(record(1, 1, [1, 1, 1, 1, 1, 1, 1, 1, 1]), 0)).toThrow("8 dims");
    expect(() => layout.claim(0, -1)).toThrow("2^53");
  });
});
