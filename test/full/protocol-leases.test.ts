import { expect, test } from "bun:test";
import { runLeaseSequences } from "../support/leases/run.ts";
import { figures } from "./support/figures.ts";

const SEQUENCES = 20_000;

test(
  "D-03, D-06, D-10 to D-14, D-16 to D-19: leases and epochs keep the rules in twenty thousand sequences of faults",
  () => {
    const { sequences, grants, touches, lateTouches, ends } = runLeaseSequences(SEQUENCES);
    const [detached, expired, revoked] = [ends["1"] ?? 0, ends["2"] ?? 0, ends["3"] ?? 0];
    console.log(figures("leases", [{ sequences, grants, touches, lateTouches, detached, expired, revoked }]));
    expect(sequences).toBe(SEQUENCES);
    for (const seen of [grants, touches, lateTouches, detached, expired, revoked]) expect(seen).toBeGreaterThan(1000);
  },
  15 * 60_000,
);
