import { AeronError } from "../../ffi/errors.ts";
import { heartbeatAgeMs } from "../aeron/aeron-dir.ts";
import type { Clock } from "../core/clock.ts";
import type { Supervisor } from "../roles/supervisor.ts";

/** What the pages of a supervisor are about. */
export interface Supervised {
  readonly supervisor: Supervisor;
  readonly clock: Clock;
  readonly aeronDir: string;
  readonly shmDir: string;
  readonly version: string;
}

/** Seconds since the media driver's last heartbeat; null where no driver's file is there. */
export function driverHeartbeatSeconds(aeronDir: string): number | null {
  try {
    return Math.max(0, heartbeatAgeMs(aeronDir)) / 1000;
  } catch (error) {
    if (error instanceof AeronError) return null;
    throw error;
  }
}

export { roomOf } from "../shm/room.ts";
