import { libc } from "../../ffi/libc.ts";
import type { Parker } from "../core/idle/index.ts";

/** Rests through libc: sched_yield, and usleep (microseconds; the kernel adds its timer slack of 50 us). */
export const nativeParker: Parker = {
  yieldThread: () => {
    libc.sched_yield();
  },
  parkNs: (durationNs) => {
    libc.usleep(Math.max(1, Math.round(durationNs / 1000)));
  },
};
