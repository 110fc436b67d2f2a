import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emitSchema } from "../../src/sbe/compiler/emit-schema.ts";
import { parseSchema } from "../../src/sbe/compiler/parse.ts";
import type { MessageDecoder } from "../../src/sbe/runtime/decoders.ts";
import type { MessageEncoder } from "../../src/sbe/runtime/encoders.ts";

const SCHEMA = readFileSync(join(import.meta.dir, "../fixtures/evolving-schema.xml"), "utf8");
const RUN_TIME = join(import.meta.dir, "../../src/sbe/runtime");

/** The generated classes are loaded at run time, so their members are looked up by name. */
// biome-ignore lint/suspicious/noExplicitAny: the type checker has not seen this code.
type Loaded = any;

const folder = mkdtempSync(join(tmpdir(), "tensorpool-sbe-"));
let code: Loaded;

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of emitSchema(parseSchema(SCHEMA, "evolving-schema.xml"), RUN_TIME)) {
    writeFileSync(join(folder, name), text);
  }
  code = await import(join(folder, "index.ts"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const view = new DataView(new ArrayBuffer(512));

function wrap(decoder: MessageDecoder, length: number): string {
  return decoder.wrap(view, 0, length)?.code ?? "accepted";
}

/** A message of the newest version with two shapes, of two corners and of none. */
function encodeDrawing(): number {
  const encoder: MessageEncoder & Loaded = new code.DrawingEncoder().wrap(view, 0, 512);
  encoder
    .setOriginX(-3)
    .setOriginShade(code.Colour.RED)
    .setOriginY(4)
    .setWordsNumber(1, 2 ** 52)
    .setDepth(-5)
    .setWeightNumber(-9);
  const shapes = encoder.shapesCount(2);
  const corners = shapes.next().setKind(8).setAngle(90).cornersCount(2);
  corners.next().setAtX(1).setAtShade(code.Colour.BLUE);
  corners.next().setAtX(2).setAtShade(code.Colour.RED);
  shapes.putLabel("square").putNote("n");
  shapes.next().setKind(9).cornersCount(0);
  shapes.putLabel("").putNote("");
  encoder.layersCount(1).next().setLevel(-1);
  return encoder.putTitle("title").putAuthor("me").encodedLength;
}

/** An older message, byte by byte: what every version has, and `more` after the fixed fields. */
function olderDrawing(version: number, blockLength: number, shapeBytes: number[], tail: number[]): number {
  new Uint8Array(view.buffer).fill(0);
  [blockLength, 3, 7, version].forEach((value, i) => {
    view.setUint16(i * 2, value, true);
  });
  view.setInt8(8 + 2, 1);
  const rest = [...shapeBytes, ...tail];
  new Uint8Array(view.buffer).set(rest, 8 + blockLength);
  return 8 + blockLength + rest.length;
}

const EMPTY = [0, 0, 0, 0];

describe("generated from a schema with all that the compiler knows", () => {
  test("block lengths follow the versions", () => {
    const [drawing, bare] = parseSchema(SCHEMA, "x").messages;
    expect(drawing?.blockLengths).toEqual([24, 40, 48]);
    expect(drawing?.groups[0]?.blockLengths).toEqual([1, 1, 3]);
    expect(bare?.blockLengths).toEqual([0, 0, 0]);
  });

  test("the newest version is read as it was written", () => {
    const decoder = new code.DrawingDecoder();
    expect(wrap(decoder, encodeDrawing())).toBe("accepted");
    expect([decoder.originX, decoder.originShade, decoder.originY]).toEqual([-3, -1, 4]);
    expect([decoder.words(0), decoder.wordsNumber(1), decoder.wordsHigh(1)]).toEqual([0n, 2 ** 52, 2 ** 20]);
    expect([decoder.depth, decoder.hasDepth, decoder.weightNumber, decoder.weight]).toEqual([-5, true, -9, -9n]);
    expect([decoder.hasTint, decoder.tint]).toEqual([false, -128]);
    expect([decoder.title(), decoder.author()]).toEqual(["title", "me"]);
    const { shapes } = decoder;
    expect(shapes.count).toBe(2);
    shapes.next();
    const seen: number[][] = [];
    while (shapes.corners.next()) seen.push([shapes.corners.atX, shapes.corners.atShade]);
    expect(seen).toEqual([
      [1, 1],
      [2, -1],
    ]);
    expect([shapes.kind, shapes.angle, shapes.label(), shapes.note()]).toEqual([8, 90, "square", "n"]);
    shapes.next();
    expect([shapes.kind, shapes.hasAngle, shapes.corners.count, shapes.label()]).toEqual([9, false, 0, ""]);
    expect(decoder.layers.next() && decoder.layers.level).toBe(-1);
  });

  test("an older version is read with its own lengths, and what it lacks is absent", () => {
    const decoder = new code.DrawingDecoder();
    const shape = [1, 0, 1, 0, 7, 6, 0, 0, 0, 1, 0, 0, 0, 65];
    const second = olderDrawing(2, 40, [...shape, 0, 0, 0, 0], [1, 0, 0, 0, 66]);
    expect(wrap(decoder, second)).toBe("accepted");
    expect([decoder.version, decoder.hasDepth, decoder.depth, decoder.hasTint]).toEqual([2, true, 0, false]);
    expect([decoder.layers.count, decoder.author(), decoder.title()]).toEqual([0, "", "B"]);
    const first = olderDrawing(1, 24, shape, [0, 0, 0, 0]);
    expect(wrap(decoder, first)).toBe("accepted");
    expect([decoder.hasDepth, decoder.depth, decoder.hasWeight, decoder.weight]).toEqual([
      false,
      -32768,
      false,
      -(2n ** 63n),
    ]);
    expect([decoder.weightHigh, decoder.weightLow, decoder.weightNumber]).toEqual([0x80000000, 0, -(2 ** 63)]);
    expect([decoder.shapes.next(), decoder.shapes.kind, decoder.shapes.hasAngle]).toEqual([true, 7, false]);
    expect([decoder.shapes.label(), decoder.shapes.note()]).toEqual(["A", ""]);
  });

  test("W-36: a block length of another version is refused", () => {
    const decoder = new code.DrawingDecoder();
    expect(wrap(decoder, olderDrawing(1, 40, [1, 0, 0, 0], EMPTY))).toBe("block-length");
    expect(wrap(decoder, olderDrawing(2, 40, [3, 0, 0, 0], EMPTY))).toBe("group-block-length");
    expect(wrap(decoder, olderDrawing(0, 24, [1, 0, 0, 0], EMPTY))).toBe("version");
    expect(wrap(decoder, olderDrawing(4, 48, [3, 0, 0, 0], EMPTY))).toBe("version");
  });

  test("no truncation is accepted or thrown, however deep the groups are", () => {
    const length = encodeDrawing();
    const decoder = new code.DrawingDecoder();
    for (let shorter = 0; shorter < length; shorter++) expect(wrap(decoder, shorter)).not.toBe("accepted");
    expect(wrap(decoder, length)).toBe("accepted");
    expect(decoder.wrap(view, 0, 20)?.code).toBe("truncated");
    expect([decoder.shapes.count, decoder.shapes.corners.count]).toEqual([0, 0]);
  });

  test("a wrong enum value in a nested group is refused with its path", () => {
    const length = encodeDrawing();
    const decoder = new code.DrawingDecoder();
    view.setInt8(8 + 48 + 4 + 3 + 4 + 2, 0);
    expect(decoder.wrap(view, 0, length)).toMatchObject({ code: "enum", field: "shapes.corners.atShade" });
  });

  test("a nested group that ends an entry, and a group that ends a message, must be complete", () => {
    const encoder = new code.BareEncoder().wrap(view, 0, 512);
    const rows = encoder.rowsCount(2);
    rows.next().cellsCount(1);
    expect(() => rows.next()).toThrow("Bare.rows.cells: expected 1 more entries");
    const complete = new code.BareEncoder().wrap(view, 0, 512);
    complete.rowsCount(1).next().cellsCount(2).next().setValue(1).next();
    expect(complete.encodedLength).toBe(8 + 4 + 4 + 2);
    const decoder = new code.BareDecoder();
    expect(wrap(decoder, complete.encodedLength)).toBe("accepted");
    expect([decoder.rows.next(), decoder.rows.cells.count, decoder.rows.next()]).toEqual([true, 2, false]);
  });
});
