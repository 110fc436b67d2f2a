import { describe, expect, test } from "bun:test";
import { attributeText, textAttribute } from "../../src/protocol/attribute.ts";
import {
  bitsOfCode,
  contiguousByteLength,
  DTYPE_NAMES,
  DTYPES,
  dtypeOfCode,
  isDtype,
} from "../../src/protocol/dtype.ts";
import { MAJOR_ORDER_CODES } from "../../src/protocol/frame-header.ts";
import { contiguousLayout, explainShapeFault, shapeByteLength } from "../../src/protocol/frame-layout.ts";
import { RatePacer } from "../../src/protocol/rate-pacer.ts";
import { CADENCE_NS, DEFAULT_STREAMS, LIVENESS_PERIODS } from "../../src/protocol/stream-ids.ts";
import { Dtype as WireDtype, MajorOrder as WireMajorOrder } from "../../src/sbe/generated/control/index.ts";

describe("dtypes", () => {
  test("W-11: the codes are those of the wire's enum, and no other code has a dtype", () => {
    const wireNames: Record<string, string> = { bool: "BOOLEAN" };
    for (const name of DTYPE_NAMES) {
      const wireName = wireNames[name] ?? name.toUpperCase();
      expect(`${name} ${DTYPES[name].code}`).toBe(`${name} ${(WireDtype as Record<string, number>)[wireName]}`);
      expect(dtypeOfCode(DTYPES[name].code)).toBe(name);
      expect(bitsOfCode(DTYPES[name].code)).toBe(DTYPES[name].bits);
    }
    for (const code of [0, 12, 15, 16, -1, 32_767, 1.5, Number.NaN]) {
      expect(dtypeOfCode(code)).toBeUndefined();
      expect(bitsOfCode(code)).toBe(0);
    }
    expect(MAJOR_ORDER_CODES).toEqual({ row: WireMajorOrder.ROW, column: WireMajorOrder.COLUMN });
  });

  test("names are exact: nothing that objects have by themselves is one", () => {
    expect(isDtype("uint8")).toBe(true);
    for (const name of ["toString", "constructor", "__proto__", "UINT8", "float16", ""])
      expect(isDtype(name)).toBe(false);
  });

  test("bytes of a contiguous array: bits are rounded up, a scalar is one element, a 0 makes it empty", () => {
    expect(contiguousByteLength("uint16", [3, 4])).toBe(24);
    expect(contiguousByteLength("bit", [9])).toBe(2);
    expect(contiguousByteLength("bit", [3, 3])).toBe(2);
    expect(contiguousByteLength("float64", [])).toBe(8);
    expect(contiguousByteLength("bit", [])).toBe(1);
    expect(contiguousByteLength("int32", [5, 0, 2])).toBe(0);
  });
});

describe("shapes", () => {
  test("a layout's bytes are those of its dtype and dims", () => {
    expect(contiguousLayout("int16", [2, 3])).toEqual({
      dtype: "int16",
      dims: [2, 3],
      majorOrder: "row",
      byteLength: 12,
    });
  });

  test("with strides, the bytes reach to the end of the last element", () => {
    expect(shapeByteLength({ dtype: "uint16", dims: [2, 3], strides: [10, 2] })).toBe(16);
    expect(shapeByteLength({ dtype: "uint16", dims: [2, 3], strides: [0, 0] })).toBe(12);
    expect(shapeByteLength({ dtype: "uint16", dims: [2, 3], strides: [0, 4] })).toBe(22);
    expect(shapeByteLength({ dtype: "uint16", dims: [2, 0], strides: [10, 2] })).toBe(0);
  });

  test("W-11: what is wrong is said with the value", () => {
    const explain = (shape: object) => explainShapeFault({ dtype: "uint8", dims: [], ...shape } as never);
    expect(explain({})).toBeNull();
    expect(explain({ dtype: "float16" })).toContain('"float16"');
    expect(explain({ dims: new Array(9).fill(1) })).toContain("found 9");
    for (const dim of [-1, 1.5, Number.NaN, 2 ** 31]) expect(explain({ dims: [dim] })).toContain(`found ${dim}`);
    expect(explain({ dims: [2], strides: [] })).toContain("expected 1 strides, found 0");
    for (const stride of [-1, 0.5, 2 ** 31])
      expect(explain({ dims: [2], strides: [stride] })).toContain(`found ${stride}`);
  });

  test("W-10: a writer's strides that overlap or contradict the order are refused before readers have to", () => {
    const explain = (strides: number[], majorOrder?: "column") =>
      explainShapeFault({
        dtype: "uint16",
        dims: [2, 3],
        strides,
        ...(majorOrder === undefined ? {} : { majorOrder }),
      });
    expect(explain([6, 2])).toBeNull();
    expect(explain([2, 4], "column")).toBeNull();
    expect(explain([4, 2])).not.toBeNull();
    expect(explain([2, 4])).not.toBeNull();
    expect(explainShapeFault({ dtype: "bit", dims: [8], strides: [1] })).not.toBeNull();
  });
});

describe("RatePacer", () => {
  /** Frames that are taken in a second of cycles of this length. */
  function framesIn(pacer: RatePacer, fromNs: number, toNs: number, cycleNs: number): number {
    let frames = 0;
    for (let nowNs = fromNs; nowNs < toNs; nowNs += cycleNs) {
      while (pacer.isDue(nowNs)) {
        pacer.advance(nowNs);
        frames++;
      }
    }
    return frames;
  }

  for (const [rateHz, cycleNs] of [
    [30, 1e6],
    [1000, 70_000],
    [29.97, 333_333],
    [100_000, 3e6],
  ] as const) {
    test(`keeps ${rateHz} a second on average in cycles of ${cycleNs / 1e6} ms`, () => {
      const frames = framesIn(new RatePacer(rateHz), 5e9, 15e9, cycleNs);
      expect(Math.abs(frames - rateHz * 10)).toBeLessThanOrEqual(1 + rateHz * 1e-2);
    });
  }

  test("the first frame is due at once, and the next one a period later", () => {
    const pacer = new RatePacer(10);
    expect(pacer.isDue(7e9)).toBe(true);
    pacer.advance(7e9);
    expect(pacer.isDue(7e9 + 99e6)).toBe(false);
    expect(pacer.isDue(7e9 + 100e6)).toBe(true);
  });

  test("a short delay is caught up, a long pause is not", () => {
    const pacer = new RatePacer(1000);
    framesIn(pacer, 0, 1e9, 1e6);
    expect(framesIn(pacer, 1.05e9, 1.051e9, 1e6)).toBeGreaterThanOrEqual(50);
    expect(framesIn(pacer, 9e9, 9.001e9, 1e6)).toBeLessThanOrEqual(2);
  });

  test("a rate that is none is refused", () => {
    for (const rate of [0, -1, Number.NaN]) expect(() => new RatePacer(rate)).toThrow(RangeError);
  });
});

test("W-08: a dead owner is known after 3 to 5 announce periods", () => {
  expect(LIVENESS_PERIODS).toBeGreaterThanOrEqual(3);
  expect(LIVENESS_PERIODS).toBeLessThanOrEqual(5);
  expect(CADENCE_NS).toBe(1e9);
  expect(DEFAULT_STREAMS).toEqual({
    channel: "aeron:ipc",
    controlStreamId: 1000,
    descriptorStreamId: 1100,
    qosStreamId: 1200,
    metadataStreamId: 1300,
  });
});

test("attributes are found by their key, as text", () => {
  const attributes = [textAttribute("a", "1"), textAttribute("b", "grün")];
  expect(attributeText(attributes, "b")).toBe("grün");
  expect(attributeText(attributes, "c")).toBeUndefined();
  expect(attributes[0]?.format).toBe("text/plain");
});
