import { describe, expect, test } from "bun:test";
import { DTYPES, type Dtype } from "../../src/protocol/dtype.ts";
import { FrameHeader, MAJOR_ORDER_CODES } from "../../src/protocol/frame-header.ts";
import { findHeaderFault, HeaderFault } from "../../src/protocol/frame-validation.ts";

const STRIDE_BYTES = 4096;
const INDEX = 5;

interface Shape {
  readonly dtype?: Dtype;
  readonly dims?: readonly number[];
  readonly strides?: readonly number[];
  readonly order?: "row" | "column";
  readonly valuesLenBytes?: number;
}

/** A header that is in order unless the shape is not. */
function headerOf({
  dtype = "uint16",
  dims = [3, 4],
  strides = [],
  order = "row",
  valuesLenBytes = 24,
}: Shape): FrameHeader {
  const header = new FrameHeader();
  header.valuesLenBytes = valuesLenBytes;
  header.payloadSlot = INDEX;
  header.poolId = 1;
  header.dtype = DTYPES[dtype].code;
  header.majorOrder = MAJOR_ORDER_CODES[order];
  header.ndims = dims.length;
  header.dims.set(dims.slice(0, 8));
  header.strides.set(strides.slice(0, 8));
  return header;
}

function faultOf(change: (header: FrameHeader) => void, strideBytes = STRIDE_BYTES): string {
  const header = headerOf({});
  change(header);
  return nameOf(findHeaderFault(header, INDEX, strideBytes));
}

function faultOfShape(shape: Shape): string {
  return nameOf(findHeaderFault(headerOf(shape), INDEX, STRIDE_BYTES));
}

function nameOf(fault: HeaderFault): string {
  return Object.entries(HeaderFault).find(([, value]) => value === fault)?.[0] ?? "?";
}

describe("each fault has its own code", () => {
  test("a header in order has none", () => {
    expect(faultOf(() => {})).toBe("NONE");
  });

  for (const [rule, fault, change] of [
    ["W-09", "NDIMS", (header) => (header.ndims = 9)],
    ["W-09", "NDIMS", (header) => (header.ndims = 255)],
    ["W-10", "STRIDES", (header) => header.strides.set([-8, 2])],
    ["W-11", "PAYLOAD_OFFSET", (header) => (header.payloadOffset = 1)],
    ["W-11", "VALUES_LENGTH", (header) => (header.valuesLenBytes = STRIDE_BYTES + 1)],
    ["W-11", "VALUES_LENGTH", (header) => (header.valuesLenBytes = 0xffff_ffff)],
    ["W-11", "PAYLOAD_SLOT", (header) => (header.payloadSlot = INDEX + 1)],
    ["W-11", "DTYPE", (header) => (header.dtype = 0)],
    ["W-11", "DTYPE", (header) => (header.dtype = 12)],
    ["W-11", "DTYPE", (header) => (header.dtype = 15)],
    ["W-11", "DTYPE", (header) => (header.dtype = -1)],
    ["W-11", "MAJOR_ORDER", (header) => (header.majorOrder = 0)],
    ["W-11", "MAJOR_ORDER", (header) => (header.majorOrder = 3)],
    ["W-11", "DIMS", (header) => header.dims.set([-1, 4])],
    ["W-11", "SHAPE", (header) => header.dims.set([3, 5])],
  ] as const satisfies readonly (readonly [string, string, (header: FrameHeader) => unknown])[]) {
    test(`${rule}: ${fault} for ${change.toString().split("=>")[1]?.trim()}`, () => {
      expect(faultOf(change)).toBe(fault);
    });
  }

  test("W-11: POOL_ID when the pool is not mapped", () => {
    expect(faultOf(() => {}, 0)).toBe("POOL_ID");
  });
});

describe("W-10: strides", () => {
  test("0 means contiguous, a dimension at a time; explicit ones may leave room between rows", () => {
    expect(faultOfShape({ strides: [0, 0] })).toBe("NONE");
    expect(faultOfShape({ strides: [8, 2] })).toBe("NONE");
    expect(faultOfShape({ strides: [8, 0] })).toBe("NONE");
    expect(faultOfShape({ strides: [0, 2] })).toBe("NONE");
    expect(faultOfShape({ strides: [64, 2], valuesLenBytes: 2 * 64 + 8 })).toBe("NONE");
    expect(faultOfShape({ strides: [64, 2], valuesLenBytes: 2 * 64 + 7 })).toBe("SHAPE");
  });

  test("overlapping ones are refused", () => {
    expect(faultOfShape({ strides: [6, 2], valuesLenBytes: 4096 })).toBe("STRIDES");
    expect(faultOfShape({ strides: [8, 1], valuesLenBytes: 4096 })).toBe("STRIDES");
    expect(faultOfShape({ dims: [4], strides: [1], valuesLenBytes: 4096 })).toBe("STRIDES");
  });

  test("those that contradict the major order are refused, in both orders", () => {
    expect(faultOfShape({ strides: [2, 6], valuesLenBytes: 4096 })).toBe("STRIDES");
    expect(faultOfShape({ strides: [2, 6], order: "column" })).toBe("NONE");
    expect(faultOfShape({ strides: [8, 2], order: "column", valuesLenBytes: 4096 })).toBe("STRIDES");
  });

  test("a dimension of one element may have any stride; it is never used", () => {
    expect(faultOfShape({ dims: [1, 4], strides: [2, 2], valuesLenBytes: 8 })).toBe("NONE");
    expect(faultOfShape({ dims: [4, 1], strides: [2, 2], valuesLenBytes: 8 })).toBe("NONE");
  });

  test("bits have no explicit strides", () => {
    expect(faultOfShape({ dtype: "bit", dims: [9], valuesLenBytes: 2 })).toBe("NONE");
    expect(faultOfShape({ dtype: "bit", dims: [9], valuesLenBytes: 1 })).toBe("SHAPE");
    expect(faultOfShape({ dtype: "bit", dims: [8], strides: [1], valuesLenBytes: 8 })).toBe("STRIDES");
  });

  test("dims and strides beyond ndims are ignored (W-09)", () => {
    expect(
      faultOf((header) => {
        header.dims.fill(-1, 2);
        header.strides.fill(-1, 2);
      }),
    ).toBe("NONE");
  });
});

describe("extremes", () => {
  test("W-12: nothing is an empty frame, and a dimension of 0 makes one whatever the others are", () => {
    expect(faultOfShape({ dims: [0], valuesLenBytes: 0 })).toBe("NONE");
    expect(faultOfShape({ dims: [2 ** 31 - 1, 0, 2 ** 31 - 1], valuesLenBytes: 0 })).toBe("NONE");
    expect(faultOfShape({ dims: [0, 3], strides: [1, 1], valuesLenBytes: 0 })).toBe("NONE");
    expect(faultOfShape({ dims: [0, -1], valuesLenBytes: 0 })).toBe("DIMS");
  });

  test("W-11: a scalar is one element", () => {
    expect(faultOfShape({ dims: [], valuesLenBytes: 2 })).toBe("NONE");
    expect(faultOfShape({ dims: [], valuesLenBytes: 1 })).toBe("SHAPE");
  });

  test("W-11: contiguous dims beyond the precision of a double are SHAPE, not STRIDES", () => {
    for (let less = 0; less < 64; less++) {
      const dim = 2 ** 31 - 1 - less;
      expect({ dim, fault: faultOfShape({ dims: [3, dim, dim, 5, dim, 3] }) }).toEqual({ dim, fault: "SHAPE" });
    }
  });

  test("W-11: products far beyond 64 bits do not overflow into something small", () => {
    const huge = new Array(8).fill(2 ** 31 - 1);
    expect(faultOfShape({ dims: huge, valuesLenBytes: STRIDE_BYTES })).toBe("SHAPE");
    expect(faultOfShape({ dims: new Array(8).fill(65_536), valuesLenBytes: STRIDE_BYTES })).toBe("SHAPE");
    expect(faultOfShape({ dims: [2 ** 31 - 1], strides: [2 ** 31 - 1], valuesLenBytes: STRIDE_BYTES })).toBe("SHAPE");
  });

  test("the last byte of the slot may be used, and a frame may leave bytes unused", () => {
    expect(faultOfShape({ dtype: "uint8", dims: [STRIDE_BYTES], valuesLenBytes: STRIDE_BYTES })).toBe("NONE");
    expect(faultOfShape({ dtype: "uint8", dims: [1], valuesLenBytes: STRIDE_BYTES })).toBe("NONE");
  });
});
