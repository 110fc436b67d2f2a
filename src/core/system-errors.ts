/** The symbolic errno of a failed system call, of node:fs or of ours, e.g. "ENOSPC"; "" for anything else. */
export function errnoOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  if ("errno" in error && typeof error.errno === "string") return error.errno;
  return "";
}

/** The cause of a system error in words, and the next step. */
interface Reading {
  readonly state: string;
  readonly next: string;
}

const COMMON: ReadonlyMap<string, Reading> = new Map(
  Object.entries({
    EACCES: { state: "permission denied", next: "look at the rights of the file and its folders (ls -l)" },
    EPERM: { state: "operation not permitted", next: "look at the rights of the file and its folders (ls -l)" },
    ENOTDIR: { state: "a part of its path is a file, not a folder", next: "check the path" },
    EISDIR: { state: "it is a folder", next: "name a file" },
    ELOOP: { state: "it is a symbolic link that is not followed, or links lead in a circle", next: "check the links" },
    ENAMETOOLONG: { state: "its name is too long", next: "choose a shorter one" },
    EMFILE: { state: "the process has no file descriptor left", next: "raise ulimit -n" },
    ENFILE: { state: "the system has no file descriptor left", next: "close other programs" },
    EIO: { state: "its device fails (input/output error)", next: "look at the kernel's messages (dmesg)" },
    ENXIO: { state: "nothing is behind this device or socket", next: "check the path" },
    ESTALE: { state: "its network file system has lost it", next: "mount it again" },
  }),
);

const READING: ReadonlyMap<string, Reading> = new Map(
  Object.entries({ ENOENT: { state: "there is no such file", next: "check the path" } }),
);

const WRITING: ReadonlyMap<string, Reading> = new Map(
  Object.entries({
    ENOENT: { state: "its folder does not exist", next: "make it first (mkdir -p)" },
    EEXIST: { state: "a file has this name already", next: "choose another name" },
    ENOSPC: { state: "no space is left on its file system", next: "make room, or write elsewhere" },
    EDQUOT: { state: "the disk quota is used up", next: "make room, or write elsewhere" },
    EFBIG: { state: "the file would be larger than its file system or ulimit -f allows", next: "write elsewhere" },
    EROFS: { state: "its file system is read-only", next: "write elsewhere" },
    ETXTBSY: { state: "it is a program that runs", next: "choose another name" },
    EBADF: { state: "it is closed, or not open for writing", next: "check the redirection" },
  }),
);

function sentence(table: ReadonlyMap<string, Reading>, errno: string): string {
  const reading = table.get(errno) ?? COMMON.get(errno);
  return reading === undefined ? errno || "unknown error" : `${reading.state} (${errno}); ${reading.next}`;
}

/** Why something cannot be opened or read, for `errno`. */
export function readProblem(errno: string): string {
  return sentence(READING, errno);
}

/** Why something cannot be created or written, for `errno`. */
export function writeProblem(errno: string): string {
  return sentence(WRITING, errno);
}
