import { isFunction, isNumber, optional, type RulesOf, requireOptions } from "../core/rules.ts";
import type { LossCause } from "./counters.ts";
import type { Frame } from "./frame.ts";

/**
 * Reads a frame in place. Its result is valid only if the frame proves intact, see `PollOptions.settled`. It may return a cause for which
 * it could not use the frame, which then counts as lost under that cause. (An async handler does not compile: a frame is valid during the
 * call only.)
 */
// biome-ignore lint/suspicious/noConfusingVoidType: most handlers return nothing.
export type FrameHandler = (frame: Frame) => LossCause | undefined | void;

export interface PollOptions {
  /** Most frames to pass in this call; 64 when left out. */
  readonly limit?: number;
  /** Called after each frame: whether it was intact until its handler returned. */
  readonly settled?: (seq: number, isIntact: boolean) => void;
}

const POLL: RulesOf<PollOptions> = { limit: optional(isNumber), settled: optional(isFunction) };

const DEFAULT_LIMIT = 64;

/**
 * Most frames that a poll is to hand out. Programs in JavaScript call with anything, and this is on the path of frames: only what is wrong
 * costs more than a look at its type. @throws OptionError
 */
export function pollLimit(handler: unknown, options: PollOptions): number {
  if (typeof handler !== "function") isFunction("handler", handler);
  if (typeof options !== "object" || options === null) requireOptions("poll", POLL, options);
  const { limit = DEFAULT_LIMIT } = options;
  if (typeof limit !== "number") isNumber("limit", limit);
  return limit;
}
