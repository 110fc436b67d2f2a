import { valueTypes } from "../../config/index.ts";
import { SUPERVISION_DEFAULTS, type SupervisionOptions } from "../../protocol/supervision/options.ts";
import type { OptionSpec, OptionValues } from "../option-spec.ts";

const { duration, ratio } = valueTypes;
const RATIO = ratio();

/** When something is worth an event. */
export const THRESHOLD_OPTIONS: readonly OptionSpec[] = [
  {
    name: "drop-ratio",
    value: "SHARE",
    type: RATIO,
    help: "share of lost frames that is an event when it lasts, e.g. 0.1% or 0.001",
    defaultText: "0.1%",
  },
  { name: "drop-for", value: "TIME", type: duration(), help: "how long it has to last", defaultText: "5s" },
  {
    name: "liveness",
    value: "TIME",
    type: duration({ isPositive: true }),
    help: "silence after which a producer or consumer is lost: 3 to 5 announce periods",
    defaultText: "4s",
  },
];

/** @throws UsageError */
export function supervisionOf(options: OptionValues): Partial<SupervisionOptions> {
  const text = options.text("drop-ratio");
  return {
    dropRatio: text === undefined ? SUPERVISION_DEFAULTS.dropRatio : RATIO.parse(text),
    dropForNs: options.duration("drop-for") ?? SUPERVISION_DEFAULTS.dropForNs,
    livenessNs: options.duration("liveness") ?? SUPERVISION_DEFAULTS.livenessNs,
  };
}
