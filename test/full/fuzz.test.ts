import { expect, test } from "bun:test";
import { REFUSAL_CODES } from "../../src/sbe/index.ts";
import { type FuzzOutcome, firstSeed, fuzz, fuzzTable } from "./fuzz/fuzz.ts";
import type { CaseKind } from "./fuzz/subject.ts";

const MESSAGES = 1_000_000;
const BRIDGES = 50_000;
const SUPERBLOCKS = 30_000;
const HEADERS = 50_000;
const REGION_FILES = 20_000;
const TEST_MS = 10 * 60_000;

/** Runs the cases and prints what became of them. */
async function run(kind: CaseKind, count: number): Promise<FuzzOutcome> {
  const outcome = await fuzz(kind, firstSeed(), count);
  console.log(fuzzTable([outcome]));
  return outcome;
}

test(
  "W-34, W-36: a million changed messages are refused with a reason by every decoder, or read without a look outside",
  async () => {
    const { counts } = await run("messages", MESSAGES);
    expect(Object.keys(counts).sort()).toEqual(["accepted", ...REFUSAL_CODES].sort());
  },
  TEST_MS,
);

test(
  "W-36: a million changed messages go through the handlers of both roles; each malformed one is counted, none throws",
  async () => {
    const { counts } = await run("handlers", MESSAGES);
    for (const name of [
      "messagesRefused",
      "foreignEpoch",
      "unmapped",
      "identity",
      "regionsRefused",
      "progressRefused",
    ]) {
      expect({ name, isSeen: (counts[`counter ${name}`] ?? 0) > 0 }).toEqual({ name, isSeen: true });
    }
    expect(counts["counter progressSeen"]).toBeGreaterThan(0);
  },
  TEST_MS,
);

test(
  "W-36: changed messages of bridges are refused, or open no more than is allowed, and report no more than was sent",
  async () => {
    const { counts } = await run("bridge", BRIDGES);
    expect(Object.keys(counts).sort()).toEqual(["opens refused", "opens taken", "reports refused", "reports taken"]);
  },
  TEST_MS,
);

test(
  "W-07, W-08: changed superblocks are mapped only where nothing of the identity differs, and found at the next announce",
  async () => {
    const { counts } = await run("superblocks", SUPERBLOCKS);
    expect(Object.keys(counts).sort()).toEqual(["later W-07", "later W-08", "mapped", "superblock-mismatch W-07"]);
  },
  TEST_MS,
);

test(
  "W-09, W-10, W-11, W-12, W-13, W-16: changed headers are dropped under the cause that fits, or right to accept",
  async () => {
    const { counts } = await run("headers", HEADERS);
    expect(Object.keys(counts).filter((name) => name.startsWith("header")).length).toBe(10);
  },
  TEST_MS,
);

test(
  "W-26, W-27, W-31: changed region files and announces are refused under their rule, or mapped and safe to read",
  async () => {
    const { counts } = await run("region files", REGION_FILES);
    for (const rule of ["W-03", "W-04", "W-05", "W-07", "W-24", "W-25", "W-26", "W-27"]) {
      expect({ rule, isSeen: Object.keys(counts).some((name) => name.endsWith(rule)) }).toEqual({ rule, isSeen: true });
    }
  },
  TEST_MS,
);
