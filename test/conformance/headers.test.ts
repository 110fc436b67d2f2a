import { describe, expect, test } from "bun:test";
import { FrameHeader } from "../../src/protocol/frame-header.ts";
import type { LossCause } from "../../src/roles/counters.ts";
import { Frame } from "../../src/roles/frame.ts";
import { FrameReader } from "../../src/roles/frame-reader.ts";
import { HeaderRing } from "../../src/shm/header-ring.ts";
import { AllowedBaseDirs, MappedStream } from "../../src/shm/index.ts";
import { announceOf, createSmallStream, TemporaryDirectory } from "../support/shm.ts";

const SEQ = 11;
const INDEX = 3;
const SLOT_BYTES = 256;
const UINT16 = 3;
const BIT = 14;

/** A frame of 6 x 4 uint16 in a slot of 4,096 bytes, with room for twice as much. */
function goodHeader(): FrameHeader {
  const header = new FrameHeader();
  header.frameId = SEQ;
  header.valuesLenBytes = 96;
  header.payloadSlot = INDEX;
  header.poolId = 1;
  header.dtype = UINT16;
  header.majorOrder = 1;
  header.ndims = 2;
  header.dims.set([6, 4]);
  return header;
}

/** What a reader that has the stream mapped says of the frame. */
function verdictOn(change: (header: FrameHeader, slot: DataView) => void): LossCause | "accepted" {
  using directory = new TemporaryDirectory();
  using regions = createSmallStream(directory);
  using stream = MappedStream.map(announceOf(regions), AllowedBaseDirs.resolve([directory.path]));
  const ring = new HeaderRing(regions.headerRing.mapping, regions.nslots);
  const slot = new DataView(regions.headerRing.mapping.window(64, regions.nslots * SLOT_BYTES), INDEX * SLOT_BYTES);
  const header = goodHeader();
  change(header, slot);
  ring.markWriting(INDEX, SEQ);
  ring.writeHeader(INDEX, header);
  // What an honest writer could not write is put into the slot afterwards.
  change(header, slot);
  ring.commit(INDEX, SEQ);
  const frame = new Frame(
    () => 0,
    () => [],
  );
  const reader = new FrameReader(stream);
  const cause = reader.begin(frame, SEQ);
  if (cause !== null) return cause;
  expect(reader.end(frame)).toBe(true);
  return "accepted";
}

/** Each change by itself leads to the same verdict. */
function expectEach(
  verdict: LossCause | "accepted",
  changes: readonly ((header: FrameHeader, slot: DataView) => void)[],
) {
  for (const change of changes) {
    expect({ change: change.toString(), verdict: verdictOn(change) }).toEqual({ change: change.toString(), verdict });
  }
}

describe("every invalid header is dropped under a cause of its own", () => {
  test("a header in order is accepted", () => {
    expectEach("accepted", [() => {}]);
  });

  test("W-09: more than eight dims are headerNdims", () => {
    expectEach("headerNdims", [(_, slot) => slot.setUint8(46, 9), (_, slot) => slot.setUint8(46, 255)]);
  });

  test("W-09: zero to eight dims are accepted, and what stands beyond them is ignored", () => {
    expectEach("accepted", [
      (header) => {
        header.ndims = 8;
        header.dims.set([1, 1, 1, 1, 1, 1, 6, 4]);
      },
      (header) => {
        header.ndims = 0;
      },
      (_, slot) => slot.setInt32(48 + 2 * 4, -5, true),
      (_, slot) => slot.setInt32(80 + 7 * 4, -5, true),
    ]);
  });

  test("W-10: negative strides are headerStrides", () => {
    expectEach("headerStrides", [
      (header) => header.strides.set([-8, 2]),
      (header) => header.strides.set([8, -2]),
      (header) => header.strides.set([-(2 ** 31), 0]),
    ]);
  });

  test("W-10: overlapping strides are headerStrides", () => {
    expectEach("headerStrides", [
      (header) => header.strides.set([7, 2]),
      (header) => header.strides.set([0, 1]),
      (header) => header.strides.set([2, 2]),
    ]);
  });

  test("W-10: strides that contradict the major order are headerStrides", () => {
    expectEach("headerStrides", [
      (header) => header.strides.set([2, 12]),
      (header) => {
        header.majorOrder = 2;
        header.strides.set([8, 2]);
      },
    ]);
  });

  test("W-10: explicit strides of bits are headerStrides", () => {
    expectEach("headerStrides", [
      (header) => {
        header.dtype = BIT;
        header.strides.set([8, 1]);
      },
    ]);
  });

  test("W-10: 0 for contiguous, and explicit strides with room between rows, are accepted", () => {
    expectEach("accepted", [
      (header) => header.strides.set([8, 2]),
      (header) => header.strides.set([16, 2]),
      (header) => header.strides.set([16, 0]),
      (header) => {
        header.majorOrder = 2;
        header.strides.set([2, 12]);
      },
    ]);
  });

  test("W-11: a payload offset other than 0 is headerPayloadOffset", () => {
    expectEach("headerPayloadOffset", [
      (header) => {
        header.payloadOffset = 1;
      },
      (header) => {
        header.payloadOffset = 0xffff_ffff;
      },
    ]);
  });

  test("W-11: values beyond the stride are headerValuesLength", () => {
    expectEach("headerValuesLength", [
      (header) => {
        header.valuesLenBytes = 4097;
      },
      (header) => {
        header.valuesLenBytes = 0xffff_ffff;
      },
    ]);
  });

  test("W-11: a payload slot outside of the pool, or another than the header's, is headerPayloadSlot", () => {
    for (const payloadSlot of [0, 4, 8, 0xffff_ffff]) {
      expect(verdictOn((header) => Object.assign(header, { payloadSlot }))).toBe("headerPayloadSlot");
    }
  });

  test("W-11: a pool that is not mapped is headerPoolId", () => {
    for (const poolId of [0, 2, 0xffff]) {
      expect(verdictOn((header) => Object.assign(header, { poolId }))).toBe("headerPoolId");
    }
  });

  test("W-11: a dtype outside of its set, or UNKNOWN, is headerDtype", () => {
    for (const dtype of [0, 12, 15, 255, -1, -(2 ** 15)]) {
      expect(verdictOn((_, slot) => slot.setInt16(42, dtype, true))).toBe("headerDtype");
    }
  });

  test("W-11: a major order outside of its set, or UNKNOWN, is headerMajorOrder", () => {
    for (const order of [0, 3, -1, 256]) {
      expect(verdictOn((_, slot) => slot.setInt16(44, order, true))).toBe("headerMajorOrder");
    }
  });

  test("W-11: a negative dim is headerDims", () => {
    expectEach("headerDims", [
      (header) => header.dims.set([-1, 4]),
      (header) => header.dims.set([6, -4]),
      (header) => header.dims.set([-(2 ** 31), -(2 ** 31)]),
    ]);
  });

  test("W-11: a shape beyond the values is headerShape, however large its product is", () => {
    expectEach("headerShape", [
      (header) => header.dims.set([7, 7]),
      (header) => header.dims.set([2 ** 31 - 1, 2 ** 31 - 1]),
      (header) => {
        header.ndims = 8;
        header.dims.fill(2 ** 16);
      },
      (header) => header.strides.set([40, 2]),
      (header) => {
        header.valuesLenBytes = 47;
      },
    ]);
  });

  test("W-11: bits pack eight a byte, the last byte padded", () => {
    const bits = (elements: number, valuesLenBytes: number) =>
      verdictOn((header) => {
        header.dtype = BIT;
        header.ndims = 1;
        header.dims[0] = elements;
        header.valuesLenBytes = valuesLenBytes;
      });
    expect([bits(16, 2), bits(17, 2), bits(17, 3)]).toEqual(["accepted", "headerShape", "accepted"]);
  });

  test("W-12: no values at all are a valid frame when no element needs any", () => {
    expectEach("accepted", [
      (header) => {
        header.valuesLenBytes = 0;
        header.dims.set([0, 4]);
      },
    ]);
    expectEach("headerShape", [
      (header) => {
        header.valuesLenBytes = 0;
      },
    ]);
  });

  test("W-13: the padding is the producer's: readers ignore it, and a writer leaves it alone", () => {
    expectEach("accepted", [
      (_, slot) => {
        for (let at = 112; at < 256; at += 4) slot.setUint32(at, 0xdead_beef, true);
      },
    ]);
    using directory = new TemporaryDirectory();
    using regions = createSmallStream(directory);
    const ring = new HeaderRing(regions.headerRing.mapping, regions.nslots);
    ring.markWriting(INDEX, SEQ);
    ring.writeHeader(INDEX, goodHeader());
    ring.commit(INDEX, SEQ);
    const padding = new Uint8Array(regions.headerRing.mapping.window(64 + INDEX * SLOT_BYTES + 112, 144));
    // No pointer or address gets there.
    expect(padding.every((byte) => byte === 0)).toBe(true);
  });
});
