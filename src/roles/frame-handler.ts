import type { LossCause } from "./counters.ts";
import type { Frame } from "./frame.ts";

/**
 * Reads a frame in place; what it computes counts only once the frame proved intact, see `PollOptions.settled`. It may name a
 * cause for which it could not use the frame, which is then counted as lost under that cause. (An async one does not compile:
 * a frame is valid during the call only.)
 */
// biome-ignore lint/suspicious/noConfusingVoidType: most handlers return nothing.
export type FrameHandler = (frame: Frame) => LossCause | undefined | void;

export interface PollOptions {
  /** Most frames to hand out in this call; 64 when left out. */
  readonly limit?: number;
  /** Told after each frame whether it was intact until its handler returned. */
  readonly settled?: (seq: number, isIntact: boolean) => void;
}
