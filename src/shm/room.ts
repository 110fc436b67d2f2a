import { statfsSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** The space on a file system. */
export interface Room {
  readonly totalBytes: number;
  /** Bytes available to an ordinary user. */
  readonly freeBytes: number;
}

/**
 * The space on the file system of a folder, which need not exist yet. Null if the file system has no limit of its own or cannot be queried.
 */
export function roomOf(directory: string): Room | null {
  for (let path = resolve(directory); ; path = dirname(path)) {
    try {
      const { blocks, bavail, bsize } = statfsSync(path, { bigint: true });
      return blocks === 0n ? null : { totalBytes: Number(blocks * bsize), freeBytes: Number(bavail * bsize) };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      if (code !== "ENOENT" || path === dirname(path)) return null;
    }
  }
}
