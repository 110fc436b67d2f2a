import type { Agent } from "../core/agent.ts";
import type { Scheduler } from "../core/scheduler.ts";
import { ExitCode } from "./exit.ts";
import type { StopSignals } from "./signals.ts";

/** A role that was added to a scheduler. */
export interface RunningRole {
  readonly name: string;
  /** In the order in which they were added. */
  readonly agents: readonly Agent[];
  /** Something vital of the process has failed. */
  onFailure?(): void;
  /** Says what happened, once its agents have closed; resolves to the role's exit code. */
  finish(): Promise<number>;
}

/** Runs a process of one role to its end. */
export async function runAlone(
  { scheduler, signals }: { readonly scheduler: Scheduler; readonly signals: StopSignals },
  role: RunningRole,
): Promise<number> {
  try {
    await scheduler.run();
  } catch (error) {
    role.onFailure?.();
    throw error;
  }
  const code = await role.finish();
  return code === ExitCode.DONE ? signals.exitCode(code) : code;
}
