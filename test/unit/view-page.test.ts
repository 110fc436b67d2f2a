import { describe, expect, test } from "bun:test";
import { FIELD, HEADER_BYTES, MAGIC } from "../../src/view/messages.ts";
import { Camera } from "../../src/view/page/camera.ts";
import { COLOUR_MAPS, colourTable } from "../../src/view/page/colour-maps.ts";
import { boxIn, measureNote, reductionOf } from "../../src/view/page/measured.ts";
import { npyFile } from "../../src/view/page/npy.ts";
import {
  flippedAcross,
  flippedDown,
  rotated,
  toPicture,
  toScreen,
  transposed,
  UPRIGHT,
} from "../../src/view/page/orientation.ts";
import { histogramOf, percentileRange, profileOf, regionStatistics } from "../../src/view/page/statistics.ts";
import { placeOf } from "../../src/view/page/tone.ts";
import { decodePicture, exactText, numbersOf } from "../../src/view/page/values.ts";
import { USUAL_PIXELS, wantedPixels } from "../../src/view/page/wanted-pixels.ts";

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

describe("the numbers of a picture", () => {
  test("percentiles leave NaN and infinite values out, and all NaN has no range", () => {
    const ramp = Float32Array.from({ length: 1001 }, (_, i) => i);
    expect(percentileRange(ramp, 0.1, 99.9)).toEqual([1, 999]);
    expect(percentileRange(ramp, 0, 100)).toEqual([0, 1000]);
    expect(percentileRange(Float32Array.from([nan, 3, infinity, -infinity, 5, nan]), 0.1, 99.9)).toEqual([3, 5]);
    expect(percentileRange(Float32Array.from([nan, nan]), 0.1, 99.9)).toBeNull();
    expect(percentileRange(new Uint16Array(1_000_000).fill(7), 0.1, 99.9)).toEqual([7, 7]);
  });

  test("minimum to maximum is of all values, also where percentiles and counts are of a sample", () => {
    const values = new Float32Array(3_000_000).fill(5);
    [values[1], values[2_999_998], values[4]] = [-7, 11, nan];
    expect(percentileRange(values, 0, 100)).toEqual([-7, 11]);
    expect(percentileRange(values, 0.1, 99.9)).toEqual([5, 5]);
    expect(percentileRange(Float32Array.from([nan]), 0, 100)).toBeNull();
    const histogram = histogramOf(values, 18);
    expect(histogram).toMatchObject({ minimum: -7, maximum: 11, step: 3 });
    expect(histogram?.counts[12]).toBe(1_000_000);
  });

  test("a histogram counts every finite value once, also where all are the same", () => {
    const histogram = histogramOf(Float32Array.from([0, 1, 2, 3, nan, infinity]), 4);
    const counts = Uint32Array.from([1, 1, 1, 1]);
    expect(histogram).toEqual({ counts, minimum: 0, maximum: 3, from: 0, binWidth: 0.75, step: 1 });
    expect(Array.from(histogramOf(new Float64Array(9).fill(0.5), 4)?.counts ?? [])).toEqual([9, 0, 0, 0]);
  });

  test("a bin of integers has as many values as each other one, so that even counts look even", () => {
    const countsOf = (length: number) => {
      const { counts, from, binWidth } =
        histogramOf(
          Uint16Array.from({ length }, (_, i) => 100 + i),
          256,
        ) ?? {};
      return [from, binWidth, counts?.length, new Set(counts?.slice(0, -1)).size];
    };
    expect(countsOf(231)).toEqual([99.5, 1, 231, 1]);
    expect(countsOf(300)).toEqual([99.5, 2, 150, 1]);
    expect(countsOf(7000)).toEqual([99.5, 28, 250, 1]);
    // 49 times the rounded reciprocal of 49 is less than 1.
    expect(countsOf(256 * 49)).toEqual([99.5, 49, 256, 1]);
    expect(Array.from(histogramOf(new Uint8Array(9).fill(200), 4)?.counts ?? [])).toEqual([9]);
  });

  test("a histogram of nothing that is finite is none", () => {
    expect(histogramOf(Float32Array.from([nan]), 4)).toBeNull();
  });

  test("statistics are of the region alone, and exact far from 0", () => {
    const values = Float64Array.from([1e9, 1e9 + 1, 5, 1e9 + 2, 1e9 + 3, nan]);
    const numbers = regionStatistics(values, 3, 1, { left: 0, top: 0, right: 2, bottom: 2 });
    expect(numbers).toMatchObject({
      count: 4,
      leftOut: 0,
      minimum: 1e9,
      maximum: 1e9 + 3,
      mean: 1e9 + 1.5,
      sum: 4e9 + 6,
    });
    expect(numbers?.sigma).toBeCloseTo(Math.sqrt(1.25), 9);
    expect(regionStatistics(values, 3, 1, { left: 2, top: 1, right: 3, bottom: 2 })).toBeNull();
  });

  test("statistics say when they are of the part in view, or of means or maxima", () => {
    const plane = { width: 4000, height: 3000 };
    const part = { x: 1000, y: 500, width: 800, height: 600, factor: 1, isMaximum: false };
    const reduced = { ...part, width: 200, height: 150, factor: 4 };
    const all = "“Every pixel” for all";
    const inside = { left: 1000, top: 500, right: 1800, bottom: 1100 };
    const across = { left: 1200, top: 900, right: 2200, bottom: 1900 };
    expect(measureNote(part, inside, plane, false)).toBe("");
    expect(measureNote(part, across, plane, false)).toBe(`of the part in view; ${all}`);
    expect(boxIn(part, across)).toEqual({ left: 200, top: 400, right: 800, bottom: 600 });
    expect(measureNote(part, { ...inside, left: 999 }, plane, false)).toBe(`of the part in view; ${all}`);
    expect(measureNote(part, null, plane, false)).toBe(`of the part in view; ${all}`);
    expect(measureNote(reduced, inside, plane, false)).toBe(`of means over 4 × 4 pixels; ${all}`);
    expect(measureNote({ ...reduced, isMaximum: true }, across, plane, false)).toBe(
      `of the part in view, of maxima over 4 × 4 pixels; ${all}`,
    );
    // The last pixels of a reduced plane stand for fewer pixels than the others.
    const whole = { x: 0, y: 0, width: 572, height: 429, factor: 7, isMaximum: false };
    expect(measureNote(whole, null, plane, false)).toBe(`of means over 7 × 7 pixels; ${all}`);
    const line = { x: 0, y: 0, width: 8192, height: 1, factor: 8, isMaximum: false };
    expect(measureNote(line, null, { width: 65_536, height: 1 }, true)).toBe(`of means over 8 values; ${all}`);
    expect(reductionOf(line, true)).toBe("mean of 8 values");
    expect(reductionOf({ ...reduced, isMaximum: true }, false)).toBe("maximum of 4 × 4 pixels");
  });

  test("a profile has a value for each step along its longer side", () => {
    const values = Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    const size = { width: 3, height: 3, channels: 1 };
    expect(Array.from(profileOf(values, size, [0.5, 0.5], [2.5, 2.5]))).toEqual([0, 4, 8]);
    expect(Array.from(profileOf(values, size, [2.5, 1.5], [0.5, 1.5]))).toEqual([5, 4, 3]);
  });

  test("scales are within the range, and a range of nothing tells above from below", () => {
    const tone = { low: 10, high: 20, scale: "linear" } as const;
    expect([0, 10, 15, 20, 99].map((value) => placeOf(value, tone))).toEqual([0, 0, 0.5, 1, 1]);
    expect(placeOf(nan, tone)).toBeNaN();
    expect([1, 2, 3].map((value) => placeOf(value, { low: 2, high: 2, scale: "linear" }))).toEqual([0, 0.5, 1]);
    for (const scale of ["log", "sqrt"] as const) {
      expect([placeOf(10, { ...tone, scale }), placeOf(20, { ...tone, scale })]).toEqual([0, 1]);
      expect(placeOf(12, { ...tone, scale })).toBeGreaterThan(0.2);
    }
  });

  test("a value is written so that it is read back as the same value", () => {
    for (const value of [0.1, 1e-45, 3.4028235e38, 16_777_217, -0.333_333_34, 1e10]) {
      const single = Math.fround(value);
      expect(Math.fround(Number(exactText(single, "float32")))).toBe(single);
    }
    expect(exactText(Math.fround(0.1), "float32")).toBe("0.1");
    expect([exactText(-0, "float64"), exactText(nan, "float32"), exactText(-infinity, "float32")]).toEqual([
      "-0",
      "NaN",
      "-Infinity",
    ]);
    expect(exactText(18_446_744_073_709_551_615n, "uint64")).toBe("18446744073709551615");
  });

  test("64-bit integers become the nearest doubles", () => {
    const signed = BigInt64Array.from([-1n, 2n ** 53n, -(2n ** 63n)]);
    expect(Array.from(numbersOf(signed))).toEqual([-1, 2 ** 53, -(2 ** 63)]);
    expect(Array.from(numbersOf(BigUint64Array.from([2n ** 64n - 1n])))).toEqual([2 ** 64]);
  });
});

describe("a picture on the screen", () => {
  test("a usual plane is asked for whole, a large one with no more pixels than are shown, or the part in view", () => {
    const view = { width: 700, height: 500 };
    const wanted = (camera: Camera, width: number, height: number, ratio = 1) =>
      wantedPixels(camera, { width, height, channels: 1 }, view, ratio, 8192);
    const whole = { region: null, maxPixels: USUAL_PIXELS, maxSide: 8192 };
    expect(wanted(new Camera(), 1024, 1024)).toEqual(whole);
    // 2,048 pixels on 490 of the screen: four on each, so every fourth; on a screen of double density every second.
    expect(wanted(new Camera(), 2048, 2048)).toEqual({ ...whole, maxSide: 512 });
    expect(wanted(new Camera(), 2048, 2048, 2)).toEqual({ ...whole, maxSide: 1024 });
    // Before the page is laid out nothing is known of the screen.
    expect(
      wantedPixels(new Camera(), { width: 4096, height: 4096, channels: 1 }, { width: 0, height: 0 }, 1, 8192),
    ).toEqual(whole);
    const near = new Camera();
    near.fit({ width: 2048, height: 2048 }, view);
    near.zoomAt(1 / near.zoom, 350, 250, view);
    expect(wanted(near, 2048, 2048)).toEqual({ region: [674, 774, 700, 500], maxPixels: USUAL_PIXELS, maxSide: 700 });
  });

  test("four quarter turns, two flips and two transpositions lead back", () => {
    expect(rotated(rotated(rotated(rotated(UPRIGHT))))).toEqual(UPRIGHT);
    for (const change of [flippedAcross, flippedDown, transposed]) expect(change(change(UPRIGHT))).toEqual(UPRIGHT);
    // A turn clockwise: what was at the right is at the bottom.
    expect(toScreen(rotated(UPRIGHT), 1, 0)).toEqual([0, 1]);
    const turned = flippedAcross(rotated(UPRIGHT));
    expect(toPicture(turned, ...toScreen(turned, 3, 5))).toEqual([3, 5]);
  });

  test("every colour map has 256 opaque colours, and its inverse is the same backwards", () => {
    expect(COLOUR_MAPS).toEqual(["gray", "viridis", "magma", "inferno", "cividis", "turbo", "coolwarm"]);
    for (const name of COLOUR_MAPS) {
      const table = colourTable(name);
      const inverse = colourTable(name, true);
      expect(table.length).toBe(1024);
      for (let i = 0; i < 256; i++) {
        expect(table[i * 4 + 3]).toBe(255);
        expect([...inverse.subarray(i * 4, i * 4 + 4)]).toEqual([...table.subarray((255 - i) * 4, (255 - i) * 4 + 4)]);
      }
    }
    expect([...colourTable("gray").subarray(400, 404)]).toEqual([100, 100, 100, 255]);
    expect([...colourTable("viridis").subarray(0, 4)]).toEqual([0x44, 0x01, 0x54, 255]);
  });
});

describe("the message of a picture", () => {
  const message = (pixels: number): ArrayBuffer => {
    const buffer = new ArrayBuffer(HEADER_BYTES + pixels * 2);
    const header = new DataView(buffer);
    header.setUint32(FIELD.magic, MAGIC, true);
    header.setUint8(FIELD.dtype, 3);
    for (const field of [FIELD.width, FIELD.height]) header.setUint32(field, 2, true);
    header.setUint32(FIELD.channels, 1, true);
    return buffer;
  };

  test("is read without a copy; what is too short or of another kind is none", () => {
    const buffer = message(4);
    const picture = decodePicture(buffer);
    expect(picture).toMatchObject({ dtype: "uint16", width: 2, height: 2, channels: 1 });
    expect(picture?.values.buffer).toBe(buffer);
    expect(decodePicture(message(3))).toBeNull();
    expect(decodePicture(new ArrayBuffer(8))).toBeNull();
    expect(decodePicture(new ArrayBuffer(80))).toBeNull();
  });

  test("its values are saved as .npy with a header of whole 64 bytes", async () => {
    const blob = npyFile(Uint16Array.from([1, 2, 3, 4, 5, 6]), "uint16", [2, 3]);
    const bytes = new Uint8Array(await blob.arrayBuffer());
    const text = new TextDecoder("latin1").decode(bytes.subarray(10, bytes.length - 12));
    expect((bytes.length - 12) % 64).toBe(0);
    expect(text.trimEnd()).toBe("{'descr': '<u2', 'fortran_order': False, 'shape': (2, 3), }");
    expect([...new Uint16Array(bytes.slice(-12).buffer)]).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
