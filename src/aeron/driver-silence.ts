import { heartbeatAgeMs } from "./aeron-dir.ts";
import type { LivingDriver } from "./driver-watch.ts";

/** Milliseconds since the driver's last heartbeat; 0 while that cannot be read, e.g. because its files have just gone. */
export function silenceMs(aeronDir: string): number {
  return heartbeatAgeMs(aeronDir) ?? 0;
}

/** In words, for messages. */
export function silentDriver(driver: LivingDriver, silentMs: number): string {
  return `the media driver (pid ${driver.pid}) gave no sign of life for ${(silentMs / 1000).toFixed(1)} s`;
}
