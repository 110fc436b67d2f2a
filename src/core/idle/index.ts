import { UsageError } from "../errors.ts";
import { BackoffIdle } from "./backoff-idle.ts";
import { BusySpinIdle } from "./busy-spin-idle.ts";
import { IDLE_STRATEGY_NAMES, type IdleStrategy, type IdleStrategyName, type Parker } from "./idle-strategy.ts";
import { SleepIdle } from "./sleep-idle.ts";
import { YieldIdle } from "./yield-idle.ts";

export { BackoffIdle, type BackoffOptions } from "./backoff-idle.ts";
export { BusySpinIdle } from "./busy-spin-idle.ts";
export {
  HAND_OVER,
  IDLE_STRATEGY_NAMES,
  type IdleOutcome,
  type IdleStrategy,
  type IdleStrategyName,
  type Parker,
  TIME_PASSED,
  WENT_ON,
} from "./idle-strategy.ts";
export { SleepIdle } from "./sleep-idle.ts";
export { YieldIdle } from "./yield-idle.ts";

/** Throws UsageError naming the choices. */
export function parseIdleStrategy(text: string): IdleStrategyName {
  const name = IDLE_STRATEGY_NAMES.find((candidate) => candidate === text);
  if (name !== undefined) return name;
  const expected = IDLE_STRATEGY_NAMES.join(", ");
  throw new UsageError(`unknown idle strategy "${text}": expected one of ${expected}`, { expected, found: text });
}

/** The strategy of that name with its usual settings. */
export function createIdleStrategy(name: IdleStrategyName, parker: Parker): IdleStrategy {
  switch (name) {
    case "busy-spin":
      return new BusySpinIdle();
    case "yield":
      return new YieldIdle(parker);
    case "backoff":
      return new BackoffIdle(parker);
    case "sleep":
      return new SleepIdle();
  }
}
