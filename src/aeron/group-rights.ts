import { chmodSync, chownSync, existsSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** What Aeron keeps below its folder when a driver has started: folders for logs that come later, which inherit the group. */
const SET_GROUP_ID = 0o2000;
const GROUP_READS_AND_WRITES = 0o060;
const GROUP_PASSES = 0o010;

/**
 * Gives the folder of a media driver that was just started to a group, and whatever is made in it from now on. The process's
 * umask has to leave the group its rights: Aeron makes files with 0666 less the umask.
 * @throws NodeJS.ErrnoException "EPERM" for a group that this user is not in
 */
export function giveToGroup(aeronDir: string, gid: number): void {
  const lock = `${aeronDir.replace(/\/+$/, "")}.lock`;
  if (existsSync(lock)) give(lock, gid);
  giveTree(aeronDir, gid);
}

function giveTree(path: string, gid: number): void {
  give(path, gid);
  if (!lstatSync(path).isDirectory()) return;
  for (const name of readdirSync(path)) giveTree(join(path, name), gid);
}

function give(path: string, gid: number): void {
  const before = lstatSync(path);
  chownSync(path, before.uid, gid);
  const extra = before.isDirectory() ? SET_GROUP_ID | GROUP_PASSES : 0;
  chmodSync(path, (before.mode & 0o7777) | GROUP_READS_AND_WRITES | extra);
}
