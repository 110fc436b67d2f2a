import { open, stat } from "node:fs/promises";
import { emptyError, SourceError } from "../errors.ts";
import { isStdin, openError } from "../input/open-input.ts";
import { type FramesAxis, MAX_HEADER_BYTES, npyHeaderLength, parseNpyHeader } from "./header.ts";

/** Only this many records of a file are checked; a later, larger frame is dropped and counted if no pool fits. */
const MAX_RECORDS_PER_FILE = 1_000;

/** Lists up to this length are read header by header; for longer ones, one file of each size. */
const MAX_SCANNED_FILES = 1_000;

/**
 * The largest frame of the regular files among `paths`, for sizing the pools. Reads headers only. A file without a usable header is
 * rejected here, before anything is published. @throws SourceError
 */
export async function largestFrame(paths: readonly string[], framesAxis: FramesAxis): Promise<number> {
  const seenSizes = new Set<number>();
  let largest = 0;
  for (const path of paths) {
    if (isStdin(path)) continue;
    const sizeBytes = await sizeOf(path);
    if (sizeBytes === null || (paths.length > MAX_SCANNED_FILES && seenSizes.has(sizeBytes))) continue;
    seenSizes.add(sizeBytes);
    if (sizeBytes === 0) throw emptyError(path, "an empty file");
    largest = Math.max(largest, await largestOfFile(path, framesAxis));
  }
  return largest;
}

/** Null if it is not a regular file: other files are read once, and only in their turn. */
async function sizeOf(path: string): Promise<number | null> {
  try {
    const stats = await stat(path);
    return stats.isFile() ? stats.size : null;
  } catch (error) {
    throw openError(path, error);
  }
}

async function largestOfFile(path: string, framesAxis: FramesAxis): Promise<number> {
  try {
    await using file = await open(path, "r");
    const { size } = await file.stat();
    const buffer = new Uint8Array(MAX_HEADER_BYTES + 64);
    let largest = 0;
    let offset = 0;
    for (let record = 0; record < MAX_RECORDS_PER_FILE && offset < size; record++) {
      const wanted = record === 0 ? buffer.length : 512;
      const { bytesRead } = await file.read(buffer, 0, wanted, offset);
      const length = npyHeaderLength(buffer, bytesRead, path, offset);
      // Truncated or unusually long: reading the frames will report it.
      if (length > bytesRead) break;
      const { layout, frames } = parseNpyHeader(buffer.slice(0, length), path, framesAxis);
      offset += length;
      // A frame that extends past the end will not be sent, so it must not size the pools.
      if (frames > 0 && offset + layout.byteLength > size) break;
      if (frames > 0) largest = Math.max(largest, layout.byteLength);
      offset += frames * layout.byteLength;
    }
    return largest;
  } catch (error) {
    throw error instanceof SourceError ? error : openError(path, error);
  }
}
