import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { layoutOf, SourceError } from "../../src/io/index.ts";
import { NpyFormat } from "../../src/io/npy/format.ts";
import { encodeNpyHeader, MAX_HEADER_BYTES, npyHeaderLength, parseNpyHeader } from "../../src/io/npy/header.ts";
import { DTYPE_NAMES } from "../../src/protocol/dtype.ts";
import { chunkedSource, readEagerly } from "../support/io-chunked-input.ts";

const dtypes = fc.constantFrom(...DTYPE_NAMES.filter((name) => name !== "bit" && name !== "bytes"));
const smallDims = fc.array(fc.nat(4), { maxLength: 8 });
const chunkSizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 8 });

describe("npy headers", () => {
  test("what is written is read again, 64-byte aligned, for any dtype, dims and order", () => {
    const dims = fc.oneof(smallDims, fc.array(fc.nat(2 ** 31 - 1), { maxLength: 1 }));
    fc.assert(
      fc.property(dtypes, dims, fc.constantFrom("row", "column"), (dtype, shape, order) => {
        fc.pre(shape.reduce((product, dim) => product * dim, 8) < 2 ** 31);
        const layout = layoutOf(dtype, shape, order as "row" | "column");
        const header = encodeNpyHeader(layout);
        expect(header.length % 64).toBe(0);
        expect(npyHeaderLength(header, header.length, "x")).toBe(header.length);
        const read = parseNpyHeader(header, "x");
        expect(read.swapBytes).toBe(1);
        // An array that is both C- and Fortran-contiguous is written as C, as NumPy does.
        const isBoth = layout.byteLength === 0 || shape.filter((dim) => dim > 1).length < 2;
        expect(read.layout).toEqual(isBoth ? { ...layout, majorOrder: "row" } : layout);
      }),
    );
  });

  test("any bytes are a header, need more, or are refused with a SourceError", () => {
    const magic = fc.constant([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
    const text = fc.string({ maxLength: 80 }).map((value) => [...Buffer.from(`{'descr': '<u2', ${value}`)]);
    const bytes = fc.tuple(magic, fc.oneof(fc.array(fc.nat(255), { maxLength: 100 }), text)).map(([head, rest]) => {
      return Uint8Array.from([...head, rest.length & 0xff, rest.length >> 8, ...rest]);
    });
    fc.assert(
      fc.property(fc.oneof(bytes, fc.uint8Array({ maxLength: 64 })), (input) => {
        try {
          const length = npyHeaderLength(input, input.length, "x");
          expect(length).toBeLessThanOrEqual(MAX_HEADER_BYTES + 12);
          if (length <= input.length) parseNpyHeader(input.slice(0, length), "x");
        } catch (error) {
          expect(error).toBeInstanceOf(SourceError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("npy records on a pipe", () => {
  test("arrive whole, whatever the chunks", () => {
    const record = fc.tuple(dtypes, fc.array(fc.nat(5), { maxLength: 3 }), fc.nat(255));
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 4 }), chunkSizes, (records, chunks) => {
        const expected = records.map(([dtype, dims, fill]) => {
          const layout = layoutOf(dtype, dims);
          return { layout, bytes: new Uint8Array(layout.byteLength).map((_, i) => (fill + i) & 0xff) };
        });
        const stream = Buffer.concat(expected.flatMap(({ layout, bytes }) => [encodeNpyHeader(layout), bytes]));
        const frames = readEagerly(chunkedSource(new NpyFormat(), stream, chunks));
        expect(frames.map(({ dims, bytes }) => [dims, Buffer.from(bytes).toString("hex")])).toEqual(
          expected.map(({ layout, bytes }) => [layout.dims, Buffer.from(bytes).toString("hex")]),
        );
      }),
    );
  });

  test("big-endian elements are swapped also when a chunk ends within one", () => {
    fc.assert(
      fc.property(fc.constantFrom(2, 4, 8), fc.integer({ min: 1, max: 40 }), chunkSizes, (size, count, chunks) => {
        const text = `{'descr': '>u${size}', 'fortran_order': False, 'shape': (${count},), }\n`;
        const header = Uint8Array.from([0x93, ...Buffer.from("NUMPY"), 1, 0, text.length, 0, ...Buffer.from(text)]);
        const values = Uint8Array.from({ length: size * count }, (_, i) => i & 0xff);
        const [frame] = readEagerly(chunkedSource(new NpyFormat(), Buffer.concat([header, values]), chunks));
        const swapped = values.map((_, i) => values[i - (i % size) + size - 1 - (i % size)] ?? 0);
        expect(frame?.bytes).toEqual(swapped);
      }),
    );
  });
});
