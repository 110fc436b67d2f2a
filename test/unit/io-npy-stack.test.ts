import { describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { layoutOf, openSink, openSource, parseSource } from "../../src/io/index.ts";
import { encodeNpyHeader } from "../../src/io/npy/header.ts";
import { pinned, readAll, sinkFrame, temporaryFolder, writeAll } from "../support/io-frames.ts";

function array(dims: readonly number[], order: "row" | "column" = "row"): Uint8Array {
  const layout = layoutOf("uint16", dims, order);
  const values = Uint8Array.from({ length: layout.byteLength }, (_, i) => i & 0xff);
  return Buffer.concat([encodeNpyHeader(layout), values]);
}

describe("frames-axis: an array as a stack of frames", () => {
  test("(N, H, W) comes as N frames of [H, W], in order, over several records and files", async () => {
    using folder = await temporaryFolder();
    await Bun.write(folder.path("a.npy"), Buffer.concat([array([3, 2, 2]), array([0, 2, 2]), array([1, 4])]));
    await Bun.write(folder.path("b.npy"), array([2]));
    const spec = `npy:${folder.path("a.npy")},${folder.path("b.npy")},frames-axis=0`;
    const source = await openSource(spec);
    expect(source.maxByteLength).toBe(8);
    source.close();
    const frames = await readAll(spec);
    expect(frames.map(({ layout }) => layout.dims)).toEqual([[2, 2], [2, 2], [2, 2], [4], [], []]);
    expect(frames.map(({ bytes }) => bytes[0])).toEqual([0, 8, 16, 0, 0, 2]);
    const repeated = await openSource(spec, { rateHz: 10 });
    repeated.close();
  });

  test("-1 cuts arrays in Fortran order, whose last axis is the outer one", async () => {
    using folder = await temporaryFolder();
    await Bun.write(folder.path("f.npy"), array([2, 3, 4], "column"));
    const frames = await readAll(`npy:${folder.path("f.npy")},frames-axis=-1`);
    expect(frames).toHaveLength(4);
    expect(frames[1]?.layout).toMatchObject({ dims: [2, 3], majorOrder: "column" });
    expect(frames[1]?.bytes[0]).toBe(12);
  });

  test("frames that do not lie one after the other, and arrays without that axis, are refused with the way out", async () => {
    using folder = await temporaryFolder();
    await Bun.write(folder.path("f.npy"), array([2, 3, 4], "column"));
    await Bun.write(folder.path("c.npy"), array([2, 3, 4]));
    await Bun.write(folder.path("0.npy"), array([]));
    const refused = (name: string, axis: number) => readAll(`npy:${folder.path(name)},frames-axis=${axis}`);
    expect(refused("f.npy", 0)).rejects.toThrow("np.ascontiguousarray");
    expect(refused("c.npy", -1)).rejects.toThrow("np.moveaxis");
    expect(refused("0.npy", 0)).rejects.toThrow("found a scalar");
    expect(() => parseSource("npy:x,frames-axis=1")).toThrow("np.moveaxis(array, 1, 0)");
  });

  test("a stack that is cut off says which frame is missing; one of no frames is empty", async () => {
    using folder = await temporaryFolder();
    await Bun.write(folder.path("cut.npy"), array([3, 2, 2]).slice(0, -3));
    expect(readAll(`npy:${folder.path("cut.npy")},frames-axis=0`)).rejects.toThrow("frame 2 is cut off");
    await Bun.write(folder.path("none.npy"), array([0, 2, 2]));
    expect(readAll(`npy:${folder.path("none.npy")},frames-axis=0`)).rejects.toThrow("at least one frame");
  });
});

describe("a folder of .npy files as a source", () => {
  test("what the sink npy:DIR/ wrote returns in order, also when it is read again and again", async () => {
    using folder = await temporaryFolder();
    const layout = layoutOf("uint8", [4]);
    const sink = await openSink(`npy:${folder.path("out")}/`);
    await writeAll(
      sink,
      [8, 9, 10, 11].map((seq) => sinkFrame(layout, pinned(4).fill(seq), { seq })),
    );
    for (const path of [folder.path("out"), `${folder.path("out")}/`]) {
      const frames = await readAll(`npy:${path}`);
      expect(frames.map(({ bytes }) => bytes[0])).toEqual([8, 9, 10, 11]);
    }
  });

  test("numbers in names are taken by their value; other files and hidden ones are left out", async () => {
    using folder = await temporaryFolder();
    mkdirSync(folder.path("d"));
    const write = (name: string, value: number) =>
      Bun.write(
        folder.path(`d/${name}`),
        Buffer.concat([encodeNpyHeader(layoutOf("uint8", [1])), Uint8Array.of(value)]),
      );
    await write("shot-10.npy", 10);
    await write("shot-2.npy", 2);
    await write("shot-9.npy.part", 9);
    await write(".shot-1.npy", 1);
    await Bun.write(folder.path("d/notes.txt"), "x");
    expect((await readAll(`npy:${folder.path("d")}/`)).map(({ bytes }) => bytes[0])).toEqual([2, 10]);
  });

  test("a folder without frames is an error that says what is there", async () => {
    using folder = await temporaryFolder();
    mkdirSync(folder.path("d"));
    expect(openSource(`npy:${folder.path("d")}/`)).rejects.toThrow(
      "expected .npy files in the folder, found an empty folder",
    );
    await Bun.write(folder.path("d/frame.png"), "x");
    expect(openSource(`npy:${folder.path("d")}`)).rejects.toThrow("found 1 other names, such as frame.png");
  });
});
