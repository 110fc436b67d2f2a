import { constants } from "node:os";
import { signalOnParentDeath } from "../../../ffi/libc.ts";

/** Environment variable with the process id of the parent that this process must not outlive. */
export const PARENT_VARIABLE = "TENSORPOOL_PARENT_PID";

/**
 * Ends this process in order (SIGTERM) as soon as its parent is gone, however the parent ended; only if the environment
 * variable is set. Call it after the signal handlers are installed.
 */
export function endWithParent(): void {
  const parentPid = process.env[PARENT_VARIABLE];
  if (parentPid === undefined) return;
  // Processes started from here have another parent, and must not inherit the variable.
  delete process.env[PARENT_VARIABLE];
  signalOnParentDeath(constants.signals.SIGTERM);
  // The kernel sends no signal if the parent died earlier.
  if (process.ppid !== Number(parentPid)) process.kill(process.pid, "SIGTERM");
}
