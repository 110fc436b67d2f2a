import { expect, test } from "bun:test";
import { FrameHeader } from "../../src/protocol/frame-header.ts";
import { HeaderRing } from "../../src/shm/header-ring.ts";
import type { RegionMemory } from "../../src/shm/mapping.ts";
import { PayloadPool } from "../../src/shm/payload-pool.ts";
import { createSmallStream, TemporaryDirectory } from "../support/shm.ts";

const NSLOTS = 8;
/** As for a slot that was used before. */
const FRAME_BYTES = 64;

/** All bytes of a region's slots, made different from each other. */
function fillSlots(mapping: RegionMemory, byteLength: number): Uint8Array {
  const bytes = new Uint8Array(mapping.window(64, byteLength));
  for (let i = 0; i < bytes.length; i++) bytes[i] = 1 + ((i * 7) % 255);
  return bytes;
}

test("W-18: getting a slot's memory near before its next frame changes no byte of the frame that is there", () => {
  using directory = new TemporaryDirectory();
  using regions = createSmallStream(directory, { nslots: NSLOTS });
  const { mapping, poolId, strideBytes } = regions.pools[0]!;
  const headers = fillSlots(regions.headerRing.mapping, NSLOTS * 256);
  const payloads = fillSlots(mapping, NSLOTS * strideBytes);
  const before = [headers.slice(), payloads.slice()];
  const ring = new HeaderRing(regions.headerRing.mapping, NSLOTS);
  const pool = new PayloadPool(mapping, poolId, strideBytes, NSLOTS);
  for (let i = 0; i < NSLOTS; i++) {
    pool.bytes(i, i === 0 ? 0 : FRAME_BYTES);
    ring.prefetchForWrite(i);
    pool.prefetchForWrite(i);
    ring.fetch(i);
    ring.fetchSecondLine(i);
    pool.fetch(i);
    pool.fetchFirst(i);
  }
  expect([headers, payloads].map((bytes, i) => Buffer.compare(bytes, before[i]!))).toEqual([0, 0]);
});

test("a header read again says whether shape or pool differ from the last, and never that of other fields", () => {
  using directory = new TemporaryDirectory();
  using regions = createSmallStream(directory, { nslots: NSLOTS });
  const ring = new HeaderRing(regions.headerRing.mapping, NSLOTS);
  const written = new FrameHeader();
  Object.assign(written, {
    frameId: 5,
    poolId: 1,
    dtype: 3,
    majorOrder: 1,
    ndims: 2,
    valuesLenBytes: 12,
    payloadSlot: 1,
  });
  written.dims.set([2, 3]);
  const read = new FrameHeader();
  const reads = (change: (header: FrameHeader) => void): boolean => {
    change(written);
    ring.writeHeader(1, written);
    return ring.readHeader(1, read);
  };
  expect(reads(() => {})).toBe(true);
  expect(reads(() => {})).toBe(false);
  const others: ((header: FrameHeader) => void)[] = [
    (header) => (header.frameId = 2 ** 40 + 1),
    (header) => (header.timestampLow = 0xffff_ffff),
    (header) => (header.timestampHigh = 0x8000_0000),
    (header) => (header.metaVersion = 0xffff_fffe),
  ];
  for (const change of others) expect(reads(change)).toBe(false);
  const judged: ((header: FrameHeader) => void)[] = [
    (header) => (header.valuesLenBytes = 0xffff_fff0),
    (header) => (header.payloadOffset = 4),
    (header) => (header.poolId = 0xfffe),
    (header) => (header.dtype = -2),
    (header) => (header.majorOrder = -1),
    (header) => (header.ndims = 8),
    (header) => (header.dims[7] = -5),
    (header) => (header.strides[7] = 9),
  ];
  for (const change of judged) {
    expect(reads(change)).toBe(true);
    expect(reads(() => {})).toBe(false);
  }
  expect([...read.words.subarray(2)]).toEqual([...written.words.subarray(2)]);
  expect(read).toMatchObject({ frameId: 2 ** 40 + 1, poolId: 0xfffe, dtype: -2, majorOrder: -1, ndims: 8 });
  expect(read).toMatchObject({ timestampHigh: 0x8000_0000, timestampLow: 0xffff_ffff, valuesLenBytes: 0xffff_fff0 });
});

test("frameId is exact up to 2^53, and isFrame agrees with it", () => {
  const header = new FrameHeader();
  for (const seq of [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 52 + 1, 2 ** 53 - 1]) {
    header.frameId = seq;
    expect(header.frameId).toBe(seq);
    expect(header.isFrame(seq)).toBe(true);
    for (const other of [seq + 1, seq - 1, seq % 2 ** 32, seq + 2 ** 32]) {
      if (other !== seq) expect(header.isFrame(other)).toBe(false);
    }
  }
});
