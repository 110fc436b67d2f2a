import { valueTypes } from "../../config/index.ts";
import { UsageError } from "../../core/errors.ts";
import type { OptionSpec, OptionValues } from "../option-spec.ts";

const { duration, list, ratio } = valueTypes;

/** Where a value begins to be a warning, and to be critical. */
export interface Limits {
  readonly warning: number;
  readonly critical: number;
}

/** What is compared with limits. */
export interface CheckLimits {
  /** Share of lost frames, 0 to 1. */
  readonly drops: Limits;
  /** Nanoseconds without a sign of life of a producer. */
  readonly silenceNs: Limits;
  /** Age of the media driver's last heartbeat, in nanoseconds. */
  readonly heartbeatNs: Limits;
  /** Share of free memory where the regions are: lower is worse. */
  readonly free: Limits;
}

const SHARES = list(ratio(), "share");
const DURATIONS = list(duration(), "duration");

export const LIMIT_OPTIONS: readonly OptionSpec[] = [
  {
    name: "drops",
    value: "WARN[,CRIT]",
    type: SHARES,
    help: "share of lost frames of a consumer that is too much",
    defaultText: "0.1%,1%",
  },
  {
    name: "silence",
    value: "WARN[,CRIT]",
    type: DURATIONS,
    help: "time without a sign of life of a producer that is too long",
    defaultText: "5s,10s",
  },
  {
    name: "heartbeat",
    value: "WARN[,CRIT]",
    type: DURATIONS,
    help: "age of the media driver's last heartbeat that is too high",
    defaultText: "2s,5s",
  },
  {
    name: "free",
    value: "WARN[,CRIT]",
    type: SHARES,
    help: "share of free memory in --shm-dir that is too little",
    defaultText: "10%,5%",
  },
];

/** @throws UsageError naming the option */
export function limitsOf(options: OptionValues): CheckLimits {
  return {
    drops: pairOf(options, "drops", SHARES.parse, { warning: 0.001, critical: 0.01 }, "rise"),
    silenceNs: pairOf(options, "silence", DURATIONS.parse, { warning: 5e9, critical: 10e9 }, "rise"),
    heartbeatNs: pairOf(options, "heartbeat", DURATIONS.parse, { warning: 2e9, critical: 5e9 }, "rise"),
    free: pairOf(options, "free", SHARES.parse, { warning: 0.1, critical: 0.05 }, "fall"),
  };
}

function pairOf(
  options: OptionValues,
  name: string,
  parse: (text: string) => readonly number[],
  fallback: Limits,
  direction: "rise" | "fall",
): Limits {
  const text = options.text(name);
  if (text === undefined) return fallback;
  const [warning = 0, critical = warning, ...more] = parse(text);
  const isOrdered = direction === "rise" ? critical >= warning : critical <= warning;
  if (more.length === 0 && isOrdered) return { warning, critical };
  const order = direction === "rise" ? "the lower one first" : "the higher one first";
  throw new UsageError(`${options.nameOf(name)}: expected one limit or two, ${order}, found "${text}"`, {
    found: text,
  });
}
