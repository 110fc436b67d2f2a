import { constants } from "node:os";
import { signalOnParentDeath } from "../../../ffi/libc.ts";

/** Names, by its process id, the process that started this one and that it must not outlive. */
export const PARENT_VARIABLE = "TENSORPOOL_PARENT_PID";

/**
 * Has this process end in order (SIGTERM) as soon as the one that started it is gone, whatever killed that; only where the
 * environment asks for it. Call it when the handlers of signals are in place.
 */
export function endWithParent(): void {
  const parentPid = process.env[PARENT_VARIABLE];
  if (parentPid === undefined) return;
  // Processes that are started from here have another parent, and other reasons to live.
  delete process.env[PARENT_VARIABLE];
  signalOnParentDeath(constants.signals.SIGTERM);
  // No signal comes for a parent that died earlier.
  if (process.ppid !== Number(parentPid)) process.kill(process.pid, "SIGTERM");
}
