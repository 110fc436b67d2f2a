import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { layoutOf, type MajorOrder, openSink } from "../../src/io/index.ts";
import { sinkFrame, temporaryFolder, writeAll } from "../support/io-frames.ts";
import { readPng } from "../support/png-reader.ts";

const side = fc.integer({ min: 1, max: 40 });

/** Dims, and which of them is what; channels of 5 and more would be no picture, sizes below it would be channels. */
const shape = fc.oneof(
  fc.tuple(side, side).map(([h, w]) => ({ dims: [h, w], axes: [0, 1, -1] as const, options: "" })),
  fc
    .tuple(side, side, fc.integer({ min: 1, max: 4 }))
    .map(([h, w, c]) => ({ dims: [h, w, c], axes: [0, 1, 2] as const, options: "" })),
  fc
    .tuple(fc.integer({ min: 1, max: 4 }), side, side)
    .map(([c, h, w]) => ({ dims: [c, h, w], axes: [1, 2, 0] as const, options: ",channels=first" })),
);

/** Distance between neighbours of each dimension, computed otherwise than the sink does. */
function elementAt(dims: readonly number[], order: MajorOrder, index: readonly number[]): number {
  const [first, ...others] = order === "row" ? dims.keys() : [...dims.keys()].reverse();
  let at = index[first as number] as number;
  for (const k of others) at = at * (dims[k] as number) + (index[k] as number);
  return at;
}

test("uint8 and uint16 frames of random shapes and orders return pixel by pixel", async () => {
  using folder = await temporaryFolder();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      shape,
      fc.constantFrom<MajorOrder>("row", "column"),
      fc.boolean(),
      fc.integer(),
      async ({ dims, axes, options }, order, isDeep, seed) => {
        const layout = layoutOf(isDeep ? "uint16" : "uint8", dims, order);
        const bytes = new Uint8Array(new ArrayBuffer(layout.byteLength));
        for (let i = 0, state = seed | 1; i < bytes.length; i++) {
          state = Math.imul(state, 1_664_525) + 1_013_904_223;
          bytes[i] = state >>> 24;
        }
        const values = isDeep ? new Uint16Array(bytes.buffer) : bytes;
        const path = folder.path(`run-${run++}`);
        await writeAll(await openSink(`png:${path}${options}`), [sinkFrame(layout, bytes)]);
        const picture = readPng(readFileSync(`${path}/${readdirSync(path)[0]}`));
        const [h, w, c] = axes.map((axis) => (axis < 0 ? 1 : (dims[axis] as number))) as [number, number, number];
        expect([picture.height, picture.width, picture.channels, picture.bits]).toEqual([h, w, c, isDeep ? 16 : 8]);
        const expected: number[] = [];
        for (let y = 0; y < h; y++) {
          for (let x = 0; x < w; x++) {
            for (let k = 0; k < c; k++) {
              const index = dims.map((_, axis) => (axis === axes[0] ? y : axis === axes[1] ? x : k));
              expected.push(values[elementAt(dims, order, index)] as number);
            }
          }
        }
        expect(picture.samples).toEqual(expected);
      },
    ),
    { numRuns: 150 },
  );
});
