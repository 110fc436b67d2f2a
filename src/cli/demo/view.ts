import type { DemoPlan } from "./plan.ts";
import type { Reading } from "./scoreboard.ts";

/** The state of a demo at one moment. */
export interface DemoState {
  readonly plan: DemoPlan;
  /** Readings of the producer and each consumer; once the demo is over, of the whole run. */
  readonly readings: readonly Reading[];
  /** "starting": no frame yet. "ending": the last frames are being read. "over": nothing changes any more. */
  readonly phase: "starting" | "running" | "ending" | "over";
  /** Time since the first frame; it stops at the end. */
  readonly elapsedSeconds: number;
  /** Names and ids of the processes. */
  readonly processes: readonly { readonly name: string; readonly pid: number | undefined }[];
}

/** Shows a demo while it runs. */
export interface DemoView {
  /** Called several times a second, and again at the end. Never waits. */
  show(state: DemoState): void;
  /** Restores the terminal; further calls of `show` do nothing. Idempotent. */
  close(): void;
}
