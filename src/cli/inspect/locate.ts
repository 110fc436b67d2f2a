import { type Dirent, lstatSync, readdirSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { messageOf, NotFoundError, TensorPoolError } from "../../core/errors.ts";
import { absolutePath } from "../../core/exact-text.ts";
import { suggestion } from "../../core/nearest.ts";
import { InspectionError, RegionInspection } from "../../shm/inspection.ts";

/** Files to inspect. */
export interface Located {
  readonly paths: readonly string[];
  /** Folders and files that could not be read, and why. */
  readonly unreadable: readonly string[];
}

/** A folder cannot be listed. */
class LocateError extends TensorPoolError<"not-readable"> {}

/** Depth of base, namespace, instance, epoch and file, plus a margin. */
const MAX_DEPTH = 8;
const MAX_FILES = 100_000;

/**
 * Resolves `subject`: a file, a folder (all regions in it), or a stream below `shmDir`, by its id or the name of its instance. Links in
 * the user's path are followed; links below it are not.
 * @throws NotFoundError listing the existing ones
 */
export function locate(subject: string, shmDir: string): Located {
  const isStreamId = /^\d+$/.test(subject);
  const path = isStreamId ? null : realPathOrNull(absolutePath(subject));
  if (path !== null) return locatePath(path);
  if (subject.includes("/"))
    throw new NotFoundError(`${subject}: no such file or folder${neighbours(absolutePath(subject))}`);
  return locateStream(subject, isStreamId, shmDir);
}

function locatePath(path: string): Located {
  const stat = lstatSync(path);
  // Any file is accepted here: the inspection reports whether it is a region.
  if (!stat.isDirectory()) return { paths: [path], unreadable: [] };
  const found = regionFilesBelow(path);
  if (found.paths.length === 0 && found.unreadable.length === 0) {
    throw new NotFoundError(`${path}: there are no regions (*.ring, *.pool) in or below this folder`);
  }
  return found;
}

function locateStream(subject: string, isStreamId: boolean, shmDir: string): Located {
  const base = realPathOrNull(shmDir);
  if (base === null) {
    throw new NotFoundError(`stream ${subject}: the folder ${shmDir} does not exist; pass --shm-dir`);
  }
  const below = regionFilesBelow(base);
  const streams = new Set<string>();
  const names = new Set<string>();
  const paths: string[] = [];
  for (const path of below.paths) {
    const streamId = streamIdOf(path);
    const instance = basename(dirname(dirname(path)));
    if (streamId !== null) streams.add(String(streamId));
    names.add(instance);
    if (isStreamId ? String(streamId) === String(BigInt(subject)) : instance === subject) paths.push(path);
  }
  if (paths.length > 0) return { paths, unreadable: below.unreadable };
  const known = isStreamId ? [...streams].sort((a, b) => Number(a) - Number(b)) : [...names].sort();
  const what = isStreamId ? `stream ${subject}` : `"${subject}" is no file, no folder and no instance:`;
  const there = known.length === 0 ? "there are no regions at all" : `there are ${listed(known)}`;
  const more = below.unreadable.length === 0 ? "" : `; ${below.unreadable.length} folders could not be read`;
  throw new NotFoundError(
    `${isStreamId ? `${what}: ` : `${what} `}nothing of it is below ${shmDir}, ${there}${more}${nearestOf(subject, known, isStreamId)}`,
    { found: known.join(", ") },
  );
}

/** Files named like regions; links are not followed. */
function regionFilesBelow(folder: string): Located {
  const paths: string[] = [];
  const unreadable: string[] = [];
  const visit = (path: string, depth: number): void => {
    let entries: Dirent[];
    try {
      entries = readdirSync(path, { withFileTypes: true });
    } catch (error) {
      // A producer that ends meanwhile removes its folders.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") unreadable.push(`${path}: ${messageOf(error)}`);
      return;
    }
    for (const entry of entries.sort((a, b) => byNumber(a.name, b.name))) {
      const child = join(path, entry.name);
      if (entry.isDirectory()) {
        if (depth < MAX_DEPTH) visit(child, depth + 1);
      } else if (/\.(ring|pool)$/.test(entry.name) && paths.length < MAX_FILES) {
        paths.push(child);
      }
    }
  };
  visit(folder, 0);
  return { paths, unreadable };
}

function streamIdOf(path: string): number | null {
  try {
    using region = RegionInspection.open(path);
    return region.superblock?.streamId ?? null;
  } catch (error) {
    // The file is unreadable or was removed meanwhile: its owner is unknown.
    if (error instanceof InspectionError) return null;
    throw error;
  }
}

function realPathOrNull(path: string): string | null {
  try {
    return realpathSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw new LocateError("not-readable", `${path}: ${messageOf(error)}`, { found: code ?? "", cause: error });
  }
}

function neighbours(path: string): string {
  try {
    return suggestion(basename(path), readdirSync(dirname(path)));
  } catch (error) {
    // Without the folder there is nothing to suggest.
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? `; ${dirname(path)} does not exist either` : "";
  }
}

function nearestOf(subject: string, known: readonly string[], isStreamId: boolean): string {
  if (!isStreamId || known.length === 0) return suggestion(subject, known);
  // For a number, a similar one comes first (a typing error), then the nearest one.
  const alike = suggestion(subject, known);
  if (alike !== "") return alike;
  const next = [...known].sort(
    (a, b) => Math.abs(Number(a) - Number(subject)) - Math.abs(Number(b) - Number(subject)),
  )[0];
  return `; the nearest is ${next}`;
}

/** At most twenty names, followed by the number of the others. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, 20).join(", ");
  return names.length > 20 ? `${shown} and ${names.length - 20} more` : shown;
}

/** Sorts names, comparing the numbers in them by value. */
function byNumber(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
