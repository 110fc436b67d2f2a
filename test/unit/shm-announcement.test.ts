import { describe, expect, test } from "bun:test";
import { MAX_POOLS, type PoolAnnouncement, planMapping } from "../../src/shm/announcement.ts";
import { refusalOf } from "../support/shm.ts";

const pool = { poolId: 1, poolNslots: 8, strideBytes: 4096, regionUri: "shm:file?path=/a/payload-1.pool" };
const announce: PoolAnnouncement = {
  streamId: 10_000,
  producerId: 1,
  epoch: 5n,
  layoutVersion: 1,
  headerNslots: 8,
  headerSlotBytes: 256,
  maxDims: 8,
  pools: [pool],
  headerRegionUri: "shm:file?path=/a/header.ring",
};

describe("announces", () => {
  test("W-05: pools are given in ascending order of stride, whatever the order of the announce", () => {
    const plan = planMapping({
      ...announce,
      pools: [
        { ...pool, strideBytes: 65_536 },
        { ...pool, poolId: 9 },
        { ...pool, poolId: 4 },
      ],
    });
    expect(plan.pools.map(({ poolId, strideBytes }) => [poolId, strideBytes])).toEqual([
      [4, 4096],
      [9, 4096],
      [1, 65_536],
    ]);
  });

  const refused: [name: string, change: Partial<PoolAnnouncement>, rule: string, what: string][] = [
    ["W-24: a layout version that is not known", { layoutVersion: 2 }, "W-24", "layoutVersion"],
    ["W-24: header slots of another size", { headerSlotBytes: 64 }, "W-24", "headerSlotBytes"],
    ["W-24: another number of dims", { maxDims: 16 }, "W-24", "maxDims"],
    ["W-15: a ring without slots", { headerNslots: 0 }, "W-15", "headerNslots"],
    ["W-15: a ring that is no power of two", { headerNslots: 12 }, "W-15", "headerNslots"],
    ["W-15: a ring without bounds", { headerNslots: 2 ** 31 }, "W-15", "headerNslots"],
    ["W-05: a stream without pools", { pools: [] }, "W-05", "pools"],
    ["W-05: pools without bounds", { pools: new Array(MAX_POOLS + 1).fill(pool) }, "W-05", "pools"],
    ["W-05: a pool id twice", { pools: [pool, pool] }, "W-05", "poolId"],
    ["W-03: a pool with other slots than the ring", { pools: [{ ...pool, poolNslots: 16 }] }, "W-03", "poolNslots"],
    ["W-04: a stride of zero", { pools: [{ ...pool, strideBytes: 0 }] }, "W-04", "strideBytes"],
    ["W-04: a stride that is no power of two", { pools: [{ ...pool, strideBytes: 12_288 }] }, "W-04", "strideBytes"],
    ["W-25: a header ring without a URI", { headerRegionUri: "" }, "W-25", "scheme"],
    ["W-25: a pool without a URI", { pools: [{ ...pool, regionUri: "" }] }, "W-25", "scheme"],
    [
      "W-02: a size beyond all bounds",
      { headerNslots: 2 ** 20, pools: [{ ...pool, poolNslots: 2 ** 20, strideBytes: 2 ** 31 }] },
      "W-02",
      "size",
    ],
  ];
  for (const [name, change, rule, what] of refused) {
    test(`${name} is refused`, () => {
      const error = refusalOf(() => planMapping({ ...announce, ...change }));
      expect(error.rule).toBe(rule);
      expect(error.message).toContain(what);
    });
  }
});
