import { expect, test } from "bun:test";
import { encodePng, SinkError, textAttribute } from "../../src/index.ts";
import { readPng } from "../support/png-reader.ts";

test("an array is a picture: grey, colour in either place, 16 bits, floats scaled to their range", async () => {
  const grey = await encodePng({ bytes: new Uint8Array([0, 1, 2, 250, 251, 255]), dtype: "uint8", dims: [2, 3] });
  expect(readPng(grey)).toEqual({ width: 3, height: 2, bits: 8, channels: 1, samples: [0, 1, 2, 250, 251, 255] });
  const planes = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  const colour = readPng(await encodePng({ bytes: planes, dtype: "uint8", dims: [3, 2, 2] }, { channels: "first" }));
  expect(colour).toMatchObject({ width: 2, height: 2, channels: 3, samples: [1, 5, 9, 2, 6, 10, 3, 7, 11, 4, 8, 12] });
  const floats = new Uint8Array(new Float32Array([-1, 0, 1]).buffer);
  expect(readPng(await encodePng({ bytes: floats, dtype: "float32", dims: [1, 3] })).samples).toEqual([0, 128, 255]);
  const range = { scale: { minimum: -1, maximum: 3 } } as const;
  expect(readPng(await encodePng({ bytes: floats, dtype: "float32", dims: [1, 3] }, range)).samples).toEqual([
    0, 64, 128,
  ]);
});

test("bytes at any offset, and in column-major order", async () => {
  const wide = new Uint8Array(1 + 8);
  wide.set(new Uint8Array(new Uint16Array([1, 2, 300, 65535]).buffer), 1);
  const frame = { bytes: wide.subarray(1), dtype: "uint16", dims: [2, 2] } as const;
  expect(readPng(await encodePng(frame))).toMatchObject({ bits: 16, samples: [1, 2, 300, 65535] });
  expect(readPng(await encodePng({ ...frame, majorOrder: "column" })).samples).toEqual([1, 300, 2, 65535]);
  expect(readPng(await encodePng({ ...frame, attributes: [textAttribute("unit", "mm")] })).width).toBe(2);
});

test("what is no picture is refused, and so are dims that do not fit the bytes", async () => {
  const bytes = new Uint8Array(8);
  await expect(encodePng({ bytes, dtype: "uint8", dims: [8] })).rejects.toBeInstanceOf(SinkError);
  await expect(encodePng({ bytes, dtype: "uint8", dims: [2, 4], strides: [8, 1] })).rejects.toThrow(
    "a contiguous frame",
  );
  await expect(encodePng({ bytes, dtype: "uint8", dims: [2, 5] })).rejects.toThrow(
    "expected 10 bytes for uint8 2x5, found 8",
  );
});
