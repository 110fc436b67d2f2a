import { fstatSync, readdirSync } from "node:fs";
import { SystemError } from "../../ffi/errors.ts";
import { closeFile, O, openAt, openFile, setGroup, setMode } from "../../ffi/libc.ts";
import { lockPath } from "./driver-lock.ts";

/** The set-group-ID bit: log files that Aeron creates later in the subfolders inherit their group. */
const SET_GROUP_ID = 0o2000;
const GROUP_READS_AND_WRITES = 0o060;
const GROUP_PASSES = 0o010;
/** Follows no link, and does not block on a FIFO. */
const OPEN_SAFELY = O.RDONLY | O.NOFOLLOW | O.NONBLOCK;

/**
 * Gives a newly started media driver's folder to a group, including files created in it later. The process's umask must leave the group its
 * rights: Aeron creates files with 0666 less the umask. Rights are set on open files, so that nothing can be swapped in.
 * @throws SystemError "EPERM" for a group that this user is not in
 */
export function giveToGroup(aeronDir: string, gid: number): void {
  giveTree(openFile(aeronDir, OPEN_SAFELY), gid);
  try {
    giveTree(openFile(lockPath(aeronDir), OPEN_SAFELY), gid);
  } catch (error) {
    if (!(error instanceof SystemError && error.errno === "ENOENT")) throw error;
  }
}

/** Closes `fd`. */
function giveTree(fd: number, gid: number): void {
  try {
    const before = fstatSync(fd);
    const isDirectory = before.isDirectory();
    setGroup(fd, gid);
    const extra = isDirectory ? SET_GROUP_ID | GROUP_PASSES : 0;
    setMode(fd, (before.mode & 0o7777) | GROUP_READS_AND_WRITES | extra);
    if (!isDirectory) return;
    for (const name of readdirSync(`/proc/self/fd/${fd}`)) giveTree(openAt(fd, name, OPEN_SAFELY), gid);
  } finally {
    closeFile(fd);
  }
}
