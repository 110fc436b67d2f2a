import { heapStats } from "bun:jsc";
import { writeSync } from "node:fs";
import type { Agent } from "../../../core/agent.ts";
import type { Counter } from "../../../core/counters.ts";

/** Lines on standard error, among those of BUN_JSC_logGC, that mark the first and the last measured frame. */
export const MARK = { begin: "MARK begin", end: "MARK end" } as const;

const STDERR = 2;

/** Counts frames by a role's counter and writes the marks to standard error at the start and end of the measurement. */
export class AllocationMarks implements Agent {
  readonly roleName = "marks";
  readonly #counter: Counter;
  readonly #warmUpFrames: number;
  readonly #frames: number;
  #phase: "warm-up" | "measuring" | "over" = "warm-up";
  #framesBefore = 0;

  constructor(counter: Counter, options: { warmUpFrames: number; frames: number }) {
    this.#counter = counter;
    this.#warmUpFrames = options.warmUpFrames;
    this.#frames = options.frames;
  }

  doWork(): number {
    const { value } = this.#counter;
    if (this.#phase === "warm-up" && value >= this.#warmUpFrames) this.#begin(value);
    else if (this.#phase === "measuring" && value - this.#framesBefore >= this.#frames) this.#end();
    return 0;
  }

  #begin(value: number): void {
    this.#phase = "measuring";
    this.#framesBefore = value;
    // Starts with an empty nursery: otherwise earlier allocations decide when the next collection happens.
    Bun.gc(true);
    mark(MARK.begin, 0);
  }

  #end(): void {
    this.#phase = "over";
    mark(MARK.end, this.#counter.value - this.#framesBefore);
  }
}

function mark(text: string, frames: number): void {
  writeSync(STDERR, `${text} ${JSON.stringify({ frames, heapCapacityBytes: heapStats().heapCapacity })}\n`);
}
