import { describe, expect, test } from "bun:test";
import { type AttachAnswer, findAnswerFault } from "../../src/protocol/attach-answer.ts";

const POOL = { poolId: 1, poolNslots: 8, strideBytes: 4096, regionUri: "shm:file?path=/dev/shm/t/payload-1.pool" };
const ANSWER: AttachAnswer = {
  code: 0,
  correlationId: 77n,
  leaseId: 5n,
  leaseExpiryTimestampNs: null,
  streamId: 10_000,
  epoch: 3n,
  layoutVersion: 1,
  headerNslots: 8,
  headerSlotBytes: 256,
  maxDims: 8,
  pools: [POOL],
  headerRegionUri: "shm:file?path=/dev/shm/t/header.ring",
  errorMessage: "",
};

function faultOf(changes: Partial<AttachAnswer>): string | null {
  return findAnswerFault({ ...ANSWER, ...changes }, { correlationId: 77n, streamId: 10_000 });
}

describe("D-07: an answer to an attach request", () => {
  test("that says everything is accepted, with or without the time at which the lease ends, and with several pools", () => {
    expect(faultOf({})).toBeNull();
    expect(faultOf({ leaseExpiryTimestampNs: 2n ** 63n })).toBeNull();
    expect(faultOf({ pools: [POOL, { ...POOL, poolId: 2, strideBytes: 65_536 }] })).toBeNull();
    expect(faultOf({ leaseId: 0n, epoch: 2n ** 64n - 2n })).toBeNull();
  });

  test.each<[Partial<AttachAnswer>, string]>([
    [{ correlationId: 78n }, "correlationId: expected 77, found 78"],
    [{ leaseId: null }, "leaseId: expected a value, found none"],
    [{ streamId: null }, "streamId: expected 10000, found none"],
    [{ streamId: 10_001 }, "streamId: expected 10000, found 10001"],
    [{ epoch: null }, "epoch: expected a value, found none"],
    [{ layoutVersion: null }, "layoutVersion: expected 1, found none"],
    [{ layoutVersion: 2 }, "layoutVersion: expected 1, found 2"],
    [{ headerNslots: null }, "headerNslots: expected a power of two, found none"],
    [{ headerNslots: 0 }, "headerNslots: expected a power of two, found 0"],
    [{ headerNslots: 12 }, "headerNslots: expected a power of two, found 12"],
    [{ headerSlotBytes: null }, "headerSlotBytes: expected 256, found none"],
    [{ headerSlotBytes: 128 }, "headerSlotBytes: expected 256, found 128"],
    [{ maxDims: null }, "maxDims: expected 8, found none"],
    [{ maxDims: 4 }, "maxDims: expected 8, found 4"],
    [{ headerRegionUri: "" }, 'headerRegionUri: expected a region URI, found ""'],
    [{ headerRegionUri: " \t" }, 'headerRegionUri: expected a region URI, found " \\t"'],
    [{ pools: [] }, "payloadPools: expected at least one, found none"],
    [{ pools: [{ ...POOL, poolNslots: 16 }] }, "pool 1: poolNslots: expected 8, found 16"],
    [{ pools: [{ ...POOL, strideBytes: 0 }] }, "pool 1: strideBytes: expected a power of two, found 0"],
    [{ pools: [{ ...POOL, strideBytes: 5000 }] }, "pool 1: strideBytes: expected a power of two, found 5000"],
    [{ pools: [{ ...POOL, regionUri: "" }] }, 'pool 1: regionUri: expected a region URI, found ""'],
    [{ pools: [POOL, { ...POOL }] }, "payloadPools: expected each pool id once, found 1 again"],
    [{ pools: [POOL, { ...POOL, poolId: 2, regionUri: " " }] }, 'pool 2: regionUri: expected a region URI, found " "'],
  ])("with %p is refused by name", (changes, message) => {
    expect(faultOf(changes)).toBe(`D-07: ${message}`);
  });
});
