import { expect, test } from "bun:test";
import { PAYLOAD_BYTES } from "./torn-reads/frame-of-seq.ts";
import { refusedLate, runTornReads, type TornReadRun, tornReadTable } from "./torn-reads/torn-reads.ts";

const READS: Readonly<Record<(typeof PAYLOAD_BYTES)[number], number>> = {
  64: 36_000_000,
  4096: 15_000_000,
  65536: 1_500_000,
  1048576: 60_000,
};
const LIMIT_MS = 5 * 60_000;
const AERON_MS = 5000;

test(
  "W-16: of 50 million reads against a writer at full rate none is accepted torn, with accepted and refused ones at every size",
  async () => {
    const runs: TornReadRun[] = PAYLOAD_BYTES.map((payloadBytes) => ({
      path: "slots",
      payloadBytes,
      reads: READS[payloadBytes],
      limitMs: LIMIT_MS,
    }));
    for (const payloadBytes of PAYLOAD_BYTES) {
      runs.push({ path: "aeron", payloadBytes, reads: Number.MAX_SAFE_INTEGER, limitMs: AERON_MS });
    }
    const outcomes = await runTornReads(runs);
    console.log(tornReadTable(outcomes));
    const sum = (pick: (outcome: (typeof outcomes)[number]) => number): number =>
      outcomes.reduce((total, outcome) => total + pick(outcome), 0);
    expect(sum(({ counts }) => counts.acceptedTorn)).toBe(0);
    expect(sum(({ counts }) => counts.reads)).toBeGreaterThanOrEqual(50_000_000);
    expect(sum(({ counts }) => counts.accepted)).toBeGreaterThanOrEqual(1_000_000);
    expect(sum(({ counts }) => refusedLate(counts))).toBeGreaterThanOrEqual(100_000);
    for (const { path, payloadBytes, counts } of outcomes) {
      // Nothing but the protocol's own causes: a header that is checked before it is known to be whole must not be blamed.
      expect(counts.accepted + refusedLate(counts)).toBe(counts.reads);
      if (path === "aeron") continue;
      const at = `${path} ${payloadBytes}`;
      expect({ at, isAccepted: counts.accepted > 0, isRefused: refusedLate(counts) > 0 }).toEqual({
        at,
        isAccepted: true,
        isRefused: true,
      });
      // The check that refuses them has work to do: without it these would have been accepted.
      expect({ at, isTorn: counts.refusedTorn > 0 }).toEqual({ at, isTorn: true });
    }
  },
  20 * 60_000,
);
