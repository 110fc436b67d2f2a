import { errnoName } from "./errors.ts";
import { lastErrno } from "./libc.ts";
import { NativeBuffer } from "./memory.ts";
import { openLibrary } from "./symbols.ts";

/** glibc has no wrapper for futexes. `syscall` takes six arguments after the number here, but three in libc.ts. */
const SYMBOLS = {
  // long syscall(SYS_futex, uint32_t *uaddr, int op, uint32_t val, const struct timespec *timeout, uint32_t *, uint32_t)
  syscall: { args: ["i64_fast", "u64_fast", "i32", "u32", "ptr", "u64_fast", "u32"], returns: "i64_fast" },
} as const;

const { syscall } = openLibrary("libc.so.6", SYMBOLS);

const SYS_FUTEX = process.arch === "arm64" ? 98 : 202;
/** Without FUTEX_PRIVATE_FLAG: every process that maps the file, read-only or not, shares the word. */
const FUTEX_WAIT = 0;
const FUTEX_WAKE = 1;
const EVERYBODY = 0x7fff_ffff;

/** How a wait ended. */
export const FutexWait = {
  /** Another thread or process called `futexWake`. */
  WOKEN: 0,
  /** The word already had another value. */
  CHANGED: 1,
  TIMED_OUT: 2,
  /** Interrupted by a signal. */
  INTERRUPTED: 3,
  /** The system does not permit futexes. */
  REFUSED: 4,
} as const;
export type FutexWait = (typeof FutexWait)[keyof typeof FutexWait];

// struct timespec { time_t tv_sec; long tv_nsec; }; the upper halves stay 0.
const timeout = new NativeBuffer(16);
const halves = new Uint32Array(timeout.bytes.buffer);
const SECONDS = 0;
const NANOSECONDS = 2;

/** Blocks the thread while the 32-bit word at `address` equals `expected`: until it is woken, but at most for `timeoutNs`. */
export function futexWait(address: number, expected: number, timeoutNs: number): FutexWait {
  halves[SECONDS] = Math.floor(timeoutNs / 1e9);
  halves[NANOSECONDS] = Math.floor(timeoutNs % 1e9);
  if (syscall(SYS_FUTEX, address, FUTEX_WAIT, expected, timeout.address, 0, 0) === 0) return FutexWait.WOKEN;
  switch (errnoName(lastErrno())) {
    case "EAGAIN":
    case "EWOULDBLOCK":
      return FutexWait.CHANGED;
    case "ETIMEDOUT":
      return FutexWait.TIMED_OUT;
    case "EINTR":
      return FutexWait.INTERRUPTED;
    default:
      return FutexWait.REFUSED;
  }
}

/** Wakes every thread, in any process, that waits for the word at `address`. Never blocks. */
export function futexWake(address: number): void {
  syscall(SYS_FUTEX, address, FUTEX_WAKE, EVERYBODY, 0, 0, 0);
}
