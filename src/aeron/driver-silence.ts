import { heartbeatAgeMs } from "./aeron-dir.ts";
import type { LivingDriver } from "./driver-watch.ts";

/** Milliseconds since the driver's last heartbeat; 0 while it cannot be read, e.g. because the driver's files were just removed. */
export function silenceMs(aeronDir: string): number {
  return heartbeatAgeMs(aeronDir) ?? 0;
}

/** Describes the silence in messages. */
export function silentDriver(driver: LivingDriver, silentMs: number): string {
  return `the media driver (pid ${driver.pid}) gave no sign of life for ${(silentMs / 1000).toFixed(1)} s`;
}
