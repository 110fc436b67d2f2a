import { describe, expect, test } from "bun:test";
import { type Dtype, layoutOf, openSink } from "../../src/io/index.ts";
import { ValueStatistics } from "../../src/io/sinks/value-statistics.ts";
import { pinned, sinkFrame } from "../support/io-frames.ts";

describe("stats sink", () => {
  test("rate, bytes, age and layouts of intact frames; torn ones apart", async () => {
    const sink = await openSink("stats");
    const small = layoutOf("uint8", [2, 5]);
    const large = layoutOf("uint16", [5, 5]);
    for (let i = 0; i < 5; i++) {
      sink.doWork(i * 1e8);
      sink.accept(sinkFrame(i < 4 ? small : large, pinned(i < 4 ? 10 : 50), { ageNs: (i + 1) * 1_000 }));
      sink.settle(i !== 3);
    }
    expect(sink.summary()).toEqual([
      "frames 4, bytes 80, overwritten while they were read 1",
      "rate 7.5 frames/s, 150 bytes/s over 0.4 s",
      "age min 1 us, mean 2.75 us, max 5 us",
      "layout uint8 2x5; uint16 5x5",
    ]);
  });

  test("without frames, and with one, it says only what it knows", async () => {
    const sink = await openSink("stats");
    expect(sink.summary()).toEqual(["frames 0"]);
    sink.accept(sinkFrame(layoutOf("uint8", []), pinned(1)));
    sink.settle(true);
    expect(sink.summary()).toEqual(["frames 1, bytes 1", "age min 1 us, mean 1 us, max 1 us", "layout uint8 scalar"]);
  });

  test("values: minimum, mean and maximum, not-a-numbers apart, torn frames without effect", async () => {
    const sink = await openSink("stats:values");
    const layout = layoutOf("float32", [4]);
    const frame = (values: number[]): Uint8Array => new Uint8Array(new Float32Array(values).buffer);
    sink.accept(sinkFrame(layout, frame([1, 2, Number.NaN, 6])));
    sink.settle(true);
    sink.accept(sinkFrame(layout, frame([1_000, 0, 0, 0])));
    sink.settle(false);
    expect(sink.summary().at(-1)).toBe("values min 1, mean 3, max 6, NaN 1");
  });

  test("values of every dtype are read as they are", () => {
    const cases: [Dtype, ArrayBufferView, number, number, number][] = [
      ["uint8", Uint8Array.of(1, 255), 2, 1, 255],
      ["bytes", Uint8Array.of(1, 255), 2, 1, 255],
      ["bool", Uint8Array.of(0, 1), 2, 0, 1],
      ["int8", Int8Array.of(-128, 3), 2, -128, 3],
      ["uint16", Uint16Array.of(1, 65_535), 2, 1, 65_535],
      ["int16", Int16Array.of(-5, 7), 2, -5, 7],
      ["uint32", Uint32Array.of(4_000_000_000, 1), 2, 1, 4_000_000_000],
      ["int32", Int32Array.of(-4, 1), 2, -4, 1],
      ["uint64", BigUint64Array.of(2n ** 64n - 1n, 1n), 2, 1, 2 ** 64],
      ["int64", BigInt64Array.of(-(2n ** 40n), 5n), 2, -(2 ** 40), 5],
      ["float64", Float64Array.of(0.5, -0.25), 2, -0.25, 0.5],
      ["bit", Uint8Array.of(0b101, 0), 3, 0, 1],
    ];
    for (const [dtype, view, elements, minimum, maximum] of cases) {
      const source = new Uint8Array(view.buffer);
      const misaligned = new Uint8Array(new ArrayBuffer(source.length + 3)).subarray(3);
      misaligned.set(source);
      for (const bytes of [source, misaligned]) {
        const found = new ValueStatistics();
        found.addFrame(dtype, bytes, elements);
        expect([dtype, found.minimum, found.maximum, found.count]).toEqual([dtype, minimum, maximum, elements]);
      }
    }
  });

  test("null takes frames and counts them", async () => {
    const sink = await openSink("null");
    sink.accept(sinkFrame(layoutOf("uint8", [1]), pinned(1)));
    sink.settle(true);
    expect(sink.summary()).toEqual(["dropped into null: 1 frames"]);
    await sink.close();
  });
});
