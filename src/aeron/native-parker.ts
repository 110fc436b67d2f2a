import { libc, setTimerSlack } from "../../ffi/libc.ts";
import type { Parker } from "../core/idle/index.ts";

/** With the kernel's 50 us, the shortest pause would be as long as it takes to fill a descriptor window. */
const TIMER_SLACK_NS = 1_000;
setTimerSlack(TIMER_SLACK_NS);

/** Pauses through libc: sched_yield, and usleep (microseconds). */
export const nativeParker: Parker = {
  yieldThread: () => {
    libc.sched_yield();
  },
  parkNs: (durationNs) => {
    libc.usleep(Math.max(1, Math.round(durationNs / 1000)));
  },
};
