import { isFunction, isNumber, optional, type RulesOf, requireOptions } from "../core/rules.ts";
import type { LossCause } from "./counters.ts";
import type { Frame } from "./frame.ts";

/**
 * Reads a frame in place. Its result is valid only if the frame is found intact, see `PollOptions.settled`. It may return the cause why it
 * could not use the frame, which then counts as lost under that cause. (An async handler does not compile: a frame is valid only during the
 * call.)
 */
// biome-ignore lint/suspicious/noConfusingVoidType: most handlers return nothing.
export type FrameHandler = (frame: Frame) => LossCause | undefined | void;

export interface PollOptions {
  /** Most frames to pass in this call; 64 if omitted. */
  readonly limit?: number;
  /** Called after each frame: reports whether it was intact until its handler returned. */
  readonly settled?: (seq: number, isIntact: boolean) => void;
}

const POLL: RulesOf<PollOptions> = { limit: optional(isNumber), settled: optional(isFunction) };

const DEFAULT_LIMIT = 64;

/**
 * Most frames that a poll hands out. JavaScript callers can pass anything, and this is on the frame path: only an invalid value costs more
 * than a type check. @throws OptionError
 */
export function pollLimit(handler: unknown, options: PollOptions): number {
  if (typeof handler !== "function") isFunction("handler", handler);
  if (typeof options !== "object" || options === null) requireOptions("poll", POLL, options);
  const { limit = DEFAULT_LIMIT } = options;
  if (typeof limit !== "number") isNumber("limit", limit);
  return limit;
}
