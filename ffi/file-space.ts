import { SystemError } from "./errors.ts";
import { lastErrno } from "./libc.ts";
import { openLibrary } from "./symbols.ts";

const libc = openLibrary("libc.so.6", {
  // int fallocate(int fd, int mode, off_t offset, off_t len)
  fallocate: { args: ["i32", "i32", "i64_fast", "i64_fast"], returns: "i32" },
  // int posix_fadvise(int fd, off_t offset, off_t len, int advice)   (returns the errno)
  posix_fadvise: { args: ["i32", "i64_fast", "i64_fast", "i32"], returns: "i32" },
});

const FALLOC_FL_KEEP_SIZE = 1;
const POSIX_FADV_DONTNEED = 4;
const FULL: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** Reserves space beyond a file's end; its size is unchanged. "unsupported": the file system cannot, and writes report a full disk. */
export function reserveBeyondEnd(fd: number, offset: number, byteLength: number): "reserved" | "full" | "unsupported" {
  for (;;) {
    if (libc.fallocate(fd, FALLOC_FL_KEEP_SIZE, offset, byteLength) === 0) return "reserved";
    const { errno } = new SystemError("fallocate", lastErrno());
    if (errno === "EINTR") continue;
    return FULL.has(errno) ? "full" : "unsupported";
  }
}

/** Advises the kernel that pages of a file that are on disk need not stay in memory; it may ignore the advice. */
export function adviseDontNeed(fd: number, offset: number, byteLength: number): void {
  libc.posix_fadvise(fd, offset, byteLength, POSIX_FADV_DONTNEED);
}
