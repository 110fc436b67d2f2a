import type { SpinJob, SpinReport } from "./jobs.ts";

const HOLD_UP_NS = 20_000;
/** The compiler also interrupts the loop until it has compiled it. */
const WARM_UP_NS = 0.3e9;

/** Reads the clock in a loop: a gap between two readings is time that the machine took. */
export function spin({ seconds }: SpinJob): SpinReport {
  loop(WARM_UP_NS);
  return loop(seconds * 1e9);
}

function loop(forNs: number): SpinReport {
  let longestNs = 0;
  let lostNs = 0;
  let lastNs = Bun.nanoseconds();
  for (const endNs = lastNs + forNs; lastNs < endNs; ) {
    const nowNs = Bun.nanoseconds();
    const gapNs = nowNs - lastNs;
    if (gapNs > longestNs) longestNs = gapNs;
    if (gapNs > HOLD_UP_NS) lostNs += gapNs;
    lastNs = nowNs;
  }
  return { longestNs, lostShare: lostNs / forNs };
}
