import { describe, expect, test } from "bun:test";
import { DTYPE_NAMES, DTYPES, type Dtype } from "../../src/protocol/dtype.ts";
import { valuesOf } from "../../src/protocol/values.ts";
import { fits, planeOf, stepsOf, suggestedPlane } from "../../src/view/plane.ts";
import { Reducer, reducedDtype, reducedSize } from "../../src/view/reduce.ts";

const ALL = 2 ** 24;

function converted(
  bytes: Uint8Array,
  form: Parameters<typeof planeOf>[0],
  spec = suggestedPlane(form.dims),
  maxPixels = ALL,
  reduction: "mean" | "maximum" = "mean",
) {
  const plane = planeOf(form, spec);
  const size = reducedSize(plane, maxPixels, 2 ** 14);
  const dtype = reducedDtype(form.dtype, size.factor);
  const target = new Uint8Array(size.width * size.height * plane.channels * (DTYPES[dtype].bits / 8));
  new Reducer().convert(bytes, plane, size, reduction, target);
  return { size, plane, values: Array.from(valuesOf(target, dtype) as Uint8Array) };
}

function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

describe("the plane of a frame", () => {
  test.each([
    [[], { x: 0, y: null, c: null }],
    [[7], { x: 0, y: null, c: null }],
    [[4, 5], { x: 1, y: 0, c: null }],
    [[4, 5, 3], { x: 1, y: 0, c: 2 }],
    [[3, 4, 5], { x: 2, y: 1, c: 0 }],
    [[9, 4, 5], { x: 2, y: 1, c: null }],
    [[2, 9, 4, 5], { x: 3, y: 2, c: null }],
  ] as const)("of dims %j is what they suggest", (dims, expected) => {
    expect(suggestedPlane(dims)).toMatchObject(expected);
    expect(fits(suggestedPlane(dims), dims)).toBe(true);
  });

  test("axes that are not those of a shape do not fit it", () => {
    const spec = suggestedPlane([4, 5]);
    expect(fits(spec, [4])).toBe(false);
    expect(fits({ ...spec, y: 1 }, [4, 5])).toBe(false);
    expect(fits({ ...spec, c: 2 }, [4, 5])).toBe(false);
    expect(fits({ x: 2, y: 1, c: 0, index: [0, 0, 0], region: null }, [9, 4, 5])).toBe(false);
  });

  test("steps follow from dims, major order and strides", () => {
    const form = { dtype: "uint16", dims: [2, 3, 4], strides: [0, 0, 0], majorOrder: "row" } as const;
    expect(stepsOf(form)).toEqual([24, 8, 2]);
    expect(stepsOf({ ...form, majorOrder: "column" })).toEqual([2, 4, 12]);
    expect(stepsOf({ ...form, strides: [0, 16, 0] })).toEqual([48, 16, 2]);
    expect(stepsOf({ ...form, dtype: "bit" })).toEqual([12, 4, 1]);
  });
});

describe("the conversion of a plane", () => {
  test.each(DTYPE_NAMES)("%s keeps its values, in both major orders", (dtype: Dtype) => {
    const [height, width] = [3, 5];
    const values = Array.from({ length: width * height }, (_, i) =>
      dtype === "bool" || dtype === "bit" ? (i * 7) % 2 : i * 3 + 1,
    );
    const raw = new Uint8Array(Math.ceil((DTYPES[dtype].bits * values.length) / 8));
    const write = (order: readonly number[]): void => {
      raw.fill(0);
      for (const [at, i] of order.entries()) {
        if (dtype === "bit") raw[at >> 3] = (raw[at >> 3] as number) | ((values[i] as number) << (at & 7));
        else {
          const target = valuesOf(raw, dtype);
          if (target instanceof BigInt64Array || target instanceof BigUint64Array)
            target[at] = BigInt(values[i] as number);
          else target[at] = values[i] as number;
        }
      }
    };
    const rows = values.map((_, i) => i);
    write(rows);
    const form = { dtype, dims: [height, width], strides: [0, 0], majorOrder: "row" } as const;
    expect(converted(raw, form).values.map(Number)).toEqual(values);
    // Column order: the first index runs fastest.
    write(Array.from({ length: width * height }, (_, at) => (at % height) * width + Math.floor(at / height)));
    expect(converted(raw, { ...form, majorOrder: "column" }).values.map(Number)).toEqual(values);
  });

  test("strides, planes of colours and places on further axes are followed", () => {
    const padded = Uint16Array.from([1, 2, 0, 3, 4, 0]);
    const strided = { dtype: "uint16", dims: [2, 2], strides: [6, 2], majorOrder: "row" } as const;
    expect(converted(bytesOf(padded), strided).values).toEqual([1, 2, 3, 4]);
    const planes = Uint8Array.from([1, 2, 3, 4, 5, 6]);
    const chw = { dtype: "uint8", dims: [3, 1, 2], strides: [0, 0, 0], majorOrder: "row" } as const;
    expect(converted(planes, chw).values).toEqual([1, 3, 5, 2, 4, 6]);
    const stack = { dtype: "uint8", dims: [2, 1, 5], strides: [0, 0, 0], majorOrder: "row" } as const;
    const spec = { x: 2, y: 1, c: null, index: [1, 0, 0], region: null };
    expect(converted(Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), stack, spec).values).toEqual([5, 6, 7, 8, 9]);
  });

  test("places beyond the frame are moved within it, whatever a page asks for", () => {
    const form = { dtype: "uint8", dims: [9, 4, 5], strides: [0, 0, 0], majorOrder: "row" } as const;
    const most = 2 ** 31 - 1;
    const plane = planeOf(form, { x: 2, y: 1, c: null, index: [most, most, most], region: [most, most, most, most] });
    expect(plane).toMatchObject({ x: 4, y: 3, width: 1, height: 1, first: 8 * 20 + 3 * 5 + 4 });
    expect(planeOf(form, { x: 2, y: 1, c: null, index: [0, 0, 0], region: [0, 0, 0, 0] })).toMatchObject({
      width: 1,
      height: 1,
    });
    expect(planeOf({ ...form, dims: [9, 0, 5] }, suggestedPlane([9, 0, 5]))).toMatchObject({ width: 0, height: 0 });
  });

  test("a large plane is reduced by a whole factor: by means, without NaN, or by maxima", () => {
    const values = Float32Array.from([1, 3, 5, Number.NaN, 5, 7, Number.NaN, Number.NaN, 2, 4, 6, 8]);
    const form = { dtype: "float32", dims: [3, 4], strides: [0, 0], majorOrder: "row" } as const;
    const means = converted(bytesOf(values), form, suggestedPlane(form.dims), 4);
    expect(means.size).toEqual({ width: 2, height: 2, factor: 2 });
    expect(means.values).toEqual([4, 5, 3, 7]);
    expect(converted(bytesOf(values), form, suggestedPlane(form.dims), 4, "maximum").values).toEqual([7, 5, 4, 8]);
    const nothing = new Float32Array(4).fill(Number.NaN);
    expect(converted(bytesOf(nothing), { ...form, dims: [2, 2] }, suggestedPlane([2, 2]), 1).values).toEqual([
      Number.NaN,
    ]);
  });

  test("means of integers are rounded, those of 64-bit integers are doubles", () => {
    const form = { dtype: "uint16", dims: [2, 2], strides: [0, 0], majorOrder: "row" } as const;
    expect(
      converted(bytesOf(Uint16Array.from([65_535, 65_535, 65_534, 65_535])), form, suggestedPlane([2, 2]), 1).values,
    ).toEqual([65_535]);
    const big = BigInt64Array.from([-3n, -4n, -3n, -4n]);
    expect(converted(bytesOf(big), { ...form, dtype: "int64" }, suggestedPlane([2, 2]), 1).values).toEqual([-3.5]);
  });

  test("neither pixels nor a side go beyond what a page can show", () => {
    for (const [width, height] of [
      [20_000, 1],
      [1, 20_000],
      [4096, 4096],
      [3, 3],
    ] as const) {
      const size = reducedSize({ width, height, channels: 3 }, 1_000_000, 8192);
      expect(size.width * size.height).toBeLessThanOrEqual(1_000_000);
      expect(Math.max(size.width * 3, size.height)).toBeLessThanOrEqual(8192);
      expect(size.width * size.factor).toBeGreaterThanOrEqual(width);
    }
  });
});
