import type { Agent } from "../../core/agent.ts";
import type { Scheduler } from "../../core/scheduler.ts";
import { ExitCode } from "../exit.ts";
import type { StopSignals } from "../lifetime/signals.ts";

/** A role that was added to a scheduler. */
export interface RunningRole {
  readonly name: string;
  /** In the order in which they were added. */
  readonly agents: readonly Agent[];
  /** True once others can use the role. Omitted: from the start. */
  isReady?(): boolean;
  /** Reports the outcome after its agents have closed; resolves to the role's exit code. */
  finish(): Promise<number>;
}

/**
 * Starts a role in a process of its own and runs it to its end; a signal during the start also ends it in order. Await the result before
 * the runtime is disposed of (`using`).
 */
export async function runAlone(
  { scheduler, signals }: { readonly scheduler: Scheduler; readonly signals: StopSignals },
  start: () => RunningRole | Promise<RunningRole>,
): Promise<number> {
  let role: RunningRole;
  try {
    role = await start();
  } catch (error) {
    await scheduler.close();
    // The signal cancelled what the role was waiting for.
    if (signals.received !== null) return signals.exitCode(ExitCode.DONE);
    throw error;
  }
  await scheduler.run();
  const code = await role.finish();
  return code === ExitCode.DONE ? signals.exitCode(code) : code;
}
