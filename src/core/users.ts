import { readFileSync } from "node:fs";

/** This process's user, by whose rights files are opened. */
export function currentUid(): number {
  return process.geteuid?.() ?? 0;
}

/** The name of a user in /etc/passwd; null for one that is not listed there (LDAP, a container's bare number). */
export function userName(uid: number): string | null {
  let text: string;
  try {
    text = readFileSync("/etc/passwd", "latin1");
  } catch {
    // An image without the file has no names: the numbers say enough.
    return null;
  }
  return new RegExp(`^([^:\\n]+):[^:\\n]*:${uid}:`, "m").exec(text)?.[1] ?? null;
}

/** For messages: "user 1000 (anna)", or "user 1000". */
export function describeUser(uid: number): string {
  const name = userName(uid);
  return name === null ? `user ${uid}` : `user ${uid} (${name})`;
}
