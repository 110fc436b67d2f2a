import { SystemError } from "./errors.ts";
import { check, lastErrno, libc } from "./libc.ts";
import { NativeBuffer } from "./memory.ts";

const F_OFD_GETLK = 36;
const F_OFD_SETLK = 37;
/** struct flock { short l_type; short l_whence; off_t l_start; off_t l_len; pid_t l_pid; } */
const FLOCK = { type: 0, whence: 2, start: 8, length: 16, size: 32 } as const;
const F_RDLCK = 0;
const F_WRLCK = 1;
const F_UNLCK = 2;

/**
 * Locks the bytes [offset, offset + length) for this open file description only, without blocking; length 0: to the end of the
 * file, even if it grows. The bytes need not exist. False if another description holds a part. @throws SystemError
 */
export function tryLockRange(fd: number, offset: number, length: number): boolean {
  const result = setRangeLock(fd, F_WRLCK, offset, length);
  if (result === 0) return true;
  const error = new SystemError("fcntl", lastErrno());
  if (error.errno === "EWOULDBLOCK" || error.errno === "EAGAIN" || error.errno === "EACCES") return false;
  throw error;
}

/** Locks bytes so that others can also lock them with this function, but not with `tryLockRange`. @throws SystemError */
export function shareRange(fd: number, offset: number, length: number): void {
  check(setRangeLock(fd, F_RDLCK, offset, length), "fcntl");
}

/** Unlocks a range. @throws SystemError */
export function unlockRange(fd: number, offset: number, length: number): void {
  check(setRangeLock(fd, F_UNLCK, offset, length), "fcntl");
}

/** True while another open file description holds a lock within the range. Takes no lock itself. @throws SystemError */
export function isRangeLocked(fd: number, offset: number, length: number): boolean {
  const flock = rangeLock(F_WRLCK, offset, length);
  check(libc.fcntl(fd, F_OFD_GETLK, flock.address), "fcntl");
  return flock.view.getInt16(FLOCK.type, true) !== F_UNLCK;
}

function setRangeLock(fd: number, type: number, offset: number, length: number): number {
  return libc.fcntl(fd, F_OFD_SETLK, rangeLock(type, offset, length).address);
}

function rangeLock(type: number, offset: number, length: number): NativeBuffer {
  const flock = new NativeBuffer(FLOCK.size);
  flock.view.setInt16(FLOCK.type, type, true);
  flock.view.setInt16(FLOCK.whence, 0, true);
  flock.view.setBigInt64(FLOCK.start, BigInt(offset), true);
  flock.view.setBigInt64(FLOCK.length, BigInt(length), true);
  return flock;
}
