import { expect, test } from "bun:test";
import fc from "fast-check";
import { RegionError } from "../../src/shm/errors.ts";
import { sliceSlots } from "../../src/shm/slot-slicing.ts";
import { payloadPoolIdentity, SUPERBLOCK_BYTES, SuperblockReader, SuperblockWriter } from "../../src/shm/superblock.ts";

const powerOfTwo = (max: number) => fc.integer({ min: 0, max }).map((exponent) => 2 ** exponent);

test("W-02: every slot lies in one window, where the wire says, beyond 4 GiB as well", () => {
  fc.assert(
    fc.property(
      powerOfTwo(16),
      powerOfTwo(31),
      powerOfTwo(31),
      fc.nat(),
      (nslots, strideBytes, maxWindowBytes, seed) => {
        fc.pre(nslots / Math.max(1, maxWindowBytes / strideBytes) <= 4096);
        const slicing = sliceSlots(SUPERBLOCK_BYTES, strideBytes, nslots, maxWindowBytes);
        const slot = seed % nslots;
        const window = slicing.windows[slot >>> slicing.windowShift];
        if (window === undefined) throw new Error(`slot ${slot} has no window`);
        const offset = (slot & slicing.slotMask) * strideBytes;
        expect(window.offset + offset).toBe(SUPERBLOCK_BYTES + slot * strideBytes);
        expect(offset + strideBytes).toBeLessThanOrEqual(window.byteLength);
        expect(window.byteLength).toBeLessThanOrEqual(Math.max(maxWindowBytes, strideBytes));
        const total = slicing.windows.reduce((sum, part) => sum + part.byteLength, 0);
        expect(total).toBe(nslots * strideBytes);
      },
    ),
  );
});

test("W-07: a superblock that was written validates, and one with any bit changed below the pid does not", () => {
  const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
  fc.assert(
    fc.property(
      u32,
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      u32,
      fc.nat(0xffff),
      u32,
      fc.nat(40 * 8 - 1),
      (stream, epoch, nslots, pool, stride, bit) => {
        const identity = payloadPoolIdentity(stream, epoch, nslots, pool, stride);
        const bytes = new ArrayBuffer(SUPERBLOCK_BYTES);
        new SuperblockWriter(bytes).initialise(identity, { pid: 1, startTimestampNs: 2n });
        const reader = new SuperblockReader(bytes);
        reader.validate(identity, "here");
        const view = new Uint8Array(bytes);
        view[bit >>> 3] = (view[bit >>> 3] as number) ^ (1 << (bit & 7));
        expect(() => reader.validate(identity, "here")).toThrow(RegionError);
      },
    ),
  );
});

test("W-08: an activity timestamp is stored whole, whatever its words", () => {
  const bytes = new ArrayBuffer(SUPERBLOCK_BYTES);
  const writer = new SuperblockWriter(bytes);
  const reader = new SuperblockReader(bytes);
  const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0x7fef_ffff }), u32, (high, low) => {
      writer.refreshActivity(high, low);
      expect(reader.readActivity()).toBe((BigInt(high) << 32n) | BigInt(low));
    }),
    { numRuns: 1000 },
  );
});
