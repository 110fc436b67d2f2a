import { heartbeatAgeMs } from "../aeron/aeron-dir.ts";
import type { Clock } from "../core/clock.ts";
import type { Supervisor } from "../supervision/supervisor.ts";

/** The subject of a supervisor's pages. */
export interface Supervised {
  readonly supervisor: Supervisor;
  readonly clock: Clock;
  readonly aeronDir: string;
  readonly shmDir: string;
  readonly version: string;
}

/** Seconds since the media driver's last heartbeat; null if there is no driver's file. */
export function driverHeartbeatSeconds(aeronDir: string): number | null {
  const ageMs = heartbeatAgeMs(aeronDir);
  return ageMs === null ? null : Math.max(0, ageMs) / 1000;
}

export { roomOf } from "../shm/room.ts";
