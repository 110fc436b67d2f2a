import { aeron } from "../../ffi/aeron.ts";
import { processNs } from "../core/clock.ts";
import { MonotonicEpoch } from "../core/monotonic-epoch.ts";

/** The first calls into native code take microseconds; two processes would differ by as much. */
const SAMPLES = 20;

/** Reads both clocks several times and keeps the pair with the smallest distance. */
function sample(): MonotonicEpoch {
  let closestNs = Number.POSITIVE_INFINITY;
  let monotonicNs = 0n;
  let middleNs = 0;
  for (let i = 0; i < SAMPLES; i++) {
    const beforeNs = processNs();
    const readNs = aeron.aeron_nano_clock();
    const elapsedNs = processNs() - beforeNs;
    if (elapsedNs >= closestNs) continue;
    closestNs = elapsedNs;
    monotonicNs = readNs;
    middleNs = Math.round(beforeNs + elapsedNs / 2);
  }
  return MonotonicEpoch.from(monotonicNs, middleNs);
}

/** CLOCK_MONOTONIC for the wire (W-47), from this process's `processNs()`. Sampled when loaded. */
export const monotonic: MonotonicEpoch = sample();
