import { errnoName, NativeLibraryError, SystemError } from "./errors.ts";
import { int32At, NativeBuffer, nativeString } from "./memory.ts";
import { openLibrary } from "./symbols.ts";

/** libc: one line per symbol, with its C prototype. Sizes and offsets are passed as doubles, which are exact up to 2^53. */
const SYMBOLS = {
  // int *__errno_location(void)
  __errno_location: { args: [], returns: "ptr" },
  // int open(const char *pathname, int flags, mode_t mode)
  open: { args: ["ptr", "i32", "u32"], returns: "i32" },
  // int openat(int dirfd, const char *pathname, int flags, mode_t mode)
  openat: { args: ["i32", "ptr", "i32", "u32"], returns: "i32" },
  // int mkdirat(int dirfd, const char *pathname, mode_t mode)
  mkdirat: { args: ["i32", "ptr", "u32"], returns: "i32" },
  // int unlinkat(int dirfd, const char *pathname, int flags)
  unlinkat: { args: ["i32", "ptr", "i32"], returns: "i32" },
  // long sysconf(int name)
  sysconf: { args: ["i32"], returns: "i64_fast" },
  // int close(int fd)
  close: { args: ["i32"], returns: "i32" },
  // ssize_t read(int fd, void *buf, size_t count)
  read: { args: ["i32", "ptr", "u64_fast"], returns: "i64_fast" },
  // ssize_t write(int fd, const void *buf, size_t count)
  write: { args: ["i32", "ptr", "u64_fast"], returns: "i64_fast" },
  // int ppoll(struct pollfd *fds, nfds_t nfds, const struct timespec *timeout, const sigset_t *sigmask)
  ppoll: { args: ["ptr", "u64_fast", "ptr", "ptr"], returns: "i32" },
  // int fsync(int fd)
  fsync: { args: ["i32"], returns: "i32" },
  // int flock(int fd, int operation)
  flock: { args: ["i32", "i32"], returns: "i32" },
  // int fchmod(int fd, mode_t mode)
  fchmod: { args: ["i32", "u32"], returns: "i32" },
  // int fchown(int fd, uid_t owner, gid_t group)
  fchown: { args: ["i32", "u32", "u32"], returns: "i32" },
  // int ftruncate(int fd, off_t length)
  ftruncate: { args: ["i32", "i64_fast"], returns: "i32" },
  // int posix_fallocate(int fd, off_t offset, off_t len)   (returns the errno)
  posix_fallocate: { args: ["i32", "i64_fast", "i64_fast"], returns: "i32" },
  // void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
  mmap: { args: ["ptr", "u64_fast", "i32", "i32", "i32", "i64_fast"], returns: "i64_fast" },
  // int munmap(void *addr, size_t length)
  munmap: { args: ["ptr", "u64_fast"], returns: "i32" },
  // int madvise(void *addr, size_t length, int advice)
  madvise: { args: ["ptr", "u64_fast", "i32"], returns: "i32" },
  // int mlock(const void *addr, size_t len)
  mlock: { args: ["ptr", "u64_fast"], returns: "i32" },
  // int memfd_create(const char *name, unsigned int flags)
  memfd_create: { args: ["ptr", "u32"], returns: "i32" },
  // int fcntl(int fd, int cmd, ... /* int or struct flock * */)
  fcntl: { args: ["i32", "i32", "u64_fast"], returns: "i32" },
  // void *memcpy(void *dest, const void *src, size_t n)
  memcpy: { args: ["ptr", "ptr", "u64_fast"], returns: "ptr" },
  // mode_t umask(mode_t mask)
  umask: { args: ["u32"], returns: "u32" },
  // int sched_yield(void)
  sched_yield: { args: [], returns: "i32" },
  // int clock_gettime(clockid_t clockid, struct timespec *tp)
  clock_gettime: { args: ["i32", "ptr"], returns: "i32" },
  // int sched_setaffinity(pid_t pid, size_t cpusetsize, const cpu_set_t *mask)   (0: this thread)
  sched_setaffinity: { args: ["i32", "u64_fast", "ptr"], returns: "i32" },
  // int sched_setscheduler(pid_t pid, int policy, const struct sched_param *param)   (0: this thread)
  sched_setscheduler: { args: ["i32", "i32", "ptr"], returns: "i32" },
  // int usleep(useconds_t usec)
  usleep: { args: ["u32"], returns: "i32" },
  // long syscall(long number, ...)
  syscall: { args: ["i64_fast", "i64_fast", "ptr", "u64_fast"], returns: "i64_fast" },
  // int prctl(int option, unsigned long arg2, ...)
  prctl: { args: ["i32", "u64_fast"], returns: "i32" },
} as const;

function open() {
  try {
    return openLibrary("libc.so.6", SYMBOLS);
  } catch (cause) {
    if (cause instanceof NativeLibraryError) throw cause;
    throw new NativeLibraryError(`libc.so.6 does not open: expected glibc on Linux (${String(cause)})`);
  }
}

/** libc itself, for hot paths and unusual calls; prefer the checked functions below. */
export const libc = open();

export const O = {
  RDONLY: 0,
  WRONLY: 1,
  RDWR: 2,
  CREAT: 0o100,
  EXCL: 0o200,
  NONBLOCK: 0o4000,
  // O_DIRECTORY and O_NOFOLLOW are the two flags whose values differ between architectures.
  DIRECTORY: process.arch === "arm64" ? 0o40000 : 0o200000,
  NOFOLLOW: process.arch === "arm64" ? 0o100000 : 0o400000,
  CLOEXEC: 0o2000000,
} as const;

export const PROT = { NONE: 0, READ: 1, WRITE: 2 } as const;
export const MAP = {
  SHARED: 1,
  PRIVATE: 2,
  FIXED: 0x10,
  ANONYMOUS: 0x20,
  NORESERVE: 0x4000,
  POPULATE: 0x8000,
} as const;
export const MADV = { DONTDUMP: 16 } as const;
const LOCK = { SH: 1, EX: 2, NB: 4, UN: 8 } as const;
const POLL = { IN: 1, OUT: 4, ERR: 8, HUP: 16 } as const;
const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const MFD_EXEC = 0x10;
const F_ADD_SEALS = 1033;
const F_SEAL_ALL = 0xf; // SEAL, SHRINK, GROW, WRITE
const PR_SET_PDEATHSIG = 1;
const PR_SET_TIMERSLACK = 29;
const AT_REMOVEDIR = 0x200;
// glibc has no functions for memory policies; the numbers differ between architectures.
const SYS_SET_MEMPOLICY = process.arch === "arm64" ? 237 : 238;
const MPOL_DEFAULT = 0;
const MPOL_BIND = 2;
/** Nodes in a mask: the maximum that kernels are built for. */
const MAX_NUMA_NODES = 1024;
const SC_PAGESIZE = 30;

/** The errno of the last failed call; read it before any other call. */
export function lastErrno(): number {
  return int32At(libc.__errno_location());
}

export function check(result: number, syscall: string, subject?: string): number {
  if (result === -1) throw new SystemError(syscall, lastErrno(), subject);
  return result;
}

/** Opens with O_CLOEXEC. @throws SystemError */
export function openFile(path: string, flags: number, mode = 0): number {
  const name = nativeString(path);
  return check(libc.open(name.address, flags | O.CLOEXEC, mode), "open", path);
}

/** Opens relative to a directory descriptor, with O_CLOEXEC. @throws SystemError */
export function openAt(directoryFd: number, path: string, flags: number, mode = 0): number {
  const name = nativeString(path);
  return check(libc.openat(directoryFd, name.address, flags | O.CLOEXEC, mode), "openat", path);
}

/** Creates a directory below a directory descriptor; the umask applies. @throws SystemError */
export function makeDirectoryAt(directoryFd: number, name: string, mode: number): void {
  const path = nativeString(name);
  check(libc.mkdirat(directoryFd, path.address as never, mode), "mkdirat", name);
}

/** Removes a name below a directory descriptor: a file or an empty directory. @throws SystemError */
export function unlinkAt(directoryFd: number, name: string, kind: "file" | "directory"): void {
  const path = nativeString(name);
  check(libc.unlinkat(directoryFd, path.address as never, kind === "directory" ? AT_REMOVEDIR : 0), "unlinkat", name);
}

/** Bytes of a memory page. @throws SystemError */
export function systemPageBytes(): number {
  return check(libc.sysconf(SC_PAGESIZE) as number, "sysconf");
}

/** Closes a descriptor; errors are ignored, because a caller could not handle them. */
export function closeFile(fd: number): void {
  libc.close(fd);
}

/** Checks whether `fd` can be read without blocking; also true at its end or after an error, which the next read reports. */
export class ReadinessPoll {
  readonly #entry: Int32Array;
  readonly #timeout = new Int32Array(new ArrayBuffer(16));

  constructor(fd: number) {
    // struct pollfd { int fd; short events; short revents; }
    this.#entry = new Int32Array(new ArrayBuffer(8));
    this.#entry[0] = fd;
    this.#entry[1] = POLL.IN;
  }

  /** Blocks the thread until `fd` is readable, at most for `timeoutNs`, which must be less than a second. */
  isReadable(timeoutNs = 0): boolean {
    this.#entry[1] = POLL.IN;
    // struct timespec { time_t tv_sec; long tv_nsec; }; only the nanoseconds are set.
    this.#timeout[2] = timeoutNs;
    return libc.ppoll(this.#entry, 1, this.#timeout, 0 as never) > 0;
  }
}

/** Flushes a file to its device. @throws SystemError */
export function syncFile(fd: number): void {
  check(libc.fsync(fd), "fsync");
}

/** Locks without blocking; false if another open file description holds a conflicting lock. @throws SystemError */
export function tryLock(fd: number, kind: "shared" | "exclusive"): boolean {
  const result = libc.flock(fd, (kind === "shared" ? LOCK.SH : LOCK.EX) | LOCK.NB);
  if (result === 0) return true;
  const errno = lastErrno();
  const error = new SystemError("flock", errno);
  if (error.errno === "EWOULDBLOCK" || error.errno === "EAGAIN") return false;
  throw error;
}

/** Releases a lock. @throws SystemError */
export function unlock(fd: number): void {
  check(libc.flock(fd, LOCK.UN), "flock");
}

/** Sets permission bits regardless of the umask. @throws SystemError */
export function setMode(fd: number, mode: number): void {
  check(libc.fchmod(fd, mode), "fchmod");
}

/** Changes the file's group; its owner is unchanged. @throws SystemError */
export function setGroup(fd: number, gid: number): void {
  check(libc.fchown(fd, 0xffffffff, gid), "fchown");
}

/** Sets a file's length; its blocks are not reserved (hugetlbfs reserves on mapping). @throws SystemError */
export function truncateFile(fd: number, byteLength: number): void {
  check(libc.ftruncate(fd, byteLength), "ftruncate");
}

/** Reserves `byteLength` bytes from `offset`, growing the file. @throws SystemError, ENOSPC when the file system is full */
export function reserveFile(fd: number, offset: number, byteLength: number): void {
  // An interrupted reservation is legal and is repeated.
  for (;;) {
    const errno = libc.posix_fallocate(fd, offset, byteLength);
    if (errno === 0) return;
    const error = new SystemError("posix_fallocate", errno);
    if (error.errno !== "EINTR") throw error;
  }
}

/** Maps and returns the address. @throws SystemError */
export function mapMemory(
  address: number,
  byteLength: number,
  prot: number,
  flags: number,
  fd: number,
  offset = 0,
): number {
  return check(libc.mmap(address, byteLength, prot, flags, fd, offset), "mmap");
}

/** Unmaps. @throws SystemError */
export function unmapMemory(address: number, byteLength: number): void {
  check(libc.munmap(address, byteLength), "munmap");
}

/** Advises the kernel about a mapping; false if the kernel rejected the advice. */
export function adviseMemory(address: number, byteLength: number, advice: number): boolean {
  return libc.madvise(address, byteLength, advice) === 0;
}

/** Locks a mapping in memory. @throws SystemError, ENOMEM or EPERM beyond RLIMIT_MEMLOCK */
export function lockMemory(address: number, byteLength: number): void {
  check(libc.mlock(address, byteLength), "mlock");
}

/** Creates an anonymous, executable file with the given bytes, sealed against any change. @throws SystemError */
export function sealedMemoryFile(name: string, bytes: Uint8Array): number {
  const fd = createMemoryFile(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  try {
    let done = 0;
    while (done < bytes.length) {
      done += check(libc.write(fd, bytes.subarray(done), bytes.length - done), "write", name);
    }
    check(libc.fcntl(fd, F_ADD_SEALS, F_SEAL_ALL), "fcntl", name);
    return fd;
  } catch (error) {
    closeFile(fd);
    throw error;
  }
}

/** Since Linux 6.3 an executable memory file carries this flag; earlier kernels refuse it. */
function createMemoryFile(name: string, flags: number): number {
  const label = nativeString(name);
  const fd = libc.memfd_create(label.address, flags | MFD_EXEC);
  if (fd !== -1 || errnoName(lastErrno()) !== "EINVAL") return check(fd, "memfd_create", name);
  return check(libc.memfd_create(label.address, flags), "memfd_create", name);
}

/** Makes the kernel send `signal` to this process when its parent dies. */
export function signalOnParentDeath(signal: number): void {
  check(libc.prctl(PR_SET_PDEATHSIG, signal), "prctl");
}

/** Allocates this thread's new pages on one NUMA node. @throws SystemError "EINVAL" if there is no such node */
export function setMemoryPolicy(node: number): void {
  const mask = new NativeBuffer(MAX_NUMA_NODES / 8);
  mask.bytes[node >> 3] = 1 << (node & 7);
  check(
    libc.syscall(SYS_SET_MEMPOLICY, MPOL_BIND, mask.address, MAX_NUMA_NODES) as number,
    "set_mempolicy",
    `node ${node}`,
  );
}

/** Lets the system choose the node of this thread's new pages again. @throws SystemError */
export function resetMemoryPolicy(): void {
  check(libc.syscall(SYS_SET_MEMPOLICY, MPOL_DEFAULT, 0, 0) as number, "set_mempolicy");
}

/** Sets how late the kernel may wake this thread from a sleep in order to save wake-ups; the default is 50 us. */
export function setTimerSlack(slackNs: number): void {
  check(libc.prctl(PR_SET_TIMERSLACK, slackNs), "prctl");
}

const SCHED_FIFO = 1;
/** cpu_set_t has one bit for each of 1,024 CPUs. */
const CPU_SET_BYTES = 128;

/** Restricts this thread to these CPUs, which must be below 1,024. @throws SystemError, EINVAL if none of them is permitted */
export function runOnCpus(cpus: readonly number[]): void {
  const mask = new NativeBuffer(CPU_SET_BYTES);
  for (const cpu of cpus) mask.bytes[cpu >> 3]! |= 1 << (cpu & 7);
  check(libc.sched_setaffinity(0, CPU_SET_BYTES, mask.address), "sched_setaffinity");
}

/** Gives this thread priority over all that are not real-time (SCHED_FIFO). @throws SystemError, EPERM without permission */
export function setFifoPriority(priority: number): void {
  // struct sched_param { int sched_priority; }
  const parameters = new NativeBuffer(4);
  parameters.view.setInt32(0, priority, true);
  check(libc.sched_setscheduler(0, SCHED_FIFO, parameters.address), "sched_setscheduler");
}

/** Runs `action` with a file mode creation mask, for native code that creates files. */
export function withUmask<T>(mask: number, action: () => T): T {
  const before = libc.umask(mask);
  try {
    return action();
  } finally {
    libc.umask(before);
  }
}
