import { HOST_CLOCKS, type HostClock, knowsTai } from "../aeron/wall-clocks.ts";
import { TensorPoolError } from "../core/errors.ts";
import { type Attribute, attributeText } from "../protocol/attribute.ts";

/** A stream's timestamps use a clock that this host does not have, so no delay can be computed from them. */
export class ClockError extends TensorPoolError<"other-clock"> {}

const CLOCK_KEY = "tensorpool.timestamp_clock";
const MEANING_KEY = "tensorpool.timestamp_meaning";
/** The clock of a producer's timestamps unless its metadata names another (W-47). */
const DEFAULT_CLOCK = "monotonic";
const DEFAULT_MEANING = "publish";

/** The clock of a stream's timestamps, and their meaning. */
export interface Timestamps {
  readonly clock: HostClock;
  /** E.g. "exposure start"; "publish": the time of the slot's claim. */
  readonly meaning: string;
}

/** True if timestamps use CLOCK_MONOTONIC according to the attributes. */
export function hasMonotonicTimestamps(attributes: readonly Attribute[]): boolean {
  return (attributeText(attributes, CLOCK_KEY) ?? DEFAULT_CLOCK) === DEFAULT_CLOCK;
}

/** The attributes' description of the timestamps. @throws ClockError */
export function timestampsOf(attributes: readonly Attribute[]): Timestamps {
  const named = attributeText(attributes, CLOCK_KEY) ?? DEFAULT_CLOCK;
  const meaning = attributeText(attributes, MEANING_KEY) ?? DEFAULT_MEANING;
  const clock = HOST_CLOCKS.find((candidate) => candidate === named);
  if (clock === undefined) {
    throw new ClockError(
      "other-clock",
      `${CLOCK_KEY} is "${named}": expected one of ${HOST_CLOCKS.join(", ")}, which this host has: times of different clocks cannot be compared`,
      { rule: "W-47", expected: HOST_CLOCKS.join(", "), found: named },
    );
  }
  if (clock === "tai" && !knowsTai()) {
    throw new ClockError(
      "other-clock",
      `${CLOCK_KEY} is "tai": expected a kernel that knows TAI (ntpd or ptp4l tell it), found CLOCK_TAI the same as CLOCK_REALTIME`,
      { rule: "W-47", expected: "CLOCK_TAI ahead of CLOCK_REALTIME", found: "both the same" },
    );
  }
  return { clock, meaning };
}
