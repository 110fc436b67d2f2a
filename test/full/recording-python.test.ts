import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { contiguousByteLength, DTYPE_NAMES, type Dtype } from "../../src/protocol/dtype.ts";
import type { FrameKind } from "../../src/recording/frame-message.ts";
import { McapPython } from "../support/mcap-python.ts";
import { type SampleFrame, sampleFile } from "../support/mcap-sample.ts";
import { TestFolder } from "../support/test-folder.ts";

const STAMP = {
  seq: 2 ** 33 + 5,
  timestampHigh: 0x8000_0001,
  timestampLow: 0xffff_fffe,
  seconds: 1.79e9,
  nanos: 999_999_999,
};

function frameOf(dtype: Dtype, kind: Partial<FrameKind> = {}): SampleFrame {
  const dims = kind.dims ?? [4, 6];
  const byteLength = kind.byteLength ?? contiguousByteLength(dtype, dims);
  return {
    kind: {
      name: "camera-1",
      streamId: 7,
      epoch: 2n ** 63n + 1n,
      metaVersion: 3,
      clock: "tai",
      dtype,
      dims,
      strides: dims.map(() => 0),
      majorOrder: "row",
      ...kind,
      byteLength,
    },
    stamp: STAMP,
    values: Uint8Array.from({ length: byteLength }, (_, i) => i * 7),
  };
}

describe("frames in MCAP, as Python's mcap reads them", () => {
  let folder: TestFolder;
  let python: McapPython;

  beforeAll(async () => {
    folder = new TestFolder();
    python = await McapPython.install(join(folder.path, "python"));
  }, 300_000);
  afterAll(() => folder.remove());

  test.each(["index", "stream"] as const)("every dtype, order and stride, by %s", async (how) => {
    const frames = [
      ...DTYPE_NAMES.map((dtype) => frameOf(dtype)),
      frameOf("uint8", { dims: [2, 3, 4], strides: [0, 0, 0] }),
      frameOf("float32", { majorOrder: "column" }),
      frameOf("int16", { strides: [20, 0], byteLength: 72 }),
    ];
    const path = join(folder.path, "frames.mcap");
    await Bun.write(path, sampleFile(frames));
    const rows = await python.read(path, how);
    expect(rows).toHaveLength(frames.length);
    rows.forEach((row, i) => {
      const { kind, values } = frames[i] as SampleFrame;
      expect(row).toMatchObject({
        seq: 2 ** 33 + 5,
        epoch: "9223372036854775809",
        timestampNs: "9223372045444710398",
        time: [1.79e9, 999_999_999],
        streamId: 7,
        metaVersion: 3,
        clock: "tai",
        frameId: "camera-1",
        byteLength: values.length,
        sha1: new Bun.CryptoHasher("sha1").update(values).digest("hex"),
      });
      if (row.schema === "tensorpool.Frame") expect(row.shape).toEqual([...kind.dims]);
      else expect([row.height, row.width]).toEqual([kind.dims[0], kind.dims[1]]);
    });
    expect(rows.at(-3)).toMatchObject({ encoding: "rgba8", step: 12 });
    expect(rows.at(-2)).toMatchObject({ dtype: "<f4", order: "F", strides: [] });
    expect(rows.at(-1)).toMatchObject({ dtype: "<i2", order: "C", strides: [20, 2] });
  });

  test("a file that was cut is read to where it was cut", async () => {
    const whole = sampleFile([frameOf("uint8"), frameOf("uint16"), frameOf("int64")]);
    const path = join(folder.path, "cut.mcap");
    await Bun.write(path, whole.slice(0, whole.length - 2500));
    const rows = await python.read(path, "stream");
    expect(rows.length).toBeGreaterThan(1);
    expect(rows.at(-1)).toHaveProperty("cut");
  });
});
