import { UsageError } from "../../core/errors.ts";
import type { OptionValues } from "../option-spec.ts";

const DEFAULT_INTERVAL_NS = 1e9;

/** Nanoseconds between two rows (--interval). @throws UsageError */
export function rowIntervalNs(options: OptionValues): number {
  const intervalNs = options.duration("interval") ?? DEFAULT_INTERVAL_NS;
  if (!(intervalNs > 0)) throw new UsageError("--interval: expected more than 0");
  return intervalNs;
}
