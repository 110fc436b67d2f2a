import { currentUid, describeUser, isGroupMember, isOutsideOfNamespace } from "./users.ts";

const WORLD_WRITES = 0o002;
const STICKY = 0o1000;

/** The owner of a folder, and who may change it. */
export interface FolderStat {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** Why a folder is not safe for files. */
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
 * The owner of a folder can rename its entries, and so can every user with write access unless the sticky bit is set. A folder is safe if
 * it belongs to this user, to root, or to a member of the group that shares its contents (`sharedGid`), provided that the folder belongs to
 * that group as well. The folder's group alone proves nothing about its owner.
 */
export function folderFault(
  path: string,
  stat: FolderStat,
  what: string,
  sharedGid: number | null = null,
): FolderFault | null {
  return openToAllFault(path, stat, what) ?? ownerFault(path, stat, what, sharedGid);
}

/** The same, of a folder's owner alone. */
export function ownerFault(
  path: string,
  { uid: owner, gid, mode }: FolderStat,
  what: string,
  sharedGid: number | null,
): FolderFault | null {
  const user = currentUid();
  // /dev/shm and /tmp in a user namespace: their owner is usually root outside of it, and no user of the namespace.
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

/** The group that shares this user's files: the named one, or the user's own; root's group is shared only if it is named. */
export function sharedGroup(gid: number | null): number | null {
  return gid ?? (currentUid() === 0 ? null : (process.getegid?.() ?? null));
}
