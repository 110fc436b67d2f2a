import { readFileSync } from "node:fs";

/** This process's user, whose rights apply when files are opened. */
export function currentUid(): number {
  return process.geteuid?.() ?? 0;
}

/** The name of a user in /etc/passwd; null if it is not listed there (LDAP, a bare uid in a container). */
export function userName(uid: number): string | null {
  return new RegExp(`^([^:\\n]+):[^:\\n]*:${uid}:`, "m").exec(linesOf("/etc/passwd"))?.[1] ?? null;
}

/**
 * True for a user that /etc/passwd or /etc/group puts into a group: as its own group, or by name. A user in neither file (LDAP, a bare uid
 * in a container) counts as a member of none.
 */
export function isGroupMember(uid: number, gid: number): boolean {
  const name = userName(uid);
  if (name === null) return false;
  return (
    new RegExp(`^[^:\\n]+:[^:\\n]*:${uid}:${gid}:`, "m").test(linesOf("/etc/passwd")) || membersOf(gid).includes(name)
  );
}

/** Of all groups with that number: one number may have several names. */
function membersOf(gid: number): readonly string[] {
  const lines = linesOf("/etc/group").matchAll(new RegExp(`^[^:\\n]+:[^:\\n]*:${gid}:([^:\\n]*)$`, "gm"));
  return [...lines].flatMap(([, members = ""]) => members.split(","));
}

/** The lines of a system file; none if it does not exist, as in images without /etc/passwd, where the numbers suffice. */
function linesOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** The uid that represents all users without a number in a user namespace; the kernel's default. */
const OVERFLOW_UID = 65_534;

/** True if this process is in a user namespace and `uid` represents users outside of it: usually the machine's root. */
export function isOutsideOfNamespace(uid: number): boolean {
  return uid === OVERFLOW_UID && !/^\s*0\s+0\s+4294967295\s*$/.test(linesOf("/proc/self/uid_map"));
}

/** For messages: "user 1000 (anna)", or "user 1000". */
export function describeUser(uid: number): string {
  const name = userName(uid);
  return name === null ? `user ${uid}` : `user ${uid} (${name})`;
}
