import { describe, expect, test } from "bun:test";
import { readFileSync, statSync } from "node:fs";
import { AllowedBaseDirs, MappedStream } from "../../src/shm/index.ts";
import {
  announceOf,
  createSmallStream,
  creationErrorOf,
  refusalOf,
  STREAM_ID,
  smallStream,
  TemporaryDirectory,
} from "../support/shm.ts";

const POOLS = [
  { poolId: 3, strideBytes: 8192 },
  { poolId: 1, strideBytes: 4096 },
];

function pathOf(uri: string): string {
  return uri.slice("shm:file?path=".length);
}

describe("regions as a peer finds them on disk", () => {
  test("W-01, W-02: each file begins with a superblock of 64 bytes and holds all slots behind it, in whole pages", () => {
    using directory = new TemporaryDirectory();
    using regions = createSmallStream(directory, { pools: POOLS });
    const slots = [
      { uri: regions.headerRing.uri, slotBytes: 256, strideBytes: 0, type: 1, poolId: 0 },
      ...regions.pools.map(({ uri, strideBytes, poolId }) => ({
        uri,
        slotBytes: strideBytes,
        strideBytes,
        type: 2,
        poolId,
      })),
    ];
    for (const { uri, slotBytes, strideBytes, type, poolId } of slots) {
      const { size } = statSync(pathOf(uri));
      expect(size).toBeGreaterThanOrEqual(64 + 8 * slotBytes);
      expect(size % 4096).toBe(0);
      const file = readFileSync(pathOf(uri));
      // The bytes of TPOLSHM1, as section 2.1 prints them.
      expect(file.subarray(0, 8).toString("hex")).toBe("314d48534c504f54");
      const view = new DataView(file.buffer, file.byteOffset, 64);
      expect([
        view.getUint32(8, true),
        view.getBigUint64(12, true),
        view.getUint32(20, true),
        view.getInt16(24, true),
        view.getUint16(26, true),
        view.getUint32(28, true),
        view.getUint32(32, true),
        view.getUint32(36, true),
        view.getBigUint64(40, true),
        view.getBigUint64(48, true),
        view.getBigUint64(56, true),
      ]).toEqual([
        1,
        BigInt(regions.epoch),
        STREAM_ID,
        type,
        poolId,
        8,
        slotBytes,
        strideBytes,
        BigInt(process.pid),
        123_456_789n,
        123_456_789n,
      ]);
      // What lies behind it is the slots'.
      expect(file.subarray(64).every((byte) => byte === 0)).toBe(true);
    }
  });

  test("W-03: an announce with a pool of another number of slots is refused, whichever pool it is", () => {
    using directory = new TemporaryDirectory();
    using regions = createSmallStream(directory, { pools: POOLS });
    const announce = announceOf(regions);
    const baseDirs = AllowedBaseDirs.resolve([directory.path]);
    for (const [i, poolNslots] of [
      [0, 4],
      [1, 16],
      [1, 0],
    ] as const) {
      const pools = announce.pools.map((pool, index) => (index === i ? { ...pool, poolNslots } : pool));
      const refusal = refusalOf(() => MappedStream.map({ ...announce, pools }, baseDirs));
      expect([refusal.rule, refusal.expected, refusal.found]).toEqual([
        "W-03",
        "the header ring's 8",
        String(poolNslots),
      ]);
    }
  });

  test("W-04: strides that are no power of two, or no multiple of the page, are never made", () => {
    using directory = new TemporaryDirectory();
    for (const strideBytes of [0, 1, 64, 2048, 4097, 6144, 12_288]) {
      const error = creationErrorOf(() => createSmallStream(directory, { pools: [{ poolId: 1, strideBytes }] }));
      expect([error.code, error.rule]).toEqual(["invalid-options", "W-04"]);
    }
  });

  test("W-06: activity alone changes in a superblock while its region lives", () => {
    using directory = new TemporaryDirectory();
    using regions = createSmallStream(directory);
    for (const uri of [regions.headerRing.uri, ...regions.pools.map((pool) => pool.uri)]) {
      const before = readFileSync(pathOf(uri)).subarray(0, 64);
      regions.refreshActivity(7, 9);
      const after = readFileSync(pathOf(uri)).subarray(0, 64);
      expect(after.subarray(0, 56).equals(before.subarray(0, 56))).toBe(true);
      expect(after.readBigUInt64LE(56)).toBe((7n << 32n) | 9n);
      regions.refreshActivity(0, 123_456_789);
    }
  });

  test("W-21: an epoch is greater than the one before, also when its folder is gone, and than any that is on disk", () => {
    using directory = new TemporaryDirectory();
    let last = 0;
    for (let n = 0; n < 100; n++) {
      using regions = createSmallStream(directory);
      expect(regions.epoch).toBeGreaterThan(last);
      last = regions.epoch;
    }
    // Two side by side: the second finds the first one's folder.
    const startedMs = Date.now();
    using first = createSmallStream(directory);
    using second = createSmallStream(directory, { instanceId: `other-${STREAM_ID}` });
    expect(first.epoch).toBeGreaterThan(last);
    // Another instance has epochs of its own, from the wall clock on (D-13).
    expect(second.epoch).toBeGreaterThanOrEqual(startedMs);
    expect(smallStream(directory).instanceId).toContain(String(STREAM_ID));
  });
});
