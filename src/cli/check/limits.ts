import { option, options, type ValuesOf, valueTypes } from "../../config/index.ts";
import { OptionError } from "../../core/errors.ts";

const { duration, list, ratio } = valueTypes;

/** Thresholds for a warning and for a critical result. */
export interface Limits {
  readonly warning: number;
  readonly critical: number;
}

/** The limits of a check. */
export interface CheckLimits {
  /** Share of lost frames, 0 to 1. */
  readonly drops: Limits;
  /** Share of frames that a bridge between hosts loses, 0 to 1. */
  readonly bridge: Limits;
  /** Silence of a producer, in nanoseconds. */
  readonly silenceNs: Limits;
  /** Age of the media driver's last heartbeat, in nanoseconds. */
  readonly heartbeatNs: Limits;
  /** Share of free memory on the file system of the regions: lower is worse. */
  readonly free: Limits;
}

const SHARES = list(ratio(), "share");
const DURATIONS = list(duration(), "duration");

export const LIMITS = options({
  drops: option(SHARES, "WARN[,CRIT]", "limits for a consumer's share of lost frames", { default: "0.1%,1%" }),
  bridge: option(SHARES, "WARN[,CRIT]", "limits for the share of frames that a bridge loses", {
    default: "0.1%,1%",
  }),
  silence: option(DURATIONS, "WARN[,CRIT]", "limits for a producer's time without a sign of life", {
    default: "5s,10s",
  }),
  heartbeat: option(DURATIONS, "WARN[,CRIT]", "limits for the age of the media driver's last heartbeat", {
    default: "2s,5s",
  }),
  free: option(SHARES, "WARN[,CRIT]", "limits for the share of free memory in --shm-dir", { default: "10%,5%" }),
});
export type LimitValues = ValuesOf<typeof LIMITS>;

/** @throws OptionError */
export function limitsOf(values: LimitValues): CheckLimits {
  return {
    drops: pairOf("drops", values, "rise"),
    bridge: pairOf("bridge", values, "rise"),
    silenceNs: pairOf("silence", values, "rise"),
    heartbeatNs: pairOf("heartbeat", values, "rise"),
    free: pairOf("free", values, "fall"),
  };
}

function pairOf(name: keyof LimitValues, values: LimitValues, direction: "rise" | "fall"): Limits {
  const [warning = 0, critical = warning, ...more] = values[name];
  const isOrdered = direction === "rise" ? critical >= warning : critical <= warning;
  if (more.length === 0 && isOrdered) return { warning, critical };
  const order = direction === "rise" ? "the lower one first" : "the higher one first";
  const found = LIMITS[name].type.format(values[name]);
  throw new OptionError(name, `expected one limit or two, ${order}, found "${found}"`, { found });
}
