import { close, constants, fstat, link, open, rename, stat, unlink } from "node:fs";
import { promisify } from "node:util";
import { SystemError } from "../../../ffi/errors.ts";
import { tryLock } from "../../../ffi/libc.ts";
import { errnoOf } from "../../core/system-errors.ts";
import { SinkError } from "../errors.ts";

const openAsync = promisify(open);
const closeAsync = promisify(close);
const fstatAsync = promisify(fstat);
const statAsync = promisify(stat);
const linkAsync = promisify(link);
const renameAsync = promisify(rename);
const unlinkAsync = promisify(unlink);

const O_CLOEXEC = 0o2000000;
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | O_CLOEXEC;
/** A link or FIFO in place of our file, by mistake or by another user, is neither followed nor waited for. */
const PART_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK | O_CLOEXEC;

/** Errors of file systems without hard links. */
const WITHOUT_LINKS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV", "EACCES"];

/** Creates a new file; null if the name exists. */
export async function createFile(path: string): Promise<number | null> {
  try {
    return await openAsync(path, NEW_FILE, 0o666);
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return null;
    throw error;
  }
}

/** Gives a complete file its name; false, without any change, if the name exists: a file is never replaced. */
export async function nameFile(from: string, to: string): Promise<boolean> {
  try {
    await linkAsync(from, to);
    await unlinkAsync(from);
    return true;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "EEXIST") return false;
    if (!WITHOUT_LINKS.includes(errno)) throw error;
  }
  // The name is reserved first, so that only our own empty file is replaced.
  const reserved = await createFile(to);
  if (reserved === null) return false;
  await closeAsync(reserved);
  await renameAsync(from, to);
  return true;
}

/**
 * Opens a sink's temporary file exclusively: a lock keeps other sinks away while it is written, and an earlier run's leftover is not
 * touched. @throws SinkError
 */
export async function openPart(path: string): Promise<number> {
  for (;;) {
    const fd = await openAsync(path, PART_FILE, 0o666);
    try {
      const stats = await fstatAsync(fd);
      if (!stats.isFile()) {
        throw new SinkError("unwritable", `${path}: a pipe or a device has the name of the temporary file; remove it`, {
          found: "no regular file",
        });
      }
      if (!hasLock(fd)) {
        throw new SinkError(
          "unwritable",
          `${path}: another sink is writing this file; choose another name for one of them, or end the other`,
          { found: "a locked file" },
        );
      }
      const { ino, size } = await fstatAsync(fd);
      if (!(await isNamed(path, ino))) {
        // Its owner gave it its final name between the two calls.
        await closeAsync(fd);
        continue;
      }
      if (size === 0) return fd;
      throw new SinkError(
        "unwritable",
        `${path}: an earlier run ended before this file was complete, and left ${size} bytes in it; ` +
          "move or remove it, or choose another name",
        { found: `${size} bytes` },
      );
    } catch (error) {
      await closeAsync(fd).catch(() => undefined);
      throw error;
    }
  }
}

/** False if another open file holds the lock. File systems without locks count as locked. */
function hasLock(fd: number): boolean {
  try {
    return tryLock(fd, "exclusive");
  } catch (error) {
    if (error instanceof SystemError && ["ENOLCK", "ENOSYS", "EOPNOTSUPP", "ENOTSUP"].includes(error.errno))
      return true;
    throw error;
  }
}

async function isNamed(path: string, inode: number): Promise<boolean> {
  try {
    return (await statAsync(path)).ino === inode;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}
