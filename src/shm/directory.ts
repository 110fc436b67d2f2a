import { type BigIntStats, chmodSync, fstatSync, lstatSync, readdirSync, realpathSync } from "node:fs";
import { closeFile, makeDirectoryAt, O, openAt, openFile, setGroup, setMode, unlinkAt } from "../../ffi/libc.ts";
import { folderFault, sharedGroup } from "../core/folder-owner.ts";
import { errnoOf } from "../core/system-errors.ts";
import { quoted } from "../core/text.ts";
import { currentUid } from "../core/users.ts";
import { RegionCreateError } from "./errors.ts";
import type { RegionRights } from "./rights.ts";
import { isRegionPath } from "./uri.ts";

/** Only a starting point: needs no right to read. */
const O_PATH = 0o10000000;

/** Failures of rmdir that mean that the directory is still in use, belongs to another user, or is already gone. */
const KEPT = new Set(["ENOTEMPTY", "EEXIST", "EBUSY", "ENOENT", "EACCES", "EPERM", "EROFS"]);

/**
 * A directory that is held open. Everything below it is accessed through its descriptor and follows no links, so that swapping a name
 * cannot redirect it.
 */
export class Directory {
  readonly fd: number;
  /** For messages and for URIs. */
  readonly path: string;
  #closed = false;

  private constructor(fd: number, path: string) {
    this.fd = fd;
    this.path = path;
  }

  /** Opens an existing directory by its canonical path. @throws SystemError */
  static open(path: string): Directory {
    return new Directory(openFile(path, O_PATH | O.DIRECTORY | O.NOFOLLOW), path);
  }

  /** Opens a directory in this one. @throws SystemError "ENOENT", "ELOOP" or "ENOTDIR" for a link or anything else */
  child(name: string): Directory {
    return new Directory(openAt(this.fd, name, O.RDONLY | O.DIRECTORY | O.NOFOLLOW | O.NONBLOCK), this.pathOf(name));
  }

  /** Creates a directory in this one with exactly these rights. @throws SystemError "EEXIST" */
  makeChild(name: string, rights: RegionRights): Directory {
    makeDirectoryAt(this.fd, name, 0o700);
    let child: Directory | null = null;
    try {
      child = this.#openMade(name);
      // The group first: changing it may clear the set-group-id bit.
      if (rights.gid !== null) setGroup(child.fd, rights.gid);
      setMode(child.fd, rights.directoryMode);
      return child;
    } catch (error) {
      child?.close();
      this.removeChild(name);
      throw error;
    }
  }

  /** A umask may have removed our own right to open the new directory: the right is restored first, on this very directory. */
  #openMade(name: string): Directory {
    const fd = openAt(this.fd, name, O_PATH | O.DIRECTORY | O.NOFOLLOW);
    try {
      chmodSync(`/proc/self/fd/${fd}`, 0o700);
      return new Directory(openAt(fd, ".", O.RDONLY | O.DIRECTORY), this.pathOf(name));
    } finally {
      closeFile(fd);
    }
  }

  /** Opens a directory in this one and creates it if it is missing. @throws SystemError, RegionCreateError "unsafe-directory" */
  ensureChild(name: string, rights: RegionRights): Directory {
    for (;;) {
      try {
        const child = this.child(name);
        requireTrustworthy(child, rights);
        return child;
      } catch (error) {
        if (errnoOf(error) !== "ENOENT") throw error;
      }
      try {
        return this.makeChild(name, rights);
      } catch (error) {
        // Another process created it in the meantime.
        if (errnoOf(error) !== "EEXIST") throw error;
      }
    }
  }

  pathOf(name: string): string {
    return this.path === "/" ? `/${name}` : `${this.path}/${name}`;
  }

  stat(): BigIntStats {
    return fstatSync(this.fd, { bigint: true });
  }

  /** Names in the directory; none once it was removed by another process. @throws SystemError */
  names(): string[] {
    try {
      return readdirSync(`/proc/self/fd/${this.fd}`);
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return [];
      throw error;
    }
  }

  /** True if `name` still refers to this very directory. */
  holds(name: string, child: Directory): boolean {
    return leadsTo(`/proc/self/fd/${this.fd}/${name}`, child.fd);
  }

  /** False once its path refers to something else or nothing: it or a parent folder was moved or removed. */
  get isInPlace(): boolean {
    return leadsTo(this.path, this.fd);
  }

  /** Removes a file; false if it was already gone. @throws SystemError */
  removeFile(name: string): boolean {
    try {
      unlinkAt(this.fd, name, "file");
      return true;
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return false;
      throw error;
    }
  }

  /** Removes an empty directory; false if it is in use, another user's, or gone. @throws SystemError */
  removeChild(name: string): boolean {
    try {
      unlinkAt(this.fd, name, "directory");
      return true;
    } catch (error) {
      if (KEPT.has(errnoOf(error))) return false;
      throw error;
    }
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeFile(this.fd);
  }
}

/** Failures that mean that the path leads nowhere, or nowhere accessible. */
const LEADS_NOWHERE = new Set(["ENOENT", "ENOTDIR", "EACCES", "ELOOP"]);

/** True while the path refers to the very file or directory that was opened. */
export function leadsTo(path: string, fd: number): boolean {
  try {
    const named = lstatSync(path, { bigint: true });
    const opened = fstatSync(fd, { bigint: true });
    return named.dev === opened.dev && named.ino === opened.ino;
  } catch (error) {
    if (LEADS_NOWHERE.has(errnoOf(error))) return false;
    throw error;
  }
}

/** A directory, and the one that holds it under `name`. */
export interface BaseDirectory {
  readonly parent: Directory;
  readonly name: string;
  readonly directory: Directory;
}

/**
 * Opens the base directory. Existing parts of its path may contain links (the path is the user's own setting) and are resolved; missing
 * parts are created step by step. @throws SystemError, RegionCreateError
 */
export function ensureBaseDirectory(path: string, rights: RegionRights): BaseDirectory {
  const components = path.split("/").filter((part) => part !== "" && part !== ".");
  if (!path.startsWith("/") || components.length === 0 || components.includes("..")) {
    throw new RegionCreateError(
      "invalid-options",
      `base directory ${quoted(path)}: expected an absolute path below / without ..`,
      { rule: "W-30", found: path },
    );
  }
  let existing = components.length;
  let real = existingPath(components, existing);
  while (real === null) {
    existing -= 1;
    real = existingPath(components, existing);
  }
  const missing = components.slice(existing);
  const canonical = [real === "/" ? "" : real, ...missing].join("/");
  if (!isRegionPath(canonical)) {
    throw new RegionCreateError(
      "invalid-options",
      `base directory ${quoted(canonical)}: expected visible ASCII characters except ?, | and space`,
      { rule: "W-25", found: canonical },
    );
  }
  if (missing.length === 0) {
    const slash = real.lastIndexOf("/");
    missing.push(real.slice(slash + 1));
    real = slash === 0 ? "/" : real.slice(0, slash);
  }
  let parent = Directory.open(real);
  for (const name of missing.slice(0, -1)) {
    const outer = parent;
    try {
      parent = outer.ensureChild(name, rights);
    } finally {
      outer.close();
    }
  }
  const name = missing.at(-1) as string;
  try {
    return { parent, name, directory: parent.ensureChild(name, rights) };
  } catch (error) {
    parent.close();
    throw error;
  }
}

function existingPath(components: readonly string[], length: number): string | null {
  try {
    return realpathSync(`/${components.slice(0, length).join("/")}`);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}

/** Regions are not placed where another user could replace them. @throws RegionCreateError "unsafe-directory" */
function requireTrustworthy(directory: Directory, rights: RegionRights): void {
  const stat = directory.stat();
  const [uid, gid, mode] = [Number(stat.uid), Number(stat.gid), Number(stat.mode) & 0o7777];
  const sharedGid = rights.sharing === "group" ? sharedGroup(rights.gid) : null;
  const fault = folderFault(directory.path, { uid, gid, mode }, "regions", sharedGid);
  if (fault === null) return;
  directory.close();
  throw new RegionCreateError(
    "unsafe-directory",
    `${fault.why}: choose another folder for regions, or ${fault.remedy}`,
    {
      rule: "W-30",
      expected: `a folder of user ${currentUid()} or 0`,
      found: `user ${uid}, mode ${mode.toString(8)}`,
      options: ["shmDir"],
    },
  );
}
