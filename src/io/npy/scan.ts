import { open, stat } from "node:fs/promises";
import { SourceError } from "../errors.ts";
import { isStdin, openError } from "../input/open-input.ts";
import { MAX_HEADER_BYTES, npyHeaderLength, parseNpyHeader } from "./header.ts";

/** A file of more records is looked at only so far; a larger frame after that is dropped by count if no pool fits. */
const MAX_RECORDS_PER_FILE = 1_000;

/**
 * The largest frame of the regular files among `paths`, for the pools. Reads headers only. A file that does not begin with a
 * usable header is refused here, before anything is published. @throws SourceError
 */
export async function largestFrame(paths: readonly string[]): Promise<number> {
  let largest = 0;
  for (const path of paths) {
    if (!isStdin(path)) largest = Math.max(largest, await largestOfFile(path));
  }
  return largest;
}

async function largestOfFile(path: string): Promise<number> {
  try {
    if (!(await stat(path)).isFile()) return 0;
    await using file = await open(path, "r");
    const { size } = await file.stat();
    const buffer = new Uint8Array(MAX_HEADER_BYTES + 64);
    let largest = 0;
    let offset = 0;
    for (let record = 0; record < MAX_RECORDS_PER_FILE && offset < size; record++) {
      const { bytesRead } = await file.read(
        buffer,
        0,
        Math.min(buffer.length, record === 0 ? buffer.length : 512),
        offset,
      );
      const length = npyHeaderLength(buffer, bytesRead, path);
      // Cut off or unusually long: reading the frames will say so in its place.
      if (length > bytesRead) break;
      const { layout } = parseNpyHeader(buffer.slice(0, length), path);
      offset += length + layout.byteLength;
      // A record that reaches past the end will not be sent, so it must not size the pools.
      if (offset > size) break;
      largest = Math.max(largest, layout.byteLength);
    }
    return largest;
  } catch (error) {
    throw error instanceof SourceError ? error : openError(path, error);
  }
}
