import { expect, test } from "bun:test";
import { refusedLate, runTornReads, tornReadTable } from "../full/torn-reads/torn-reads.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

// The full size of this is in test/full/torn-reads.test.ts.
test(
  "W-14, W-16: reads against a writer at full rate are accepted whole, or refused as late or torn",
  async () => {
    const outcomes = await runTornReads([
      { path: "slots", payloadBytes: 64, reads: 400_000, limitMs: 5000 },
      { path: "slots", payloadBytes: 65_536, reads: 15_000, limitMs: 5000 },
      { path: "aeron", payloadBytes: 4096, reads: 20_000, limitMs: 1000 },
    ]);
    console.log(tornReadTable(outcomes));
    for (const { path, payloadBytes, counts } of outcomes) {
      const at = `${path} ${payloadBytes}`;
      expect({ at, torn: counts.acceptedTorn }).toEqual({ at, torn: 0 });
      expect(counts.accepted + refusedLate(counts)).toBe(counts.reads);
      // How many frames get through Aeron in a second is a matter of how busy the machine is.
      if (path === "aeron") continue;
      expect({ at, isAccepted: counts.accepted > 0, isRefused: refusedLate(counts) > 0 }).toEqual({
        at,
        isAccepted: true,
        isRefused: true,
      });
    }
  },
  PROCESS_TEST_MS,
);
