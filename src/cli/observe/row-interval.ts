import type { OptionValues } from "../option-spec.ts";

const DEFAULT_INTERVAL_NS = 1e9;

/** Nanoseconds between two rows (--interval). */
export function rowIntervalNs(options: OptionValues): number {
  return options.duration("interval") ?? DEFAULT_INTERVAL_NS;
}
