import { option, options, type ValuesOf, valueTypes } from "../../config/index.ts";
import type { SupervisionOptions } from "../../supervision/model/options.ts";

const { duration, ratio } = valueTypes;

/** Thresholds above which an event is raised. */
export const THRESHOLDS = options({
  dropRatio: option(ratio(), "SHARE", "share of lost frames that causes an event if it lasts, e.g. 0.1% or 0.001", {
    default: "0.1%",
  }),
  dropFor: option(duration(), "TIME", "how long it must last", { default: "5s" }),
  liveness: option(
    duration({ isPositive: true }),
    "TIME",
    "silence after which a producer or consumer is lost: 3 to 5 announce periods",
    { default: "4s" },
  ),
});

export function supervisionOf(values: ValuesOf<typeof THRESHOLDS>): Partial<SupervisionOptions> {
  return { dropRatio: values.dropRatio, dropForNs: values.dropFor, livenessNs: values.liveness };
}
