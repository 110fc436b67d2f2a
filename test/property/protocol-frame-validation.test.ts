import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { bitsOfCode, DTYPE_NAMES, DTYPES, dtypeOfCode } from "../../src/protocol/dtype.ts";
import { FrameHeader, MAJOR_ORDER_CODES } from "../../src/protocol/frame-header.ts";
import { explainShapeFault, type FrameShape, shapeByteLength } from "../../src/protocol/frame-layout.ts";
import { findHeaderFault, HeaderFault } from "../../src/protocol/frame-validation.ts";

const STRIDE_BYTES = 65_536;

/** What the rules say, slowly, with whole numbers of any size and every element of the array visited. */
function referenceAccepts(header: FrameHeader): boolean {
  const { ndims } = header;
  const dims = Array.from(header.dims.subarray(0, ndims), BigInt);
  const strides = Array.from(header.strides.subarray(0, ndims), BigInt);
  const bits = BigInt(bitsOfCode(header.dtype));
  if (dims.some((dim) => dim < 0n) || strides.some((stride) => stride < 0n)) return false;
  if (bits === 1n && strides.some((stride) => stride !== 0n)) return false;
  if (dims.some((dim) => dim === 0n)) return true;
  const inner = dims.map((_, i) => i);
  if (header.majorOrder === MAJOR_ORDER_CODES.row) inner.reverse();
  const steps: bigint[] = new Array(ndims).fill(0n);
  let contiguous = bits;
  for (const i of inner) {
    const stride = strides[i] as bigint;
    steps[i] = stride === 0n ? contiguous : stride * 8n;
    contiguous = (steps[i] as bigint) * (dims[i] as bigint);
  }
  // In the declared order each dimension steps over all that the inner ones reach.
  let span = bits;
  for (const i of inner) {
    if ((dims[i] as bigint) === 1n) continue;
    if ((steps[i] as bigint) < span) return false;
    span += ((dims[i] as bigint) - 1n) * (steps[i] as bigint);
  }
  return (span + 7n) / 8n <= BigInt(header.valuesLenBytes);
}

/** First bits of all elements, found by walking the array. */
function elementBits(header: FrameHeader): number[] {
  const { ndims } = header;
  const bits = bitsOfCode(header.dtype);
  const order = Array.from({ length: ndims }, (_, i) => i);
  if (header.majorOrder === MAJOR_ORDER_CODES.row) order.reverse();
  let contiguous = bits;
  let starts = [0];
  for (const i of order) {
    const stride = header.strides[i] as number;
    const dim = header.dims[i] as number;
    const step = stride === 0 ? contiguous : stride * 8;
    starts = Array.from({ length: dim }, (_, n) => starts.map((start) => start + n * step)).flat();
    contiguous = step * dim;
  }
  return starts;
}

const SMALL_DIMS = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 5 });

function headerFrom(fields: {
  dtype: number;
  order: "row" | "column";
  dims: readonly number[];
  strides: readonly number[];
  valuesLenBytes: number;
}): FrameHeader {
  const header = new FrameHeader();
  header.poolId = 1;
  header.dtype = fields.dtype;
  header.majorOrder = MAJOR_ORDER_CODES[fields.order];
  header.ndims = fields.dims.length;
  header.dims.set(fields.dims);
  header.strides.set(fields.strides.slice(0, fields.dims.length));
  header.valuesLenBytes = fields.valuesLenBytes;
  return header;
}

const ANY_HEADER = fc
  .record({
    dtype: fc.constantFrom(...DTYPE_NAMES.map((name) => DTYPES[name].code)),
    order: fc.constantFrom("row", "column"),
    dims: fc.oneof(
      { weight: 4, arbitrary: SMALL_DIMS },
      { weight: 1, arbitrary: fc.array(fc.integer({ min: -3, max: 2 ** 31 - 1 }), { maxLength: 8 }) },
    ),
    strides: fc.array(
      fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 64 }), fc.integer({ min: -5, max: 2 ** 31 - 1 })),
      {
        minLength: 8,
        maxLength: 8,
      },
    ),
    valuesLenBytes: fc.oneof(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 0, max: STRIDE_BYTES })),
  } as const)
  .map(headerFrom);

describe("frame headers", () => {
  test("the check agrees with a slow reference in whole numbers of any size", () => {
    fc.assert(
      fc.property(ANY_HEADER, (header) => {
        expect(findHeaderFault(header, 0, STRIDE_BYTES) === HeaderFault.NONE).toBe(referenceAccepts(header));
      }),
      { numRuns: 5000 },
    );
  });

  test("in an accepted frame no two elements overlap and none reaches beyond the values", () => {
    fc.assert(
      fc.property(ANY_HEADER, (header) => {
        fc.pre(header.dims.subarray(0, header.ndims).every((dim) => dim <= 4));
        fc.pre(findHeaderFault(header, 0, STRIDE_BYTES) === HeaderFault.NONE);
        const bits = bitsOfCode(header.dtype);
        const starts = elementBits(header).sort((a, b) => a - b);
        for (let i = 1; i < starts.length; i++) {
          expect((starts[i] as number) - (starts[i - 1] as number)).toBeGreaterThanOrEqual(bits);
        }
        if (starts.length > 0) {
          expect((starts.at(-1) as number) + bits).toBeLessThanOrEqual(header.valuesLenBytes * 8);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test("a contiguous array of any dtype, shape and order is accepted with exactly its bytes, and refused with one less", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...DTYPE_NAMES),
        fc.constantFrom("row" as const, "column" as const),
        fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 6 }),
        fc.boolean(),
        (dtype, order, dims, explicit) => {
          const bits = DTYPES[dtype].bits;
          const strides = dims.map((_, i) => {
            if (!explicit || bits === 1) return 0;
            const inner = order === "row" ? dims.slice(i + 1) : dims.slice(0, i);
            return inner.reduce((product, dim) => product * dim, bits / 8);
          });
          const shape: FrameShape = { dtype, dims, majorOrder: order, strides };
          expect(explainShapeFault(shape)).toBeNull();
          const valuesLenBytes = shapeByteLength(shape);
          const header = headerFrom({ dtype: DTYPES[dtype].code, order, dims, strides, valuesLenBytes });
          expect(findHeaderFault(header, 0, STRIDE_BYTES)).toBe(HeaderFault.NONE);
          header.valuesLenBytes--;
          expect(findHeaderFault(header, 0, STRIDE_BYTES)).toBe(HeaderFault.SHAPE);
        },
      ),
    );
  });

  test("what a producer lets pass is what a consumer accepts, in the bytes that the producer asks for", () => {
    fc.assert(
      fc.property(ANY_HEADER, (header) => {
        const dims = Array.from(header.dims.subarray(0, header.ndims));
        const strides = Array.from(header.strides.subarray(0, header.ndims));
        const shape: FrameShape = {
          dtype: dtypeOfCode(header.dtype) ?? "bytes",
          dims,
          strides,
          majorOrder: header.majorOrder === MAJOR_ORDER_CODES.row ? "row" : "column",
        };
        fc.pre(explainShapeFault(shape) === null);
        const needed = shapeByteLength(shape);
        fc.pre(needed <= header.valuesLenBytes);
        expect(findHeaderFault(header, 0, STRIDE_BYTES)).toBe(HeaderFault.NONE);
      }),
      { numRuns: 3000 },
    );
  });

  test("one field out of its set is refused for its own cause, whatever the rest is", () => {
    const faults: readonly (readonly [HeaderFault, (header: FrameHeader, n: number) => void])[] = [
      [HeaderFault.NDIMS, (header, n) => (header.ndims = 9 + (n % 247))],
      [HeaderFault.PAYLOAD_SLOT, (header, n) => (header.payloadSlot = 1 + n)],
      [HeaderFault.PAYLOAD_OFFSET, (header, n) => (header.payloadOffset = 1 + n)],
      [HeaderFault.VALUES_LENGTH, (header, n) => (header.valuesLenBytes = STRIDE_BYTES + 1 + n)],
      [HeaderFault.DTYPE, (header, n) => (header.dtype = n % 2 === 0 ? -1 - (n % 30_000) : 15 + (n % 30_000))],
      [HeaderFault.MAJOR_ORDER, (header, n) => (header.majorOrder = 3 + (n % 30_000))],
    ];
    fc.assert(
      fc.property(ANY_HEADER, fc.nat(1_000_000), fc.constantFrom(...faults), (header, n, [fault, change]) => {
        change(header, n);
        expect(findHeaderFault(header, 0, STRIDE_BYTES)).toBe(fault);
      }),
    );
  });
});
