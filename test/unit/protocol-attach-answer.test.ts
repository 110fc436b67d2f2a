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

  test.each<[string, Partial<AttachAnswer>]>([
    ["correlationId: expected 77, found 78", { correlationId: 78n }],
    ["leaseId: expected a value, found none", { leaseId: null }],
    ["streamId: expected 10000, found none", { streamId: null }],
    ["streamId: expected 10000, found 10001", { streamId: 10_001 }],
    ["epoch: expected a value, found none", { epoch: null }],
    ["layoutVersion: expected 1, found none", { layoutVersion: null }],
    ["layoutVersion: expected 1, found 2", { layoutVersion: 2 }],
    ["headerNslots: expected a power of two, found none", { headerNslots: null }],
    ["headerNslots: expected a power of two, found 0", { headerNslots: 0 }],
    ["headerNslots: expected a power of two, found 12", { headerNslots: 12 }],
    ["headerSlotBytes: expected 256, found none", { headerSlotBytes: null }],
    ["headerSlotBytes: expected 256, found 128", { headerSlotBytes: 128 }],
    ["maxDims: expected 8, found none", { maxDims: null }],
    ["maxDims: expected 8, found 4", { maxDims: 4 }],
    ['headerRegionUri: expected a region URI, found ""', { headerRegionUri: "" }],
    ['headerRegionUri: expected a region URI, found " \\t"', { headerRegionUri: " \t" }],
    ["payloadPools: expected at least one, found none", { pools: [] }],
    ["pool 1: poolNslots: expected 8, found 16", { pools: [{ ...POOL, poolNslots: 16 }] }],
    ["pool 1: strideBytes: expected a power of two, found 0", { pools: [{ ...POOL, strideBytes: 0 }] }],
    ["pool 1: strideBytes: expected a power of two, found 5000", { pools: [{ ...POOL, strideBytes: 5000 }] }],
    ['pool 1: regionUri: expected a region URI, found ""', { pools: [{ ...POOL, regionUri: "" }] }],
    ["payloadPools: expected each pool id once, found 1 again", { pools: [POOL, { ...POOL }] }],
    ['pool 2: regionUri: expected a region URI, found " "', { pools: [POOL, { ...POOL, poolId: 2, regionUri: " " }] }],
  ])("is refused: %s", (message, changes) => {
    expect(faultOf(changes)).toBe(message);
  });
});
