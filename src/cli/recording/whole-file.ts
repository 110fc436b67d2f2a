import { link, open, rename, unlink } from "node:fs/promises";
import { basename, extname } from "node:path";
import { UsageError } from "../../core/errors.ts";
import type { RecordingSet } from "../../recording/recording-set.ts";
import { OutputError } from "../output/output-error.ts";

/** The recording's name with another extension, in the current folder. */
export function defaultPath({ recordings }: RecordingSet, ending: string): string {
  const path = recordings[0]?.path ?? "recording";
  return `${basename(path, extname(path))}${ending}`;
}

/** Writes a file completely or not at all. @throws UsageError if a file of that name exists, OutputError */
export async function writeWhole(path: string, bytes: Uint8Array, mayReplace: boolean): Promise<void> {
  const partial = `${path}.part-${process.pid}`;
  try {
    const file = await open(partial, "wx");
    try {
      await file.writeFile(bytes);
    } finally {
      await file.close();
    }
    if (mayReplace) await rename(partial, path);
    else {
      await link(partial, path);
      await unlink(partial);
    }
  } catch (error) {
    await unlink(partial).catch(() => undefined);
    const isThere = error instanceof Error && "code" in error && error.code === "EEXIST";
    if (isThere) throw alreadyThere(path);
    throw new OutputError(error as Error, path);
  }
}

/** The error for an output file that already exists. */
export function alreadyThere(path: string): UsageError {
  return new UsageError(`${path} exists already: name another file, or pass --force to replace it`, { found: path });
}
