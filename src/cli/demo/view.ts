import type { DemoPlan } from "./plan.ts";
import type { Reading } from "./scoreboard.ts";

/** The state of a demo at one moment. */
export interface DemoState {
  readonly plan: DemoPlan;
  /** Of the producer and of each consumer; when all is over, of the whole run. */
  readonly readings: readonly Reading[];
  /** "starting": no frame came yet. "ending": the last frames are read. "over": nothing will change any more. */
  readonly phase: "starting" | "running" | "ending" | "over";
  /** Since the first frame; it stops at the end. */
  readonly elapsedSeconds: number;
  /** Names and ids of the processes. */
  readonly processes: readonly { readonly name: string; readonly pid: number | undefined }[];
}

/** Shows a demo while it runs. */
export interface DemoView {
  /** Called several times a second, and again at the end. Never waits. */
  show(state: DemoState): void;
  /** Gives the terminal back as it was; further calls of `show` do nothing. Idempotent. */
  close(): void;
}
