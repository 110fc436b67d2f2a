import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  headerRingIdentity,
  payloadPoolIdentity,
  RegionType,
  regionBytes,
  SUPERBLOCK_BYTES,
  SuperblockReader,
  SuperblockWriter,
} from "../../src/shm/superblock.ts";
import { refusalOf } from "../support/shm.ts";

const identity = payloadPoolIdentity(10_000, 7n, 1024, 3, 65_536);

function written(): ArrayBuffer {
  const bytes = new ArrayBuffer(SUPERBLOCK_BYTES);
  new SuperblockWriter(bytes).initialise(identity, { pid: 4242, startTimestampNs: 123_456_789_012_345n });
  return bytes;
}

describe("superblock", () => {
  test("W-01: a superblock is written as the reference encoding has it", () => {
    const vectors = JSON.parse(readFileSync(join(import.meta.dir, "../fixtures/slots.json"), "utf8"));
    const reference = vectors.find((vector: { name: string }) => vector.name === "ShmRegionSuperblock");
    const bytes = written();
    const activity = 123_456_789_099_999n;
    new SuperblockWriter(bytes).refreshActivity(Number(activity >> 32n), Number(activity & 0xffff_ffffn));
    expect(Buffer.from(bytes).toString("hex")).toBe(reference.hex);
  });

  test("W-06: the first activity is the start", () => {
    const reader = new SuperblockReader(written());
    expect(reader.readActivity()).toBe(123_456_789_012_345n);
    expect(reader.startTimestampNs).toBe(123_456_789_012_345n);
    expect(reader.pid).toBe(4242n);
  });

  const fields: [name: string, change: (view: DataView) => void, expected: string, found: string][] = [
    ["magic", (view) => view.setUint8(0, 0x32), "0x544f504c53484d31", "0x544f504c53484d32"],
    ["layoutVersion", (view) => view.setUint32(8, 2, true), "1", "2"],
    ["epoch", (view) => view.setBigUint64(12, 2n ** 63n, true), "7", "9223372036854775808"],
    ["streamId", (view) => view.setUint32(20, 10_001, true), "10000", "10001"],
    ["regionType", (view) => view.setInt16(24, 1, true), "2", "1"],
    ["poolId", (view) => view.setUint16(26, 4, true), "3", "4"],
    ["nslots", (view) => view.setUint32(28, 2048, true), "1024", "2048"],
    ["slotBytes", (view) => view.setUint32(32, 4096, true), "65536", "4096"],
    ["strideBytes", (view) => view.setUint32(36, 0, true), "65536", "0"],
  ];
  for (const [name, change, expected, found] of fields) {
    test(`W-07: a wrong ${name} is refused by name`, () => {
      const bytes = written();
      change(new DataView(bytes));
      const error = refusalOf(() => new SuperblockReader(bytes).validate(identity, "/region"));
      expect(error.code).toBe("superblock-mismatch");
      expect(error.message).toBe(`region refused: /region: ${name}: expected ${expected}, found ${found}`);
      expect(error.expected).toBe(expected);
      expect(error.found).toBe(found);
    });
  }

  test("W-07: epochs beyond 2^53 are compared exactly", () => {
    const bytes = new ArrayBuffer(SUPERBLOCK_BYTES);
    const large = payloadPoolIdentity(1, 2n ** 60n + 1n, 8, 0, 4096);
    new SuperblockWriter(bytes).initialise(large, { pid: 1, startTimestampNs: 0n });
    const reader = new SuperblockReader(bytes);
    reader.validate(large, "/region");
    expect(refusalOf(() => reader.validate({ ...large, epoch: 2n ** 60n }, "/region")).found).toBe(
      "1152921504606846977",
    );
  });

  test("W-07: memory of zeros is no superblock", () => {
    const reader = new SuperblockReader(new ArrayBuffer(SUPERBLOCK_BYTES));
    expect(refusalOf(() => reader.validate(identity, "/region")).message).toContain("magic");
  });

  test("W-02: sizes are exact beyond 4 GiB", () => {
    expect(regionBytes(payloadPoolIdentity(1, 1n, 1024, 1, 2 ** 31))).toBe(64 + 2 ** 41);
    const ring = headerRingIdentity(1, 1n, 1024);
    expect(ring.regionType).toBe(RegionType.HEADER_RING);
    expect(regionBytes(ring)).toBe(64 + 1024 * 256);
  });

  test("W-08: a timestamp that is no finite double is refused, not altered", () => {
    expect(() => new SuperblockWriter(written()).refreshActivity(0x7ff0_0000, 1)).toThrow(RangeError);
  });
});
