import { UsageError } from "../errors.ts";
import { parseDuration } from "../units.ts";
import { BackoffIdle } from "./backoff-idle.ts";
import { BusySpinIdle } from "./busy-spin-idle.ts";
import { IDLE_STRATEGY_NAMES, type IdleChoice, type IdleStrategy, type Parker } from "./idle-strategy.ts";
import { ParkIdle } from "./park-idle.ts";
import { SleepIdle } from "./sleep-idle.ts";
import { YieldIdle } from "./yield-idle.ts";

export { BackoffIdle, type BackoffOptions } from "./backoff-idle.ts";
export { BusySpinIdle } from "./busy-spin-idle.ts";
export {
  CONTINUE,
  IDLE_STRATEGY_NAMES,
  type IdleChoice,
  type IdleOutcome,
  type IdleStrategy,
  type IdleStrategyName,
  PARK,
  type Parker,
  TIME_PASSED,
  YIELD_TO_EVENT_LOOP,
} from "./idle-strategy.ts";
export { ParkIdle } from "./park-idle.ts";
export { SleepIdle } from "./sleep-idle.ts";
export { YieldIdle } from "./yield-idle.ts";

const BACKOFF_PREFIX = "backoff:";
/** The first park is the minimum; beyond the maximum, peers would consider a role paused. */
const REST_LIMITS_NS = { min: 1_000, max: 100_000_000 } as const;
/** The input of `parseIdleStrategy`, in words. */
export const IDLE_EXPECTED = `one of ${IDLE_STRATEGY_NAMES.join(", ")}, or backoff:DURATION with its longest rest (1us to 100ms)`;

/** Throws UsageError naming the choices. */
export function parseIdleStrategy(text: string): IdleChoice {
  const name = IDLE_STRATEGY_NAMES.find((candidate) => candidate === text);
  if (name !== undefined) return name;
  if (text.startsWith(BACKOFF_PREFIX)) {
    const restNs = parseDuration(text.slice(BACKOFF_PREFIX.length));
    if (restNs >= REST_LIMITS_NS.min && restNs <= REST_LIMITS_NS.max) return text as IdleChoice;
  }
  throw new UsageError(`unknown idle strategy "${text}": expected ${IDLE_EXPECTED}`, {
    expected: IDLE_EXPECTED,
    found: text,
  });
}

/** Creates the chosen strategy. Throws UsageError for a pause that is not a duration. */
export function createIdleStrategy(choice: IdleChoice, parker: Parker): IdleStrategy {
  switch (choice) {
    case "busy-spin":
      return new BusySpinIdle();
    case "yield":
      return new YieldIdle(parker);
    case "backoff":
      return new BackoffIdle(parker);
    case "park":
      return new ParkIdle(parker);
    case "sleep":
      return new SleepIdle();
    default:
      parseIdleStrategy(choice);
      return new BackoffIdle(parker, { maxParkNs: parseDuration(choice.slice(BACKOFF_PREFIX.length)) });
  }
}
