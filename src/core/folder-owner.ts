import { currentUid, describeUser, isGroupMember, isOutsideOfNamespace } from "./users.ts";

const WORLD_WRITES = 0o002;
const STICKY = 0o1000;

/** Whose a folder is, and who may change it. */
export interface FolderStat {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** Why a folder is not safe to keep files in. */
export interface FolderFault {
  /** "x belongs to user 1000 (anna), who could exchange the regions of user 0 (root) in it". */
  readonly why: string;
  readonly remedy: string;
}

/** Why a folder is not safe that every user may change: without the sticky bit each of them can rename what is in it. */
export function openToAllFault(path: string, { uid, mode }: FolderStat, what: string): FolderFault | null {
  if ((mode & WORLD_WRITES) === 0 || (mode & STICKY) !== 0) return null;
  return {
    why: `${path} belongs to ${describeUser(uid)} and may be changed by all users (mode ${(mode & 0o7777).toString(8)}), who could exchange the ${what} in it`,
    remedy: "have it closed to others (chmod o-w)",
  };
}

/**
 * The owner of a folder can rename what is in it, and so can everybody where all may write without the sticky bit. Safe is a folder of
 * this user, of root, or of a member of the group that shares what is in it (`sharedGid`) where the folder is that group's, too. The
 * group of a folder alone says nothing of its owner.
 */
export function folderFault(
  path: string,
  stat: FolderStat,
  what: string,
  sharedGid: number | null = null,
): FolderFault | null {
  const openToAll = openToAllFault(path, stat, what);
  if (openToAll !== null) return openToAll;
  const { uid: owner, gid, mode } = stat;
  const user = currentUid();
  // /dev/shm and /tmp as a user namespace sees them: their owner is root outside of it, as a rule, and no user of the namespace.
  if ((mode & STICKY) !== 0 && isOutsideOfNamespace(owner)) return null;
  if (owner === user || owner === 0 || (gid === sharedGid && isGroupMember(owner, gid))) return null;
  const isGroups = gid === sharedGid;
  const who = isGroups ? `, who is not listed as a member of group ${gid} (/etc/passwd, /etc/group) and` : ", who";
  return {
    why: `${path} belongs to ${describeUser(owner)}${who} could exchange the ${what} of ${describeUser(user)} in it`,
    remedy: isGroups
      ? `list its owner as a member of group ${gid} in /etc/group, or have root make the folder`
      : "have its owner remove it, or give it to root",
  };
}

/** The group that shares files which this user makes: the one that is named, or the user's own; root's is shared only when it is named. */
export function sharedGroup(gid: number | null): number | null {
  return gid ?? (currentUid() === 0 ? null : (process.getegid?.() ?? null));
}
