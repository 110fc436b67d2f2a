import { libc } from "../../ffi/libc.ts";
import { NativeBuffer } from "../../ffi/memory.ts";
import { processNs } from "../core/clock.ts";
import { MonotonicEpoch } from "../core/monotonic-epoch.ts";
import { monotonic } from "./monotonic.ts";

/** Clocks of the host that timestamps may use (W-47). */
export const HOST_CLOCKS = ["monotonic", "realtime", "tai"] as const;
export type HostClock = (typeof HOST_CLOCKS)[number];

const CLOCK_IDS = { realtime: 0, tai: 11 } as const;
const NS_PER_SECOND = 1_000_000_000n;

/**
 * The conversion of a clock's readings to this process's time. Realtime and tai are set and slewed while they run: their result is a
 * snapshot, to be renewed every second or so.
 */
export function epochOf(clock: HostClock): MonotonicEpoch {
  return clock === "monotonic" ? monotonic : MonotonicEpoch.from(readClockNs(clock), processNs());
}

/** True if the kernel knows the offset between TAI and UTC: otherwise CLOCK_TAI equals CLOCK_REALTIME. */
export function knowsTai(): boolean {
  return readClockNs("tai") - readClockNs("realtime") > NS_PER_SECOND;
}

/** Nanoseconds since the clock's epoch. */
function readClockNs(clock: keyof typeof CLOCK_IDS): bigint {
  const time = new NativeBuffer(16);
  libc.clock_gettime(CLOCK_IDS[clock], time.address);
  return time.view.getBigInt64(0, true) * NS_PER_SECOND + time.view.getBigInt64(8, true);
}
