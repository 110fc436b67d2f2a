import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { UsageError } from "../../src/core/errors.ts";
import { type Attribute, layoutOf, type MajorOrder, openSink, parseSink, SinkError } from "../../src/io/index.ts";
import type { Dtype } from "../../src/protocol/dtype.ts";
import { fixture, readAll, sinkFrame, temporaryFolder, turn, writeAll } from "../support/io-frames.ts";
import { type ReadPicture, readPng } from "../support/png-reader.ts";

interface Written {
  readonly dtype: Dtype;
  readonly dims: readonly number[];
  readonly values: ArrayBufferView;
  readonly majorOrder?: MajorOrder;
  readonly attributes?: readonly Attribute[];
}

/** What one frame becomes. */
async function written(
  { dtype, dims, values, majorOrder = "row", attributes = [] }: Written,
  options = "",
): Promise<ReadPicture> {
  using folder = await temporaryFolder();
  const sink = await openSink(`png:${folder.path("out")}${options}`);
  const bytes = new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
  await writeAll(sink, [sinkFrame(layoutOf(dtype, dims, majorOrder), bytes, { seq: 7, attributes })]);
  const [name = "", ...others] = readdirSync(folder.path("out"));
  expect([name.replace(/^frame-[\dTZ.]+-/, ""), ...others]).toEqual(["0000000007-0000000000000000000.png"]);
  const file = readFileSync(folder.path(`out/${name}`));
  expect(sink.summary()[0]).toBe(`wrote 1 frame, ${file.length} bytes, to ${folder.path("out")}`);
  return readPng(file);
}

async function refused(frame: Written, options = ""): Promise<string> {
  try {
    await written(frame, options);
  } catch (error) {
    expect(error).toBeInstanceOf(SinkError);
    return (error as SinkError).message;
  }
  throw new Error("expected a SinkError, found none");
}

const ramp = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i);

describe("how a frame is read as a picture", () => {
  const cases: [readonly number[], string, readonly [number, number, number]][] = [
    [[2, 5], "", [5, 2, 1]],
    [[2, 5, 1], "", [5, 2, 1]],
    [[2, 5, 2], "", [5, 2, 2]],
    [[2, 5, 3], "", [5, 2, 3]],
    [[2, 5, 4], "", [5, 2, 4]],
    [[1, 2, 5], "", [5, 2, 1]],
    [[3, 2, 5], "", [5, 2, 3]],
    [[4, 2, 5], "", [5, 2, 4]],
    // Both fit: the last wins, unless it is said otherwise.
    [[3, 7, 4], "", [7, 3, 4]],
    [[3, 7, 4], ",channels=first", [4, 7, 3]],
    [[3, 7, 4], ",channels=last", [7, 3, 4]],
    [[2, 7, 5], ",channels=first", [5, 7, 2]],
  ];
  for (const [dims, options, [width, height, channels]] of cases) {
    test(`[${dims}]${options} is ${width} wide, ${height} high, with ${channels} channels`, async () => {
      const length = dims.reduce((product, dim) => product * dim, 1);
      const picture = await written({ dtype: "uint8", dims, values: ramp(length) }, options);
      expect([picture.width, picture.height, picture.channels]).toEqual([width, height, channels]);
      expect([...picture.samples].sort((a, b) => a - b)).toEqual([...ramp(length)]);
    });
  }

  test("planes first become pixels, in row and in column order", async () => {
    const planes = await written({ dtype: "uint8", dims: [3, 1, 5], values: ramp(15) });
    expect(planes.samples).toEqual([0, 5, 10, 1, 6, 11, 2, 7, 12, 3, 8, 13, 4, 9, 14]);
    const columns = await written({ dtype: "uint8", dims: [2, 3], values: ramp(6), majorOrder: "column" });
    expect(columns.samples).toEqual([0, 2, 4, 1, 3, 5]);
    const colours = await written({ dtype: "uint8", dims: [1, 5, 3], values: ramp(15), majorOrder: "column" });
    expect(colours.samples).toEqual(planes.samples);
  });

  test("other shapes are refused with what was expected", async () => {
    const frame = (dims: readonly number[]): Written => ({
      dtype: "uint8",
      dims,
      values: ramp(dims.reduce((a, b) => a * b, 1)),
    });
    expect(await refused(frame([9]))).toBe(
      "png: expected two dimensions [H, W] or three, [H, W, C] or [C, H, W], found uint8 9",
    );
    expect(await refused(frame([]))).toContain("found uint8 scalar");
    expect(await refused(frame([2, 2, 2, 2]))).toContain("found uint8 2x2x2x2");
    expect(await refused(frame([2, 6, 7]))).toContain("[C, H, W] with 1, 3 or 4, found uint8 2x6x7");
    expect(await refused(frame([5, 6, 3]), ",channels=first")).toContain("channels in the first dimension");
    expect(await refused(frame([3, 6, 7]), ",channels=last")).toContain("channels in the last dimension");
    expect(await refused(frame([0, 4]))).toBe("png: expected a picture of at least 1x1, found uint8 0x4");
  });

  test("of y4m frames the luma plane is written, and that is said", async () => {
    const cases = ["y4m/420p10.y4m", "y4m/422-odd.y4m"];
    for (const name of cases) {
      using folder = await temporaryFolder();
      const [frame] = await readAll(`y4m:${fixture(name)}`);
      const { openSource } = await import("../../src/io/index.ts");
      const source = await openSource(`y4m:${fixture(name)}`);
      const { attributes } = source;
      source.close();
      const [width, height] = ["y4m.width", "y4m.height"].map((key) =>
        Number(new TextDecoder().decode(attributes.find((attribute) => attribute.key === key)?.value)),
      ) as [number, number];
      if (frame === undefined) throw new Error("expected a frame");
      const sink = await openSink(`png:${folder.path("out")}`);
      expect(sink.needsAttributes).toBe(true);
      await writeAll(sink, [sinkFrame(frame.layout, frame.bytes, { attributes })]);
      expect(sink.summary().at(-1)).toBe("of y4m frames the luma plane was written, without colour");
      const picture = readPng(readFileSync(folder.path(`out/${readdirSync(folder.path("out")).at(-1)}`)));
      const luma = frame.layout.dtype === "uint16" ? new Uint16Array(frame.bytes.buffer) : frame.bytes;
      expect([picture.width, picture.height, picture.channels]).toEqual([width, height, 1]);
      expect(picture.samples).toEqual([...luma.subarray(0, width * height)]);
    }
  });
});

describe("how values become samples", () => {
  test("uint16 is exact, high byte first", async () => {
    const values = Uint16Array.of(0, 1, 255, 256, 0x1234, 65_535);
    const picture = await written({ dtype: "uint16", dims: [2, 3], values });
    expect(picture.bits).toBe(16);
    expect(picture.samples).toEqual([...values]);
  });

  test("bool and bit are black and white", async () => {
    const bool = await written({ dtype: "bool", dims: [1, 4], values: Uint8Array.of(0, 1, 0, 255) });
    expect(bool).toMatchObject({ bits: 8, samples: [0, 255, 0, 255] });
    const bit = await written({ dtype: "bit", dims: [2, 5], values: Uint8Array.of(0b0010_0001, 0b11) });
    expect(bit.samples).toEqual([255, 0, 0, 0, 0, 255, 0, 0, 255, 255]);
  });

  test("other dtypes go from the frame's smallest to its largest value; NaN is 0, infinities are clamped", async () => {
    const { NaN: nan, POSITIVE_INFINITY: most, NEGATIVE_INFINITY: least } = Number;
    const float = Float32Array.of(-1, 0, 1, nan, most, least);
    expect((await written({ dtype: "float32", dims: [2, 3], values: float })).samples).toEqual([
      0, 128, 255, 0, 255, 0,
    ]);
    const deep = await written({ dtype: "float32", dims: [2, 3], values: float }, ",bits=16");
    expect(deep).toMatchObject({ bits: 16, samples: [0, 32_768, 65_535, 0, 65_535, 0] });
    const int8 = await written({ dtype: "int8", dims: [1, 3], values: Int8Array.of(-128, 0, 127) });
    expect(int8.samples).toEqual([0, 128, 255]);
    const int64 = BigInt64Array.of(-(2n ** 40n), 0n, 2n ** 40n);
    expect((await written({ dtype: "int64", dims: [1, 3], values: int64 })).samples).toEqual([0, 128, 255]);
    const uint64 = BigUint64Array.of(0n, 2n ** 63n, 2n ** 64n - 1n);
    expect((await written({ dtype: "uint64", dims: [1, 3], values: uint64 })).samples).toEqual([0, 128, 255]);
    const widest = Float64Array.of(-Number.MAX_VALUE, 0, Number.MAX_VALUE);
    expect((await written({ dtype: "float64", dims: [1, 3], values: widest })).samples).toEqual([0, 128, 255]);
  });

  test("a frame of one value throughout, or of none that is finite, is black", async () => {
    for (const value of [3, Number.NaN, Number.POSITIVE_INFINITY, 0]) {
      const picture = await written({ dtype: "float64", dims: [1, 2], values: Float64Array.of(value, value) });
      expect(picture.samples).toEqual([0, 0]);
    }
  });

  test("scale=MIN..MAX clamps, scale=auto stretches exact dtypes too, bits=8 and bits=16 keep the full range", async () => {
    const bytes: Written = { dtype: "uint8", dims: [1, 4], values: Uint8Array.of(10, 20, 30, 5) };
    expect((await written(bytes, ",scale=10..30")).samples).toEqual([0, 128, 255, 0]);
    expect((await written(bytes, ",scale=-1.5e1..35")).samples).toEqual([128, 179, 230, 102]);
    expect((await written(bytes, ",scale=auto")).samples).toEqual([51, 153, 255, 0]);
    expect((await written(bytes, ",bits=16")).samples).toEqual([10 * 257, 20 * 257, 30 * 257, 5 * 257]);
    const words: Written = { dtype: "uint16", dims: [1, 3], values: Uint16Array.of(0, 257, 65_535) };
    expect(await written(words, ",bits=8")).toMatchObject({ bits: 8, samples: [0, 1, 255] });
    expect(await written(words, ",scale=none,bits=16")).toMatchObject({ bits: 16, samples: [0, 257, 65_535] });
  });

  test("scale=none refuses what would need scaling", async () => {
    const float: Written = { dtype: "float32", dims: [1, 1], values: new Float32Array(1) };
    expect(await refused(float, ",scale=none")).toBe(
      "png: expected uint8, uint16, bool, bytes or bit, which need no scaling (scale=none), found float32 1x1",
    );
    const words: Written = { dtype: "uint16", dims: [1, 1], values: new Uint16Array(1) };
    expect(await refused(words, ",scale=none,bits=8")).toContain("a dtype of 8 bits");
  });
});

describe("png: itself", () => {
  test("wrong options name what was expected and what came", () => {
    const cases: [string, string][] = [
      ["png:", "without a path"],
      ["png:out,scale=atuo", 'found "atuo"; did you mean "auto"?'],
      ["png:out,scale=3..3", "MIN below MAX"],
      ["png:out,scale=1..x", 'found "1..x"'],
      ["png:out,bits=12", 'bits: expected 8 or 16, found "12"'],
      ["png:out,channels=middle", "first or last"],
      ["png:out,scal=auto", 'did you mean "scale"?'],
    ];
    for (const [spec, message] of cases) {
      expect(() => parseSink(spec)).toThrow(UsageError);
      expect(() => parseSink(spec)).toThrow(message);
    }
  });

  test("frames whose metadata had not arrived are counted in the summary", async () => {
    using folder = await temporaryFolder();
    const sink = await openSink(`png:${folder.path("out")}`);
    const frame = sinkFrame(layoutOf("uint8", [2, 2]), ramp(4));
    sink.accept({ ...frame, metaVersion: 1 });
    sink.settle(false);
    await writeAll(sink, [
      { ...frame, metaVersion: 1 },
      { ...frame, seq: 1 },
    ]);
    expect(sink.summary().at(-1)).toBe(
      "1 frames were written going by their dims: the stream's metadata had not arrived",
    );
  });

  test("a frame that was overwritten leaves no file", async () => {
    using folder = await temporaryFolder();
    const sink = await openSink(`png:${folder.path("out")}`);
    sink.accept(sinkFrame(layoutOf("uint8", [2, 2]), ramp(4)));
    sink.settle(false);
    await writeAll(sink, [sinkFrame(layoutOf("uint8", [2, 2]), ramp(4), { seq: 1 })]);
    expect(readdirSync(folder.path("out"))).toEqual([expect.stringMatching(/-0000000001-0+\.png$/)]);
  });

  test("a sink that is closed early leaves whole files only", async () => {
    using folder = await temporaryFolder();
    const sink = await openSink(`png:${folder.path("out")}`);
    for (let seq = 0; sink.hasRoom; seq++) {
      sink.accept(sinkFrame(layoutOf("uint8", [600, 800, 3]), ramp(1_440_000), { seq }));
      sink.settle(true);
    }
    sink.doWork(0);
    await turn();
    await sink.close();
    for (const name of readdirSync(folder.path("out"))) {
      expect(name).toEndWith(".png");
      expect(readPng(readFileSync(folder.path(`out/${name}`))).width).toBe(800);
    }
  });

  test("the event loop has its turn while a large frame is encoded", async () => {
    using folder = await temporaryFolder();
    const sink = await openSink(`png:${folder.path("out")}`);
    const values = Float32Array.from({ length: 2_000_000 }, (_, i) => Math.sin(i / 1000));
    sink.accept(sinkFrame(layoutOf("float32", [1000, 2000]), new Uint8Array(values.buffer)));
    sink.settle(true);
    let turns = 0;
    while (!sink.drained) {
      sink.doWork(0);
      await turn();
      turns++;
    }
    await sink.close();
    expect(turns).toBeGreaterThan(20);
  });

  test("what cannot be written is reported with its path", async () => {
    using folder = await temporaryFolder();
    await Bun.write(folder.path("file"), "x");
    expect(openSink(`png:${folder.path("file")}`)).rejects.toMatchObject({ code: "unwritable" });
  });
});
