import { describe, expect, test } from "bun:test";
import { layoutOf, openSource, syntheticFrame } from "../../src/io/index.ts";
import { DTYPE_NAMES } from "../../src/protocol/dtype.ts";
import { pinned, readAll } from "../support/io-frames.ts";

describe("synthetic source", () => {
  test("every dtype, rank and pattern gives frames of the size that the layout says", async () => {
    const shapes = ["scalar", "5", "4x6", "3x4x5", "4x5x3", "2x2x2x2x2x2x2x2", "0x4", "4x0", "1x1"];
    for (const dtype of DTYPE_NAMES) {
      for (const dims of shapes) {
        for (const pattern of ["picture", "ramp", "counter"]) {
          const frames = await readAll(`synthetic:dtype=${dtype},dims=${dims},pattern=${pattern},count=3`);
          expect(frames.length).toBe(3);
        }
      }
    }
  });

  test("ramp: element i of frame n is (i + n) mod 65536, wrapped to the dtype", () => {
    for (const n of [0, 1, 255, 70_000]) {
      const wide = syntheticFrame(layoutOf("uint32", [100_000]), "ramp", n);
      new Uint32Array(wide.buffer).forEach((value, i) => {
        if (value !== (i + n) % 65_536) expect.unreachable();
      });
      const narrow = syntheticFrame(layoutOf("uint8", [1_000]), "ramp", n);
      expect(narrow.every((value, i) => value === ((i + n) & 0xff))).toBe(true);
      const bool = syntheticFrame(layoutOf("bool", [9]), "ramp", n);
      expect(bool.every((value, i) => value === ((i + n) & 1))).toBe(true);
      const float = syntheticFrame(layoutOf("float64", [5]), "ramp", n);
      expect(new Float64Array(float.buffer)[4]).toBe((4 + n) % 65_536);
      const bits = syntheticFrame(layoutOf("bit", [16]), "ramp", n);
      for (let i = 0; i < 16; i++) expect(((bits[i >> 3] ?? 0) >> (i & 7)) & 1).toBe((i + n) & 1);
    }
  });

  test("counter: every element of frame n is n", () => {
    expect(
      new Uint16Array(syntheticFrame(layoutOf("uint16", [50_000]), "counter", 65_537).buffer).every((v) => v === 1),
    ).toBe(true);
    expect(new BigInt64Array(syntheticFrame(layoutOf("int64", [3]), "counter", 7).buffer)).toEqual(
      new BigInt64Array([7n, 7n, 7n]),
    );
    expect(new Float32Array(syntheticFrame(layoutOf("float32", []), "counter", 9).buffer)[0]).toBe(9);
    expect(syntheticFrame(layoutOf("bool", [4]), "counter", 3)).toEqual(pinned(4).fill(1));
  });

  test("picture: each frame is the one before, scrolled by two rows", () => {
    const layout = layoutOf("uint8", [48, 64]);
    const first = syntheticFrame(layout, "picture", 0);
    const second = syntheticFrame(layout, "picture", 1);
    expect(second.slice(0, 46 * 64)).toEqual(first.slice(2 * 64));
    expect(second.slice(46 * 64)).toEqual(first.slice(0, 2 * 64));
    expect(new Set(first).size).toBeGreaterThan(50);
  });

  test("picture: planes scroll each for itself, and large frames repeat a bounded template", () => {
    const planes = layoutOf("uint8", [3, 8, 16]);
    const first = syntheticFrame(planes, "picture", 0);
    const second = syntheticFrame(planes, "picture", 1);
    for (let plane = 0; plane < 3; plane++) {
      expect(second.slice(plane * 128, plane * 128 + 96)).toEqual(first.slice(plane * 128 + 32, (plane + 1) * 128));
    }
    const large = syntheticFrame(layoutOf("uint8", [3_000, 2_000]), "picture", 1);
    expect(large.length).toBe(6_000_000);
    expect(large.at(-1)).toBeDefined();
  });

  test("a frame that was skipped was still a number", async () => {
    const source = await openSource("synthetic:dims=4,pattern=counter,count=4");
    const target = pinned(4);
    const seen: number[] = [];
    for (let i = 0; source.poll(0) === "ready"; i++) {
      if (i % 2 === 0) source.skip(0);
      else if (source.fill(target, 0) === "done") seen.push(target[0] ?? -1);
    }
    expect(seen).toEqual([1, 3]);
  });

  test("large frames are filled in steps, and the same as at once", async () => {
    const source = await openSource("synthetic:dims=1200x1000x3,pattern=ramp,count=2");
    const target = pinned(3_600_000);
    let calls = 1;
    while (source.fill(target, 0) === "more") calls++;
    expect(calls).toBeGreaterThan(3);
    expect(target).toEqual(syntheticFrame(source.layout, "ramp", 0) as Uint8Array<ArrayBuffer>);
  });

  test("rate and count: from the spec, else --rate, else 30 frames/s indefinitely", async () => {
    expect((await openSource("synthetic:")).nativeRateHz).toBe(30);
    expect((await openSource("synthetic:", { rateHz: 7 })).nativeRateHz).toBe(7);
    expect((await openSource("synthetic:rate=max")).nativeRateHz).toBeNull();
    expect((await openSource("synthetic:count=0")).poll(0)).toBe("end");
    const source = await openSource("synthetic:", { dtype: "float32", dims: [2, 3] });
    expect(source.description).toBe("synthetic:picture float32 2x3 30 frames/s");
    expect(source.live).toBe(true);
    source.close();
    expect(source.poll(0)).toBe("end");
  });
});
