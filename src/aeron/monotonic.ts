import { aeron } from "../../ffi/aeron.ts";
import { MonotonicEpoch } from "../core/monotonic-epoch.ts";

/** CLOCK_MONOTONIC as the wire wants it (W-47), from this process's `Bun.nanoseconds()`. Sampled once, when loaded. */
export const monotonic: MonotonicEpoch = MonotonicEpoch.from(aeron.aeron_nano_clock(), Bun.nanoseconds());
