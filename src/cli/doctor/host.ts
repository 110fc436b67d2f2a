import { readdirSync, statfsSync, statSync } from "node:fs";
import { arch, release } from "node:os";
import { dirname } from "node:path";
import { currentUid, userName } from "../../core/users.ts";
import { readSystemFile } from "../../shm/system-files.ts";

/** A file system, as far as its properties are known. */
export interface FileSystem {
  readonly kind: "tmpfs" | "hugetlbfs" | "other";
  readonly sizeBytes: number;
  readonly freeBytes: number;
}

/** The machine that is examined; tests pass another one. */
export interface Host {
  readonly kernel: string;
  readonly arch: string;
  readonly uid: number;
  readonly user: string;
  /** A file's text; null if it does not exist or cannot be read. */
  text(path: string): string | null;
  /** The names in a folder; [] if it does not exist or cannot be read. */
  names(path: string): readonly string[];
  /** The file system of `path`, or of its nearest existing parent. */
  fileSystem(path: string): FileSystem;
  isDirectory(path: string): boolean;
}

const TMPFS = 0x01021994;
const RAMFS = 0x858458f6;
const HUGETLBFS = 0x958458f6;

export class ThisHost implements Host {
  readonly kernel = release();
  readonly arch = arch();
  /** `userInfo` throws if the user has no account and no HOME, as in a container. */
  readonly uid = currentUid();
  readonly user = userName(this.uid) ?? String(this.uid);

  text(path: string): string | null {
    return readSystemFile(path);
  }

  names(path: string): readonly string[] {
    try {
      return readdirSync(path);
    } catch (error) {
      if (["ENOENT", "ENOTDIR", "EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) return [];
      throw error;
    }
  }

  fileSystem(path: string): FileSystem {
    const { type, bsize, blocks, bavail } = statfsSync(this.#nearest(path));
    const magic = type >>> 0;
    const kind = magic === HUGETLBFS ? "hugetlbfs" : magic === TMPFS || magic === RAMFS ? "tmpfs" : "other";
    // A file system that reports no blocks has no limit of its own.
    const bytes = (count: number): number => (blocks === 0 ? Number.POSITIVE_INFINITY : count * bsize);
    return { kind, sizeBytes: bytes(blocks), freeBytes: bytes(bavail) };
  }

  isDirectory(path: string): boolean {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  }

  #nearest(path: string): string {
    let candidate = path;
    while (candidate !== "/" && statSync(candidate, { throwIfNoEntry: false }) === undefined)
      candidate = dirname(candidate);
    return candidate;
  }
}
