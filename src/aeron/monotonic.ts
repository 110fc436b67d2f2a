import { aeron } from "../../ffi/aeron.ts";
import { MonotonicEpoch } from "../core/monotonic-epoch.ts";

/** The first calls into native code take microseconds, which two processes would then disagree by. */
const SAMPLES = 20;

/** Reads both clocks some times over, and takes the readings that were nearest to each other. */
function sample(): MonotonicEpoch {
  let closestNs = Number.POSITIVE_INFINITY;
  let monotonicNs = 0n;
  let processNs = 0;
  for (let i = 0; i < SAMPLES; i++) {
    const beforeNs = Bun.nanoseconds();
    const readNs = aeron.aeron_nano_clock();
    const elapsedNs = Bun.nanoseconds() - beforeNs;
    if (elapsedNs >= closestNs) continue;
    closestNs = elapsedNs;
    monotonicNs = readNs;
    processNs = Math.round(beforeNs + elapsedNs / 2);
  }
  return MonotonicEpoch.from(monotonicNs, processNs);
}

/** CLOCK_MONOTONIC as the wire wants it (W-47), from this process's `Bun.nanoseconds()`. Sampled when loaded. */
export const monotonic: MonotonicEpoch = sample();
