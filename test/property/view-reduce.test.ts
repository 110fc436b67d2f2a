import { test } from "bun:test";
import fc from "fast-check";
import { DTYPES, type Dtype } from "../../src/protocol/dtype.ts";
import { valuesOf } from "../../src/protocol/values.ts";
import { planeOf, suggestedPlane } from "../../src/view/plane.ts";
import { Reducer, reducedDtype, reducedSize } from "../../src/view/reduce.ts";

const DTYPES_HERE = ["uint8", "int16", "uint16", "uint32", "float32", "float64", "int64", "bool"] as const;
const reducer = new Reducer();

/** What a pixel of a reduction is: computed from the values one by one, without NaN. Integers have no -0. */
function modelOf(values: readonly number[], dtype: Dtype, reduction: "mean" | "maximum"): number {
  const numbers = values.filter((value) => !Number.isNaN(value));
  if (numbers.length === 0) return Number.NaN;
  const value =
    reduction === "maximum" ? Math.max(...numbers) : numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
  return dtype === "float32" || dtype === "float64" || dtype === "int64" ? value : Math.round(value) || 0;
}

test("every pixel of a reduced plane is the mean, or the maximum, of its area: any dtype, size, padding and number of colours", () => {
  const shape = fc.record({
    dtype: fc.constantFrom(...DTYPES_HERE),
    width: fc.integer({ min: 1, max: 13 }),
    height: fc.integer({ min: 1, max: 13 }),
    colours: fc.constantFrom(1, 3, 4),
    padding: fc.integer({ min: 0, max: 3 }),
    offset: fc.integer({ min: 0, max: 1 }),
    maxPixels: fc.integer({ min: 1, max: 40 }),
    reduction: fc.constantFrom("mean" as const, "maximum" as const),
    seed: fc.integer({ min: 1, max: 1000 }),
  });
  fc.assert(
    fc.property(shape, ({ dtype, width, height, colours, padding, offset, maxPixels, reduction, seed }) => {
      const elementBytes = DTYPES[dtype].bits / 8;
      const rowElements = width * colours + padding;
      const valueAt = (i: number): number => {
        if (dtype.startsWith("float") && (i * seed) % 7 === 0) return Number.NaN;
        const value = (i * seed * 31) % 251;
        return dtype === "bool" ? value % 2 : dtype.startsWith("u") ? value : value - 100;
      };
      const values = Array.from({ length: rowElements * height }, (_, i) => valueAt(i));
      const aligned = new Uint8Array(values.length * elementBytes);
      const typed = valuesOf(aligned, dtype);
      if (typed instanceof BigInt64Array || typed instanceof BigUint64Array)
        for (const [i, value] of values.entries()) typed[i] = BigInt(value);
      else typed.set(values);
      // Frames may lie at any place.
      const source = new Uint8Array(aligned.length + offset).subarray(offset);
      source.set(aligned);
      const dims = colours === 1 ? [height, width] : [height, width, colours];
      const strides = dims.map((_, axis) => (axis === 0 ? rowElements * elementBytes : 0));
      const plane = planeOf({ dtype, dims, strides, majorOrder: "row" }, suggestedPlane(dims));
      const size = reducedSize(plane, maxPixels, 8192);
      if (size.factor === 1 || plane.channels !== colours) return;
      const pixelDtype = reducedDtype(dtype, size.factor);
      const target = new Uint8Array(size.width * size.height * colours * (DTYPES[pixelDtype].bits / 8));
      reducer.convert(source, plane, size, reduction, target);
      const pixels = Array.from(valuesOf(target, pixelDtype) as Float64Array);
      for (let y = 0; y < size.height; y++) {
        for (let x = 0; x < size.width; x++) {
          for (let c = 0; c < colours; c++) {
            const area: number[] = [];
            for (let v = y * size.factor; v < Math.min((y + 1) * size.factor, height); v++) {
              for (let u = x * size.factor; u < Math.min((x + 1) * size.factor, width); u++) {
                area.push(values[v * rowElements + u * colours + c] as number);
              }
            }
            const expected = modelOf(area, dtype, reduction);
            const found = pixels[(y * size.width + x) * colours + c] as number;
            const isEqual = dtype === "float32" ? Object.is(Math.fround(expected), found) : Object.is(expected, found);
            if (!isEqual) throw new Error(`at ${x}, ${y}, ${c}: expected ${expected}, found ${found}`);
          }
        }
      }
    }),
  );
});
