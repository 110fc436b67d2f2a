import { statfsSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** The room of a file system. */
export interface Room {
  readonly totalBytes: number;
  /** What an ordinary user may still take. */
  readonly freeBytes: number;
}

/**
 * The room where a folder is, or would be: it need not be there yet. Null where the file system has no limit of its own, or
 * cannot be asked.
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
