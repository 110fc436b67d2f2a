import { mkdtempSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NativeLibraryError } from "./errors.ts";
import { closeFile, sealedMemoryFile } from "./libc.ts";

const NAME = "libaeron.so";
const STDERR = 2;

/**
 * Opens a library that exists as bytes only, and returns the path by which its symbol tables are opened from then on.
 *
 * A sealed memory file leaves nothing in a temporary folder and cannot be exchanged before it is opened. Where the system
 * refuses those, or running code from them, a file in a private folder takes its place, which is gone once it is open; the
 * user is informed.
 *
 * @param open opens a path once; what it throws counts as a refusal
 * @throws NativeLibraryError with every refusal
 */
export function openEmbedded(bytes: Uint8Array, open: (path: string) => void): string {
  const refusals: string[] = [];
  try {
    return openFromMemory(bytes, open);
  } catch (error) {
    refusals.push(`a memory file: ${reasonOf(error)}`);
  }
  for (const folder of new Set([tmpdir(), "/var/tmp", "/dev/shm"])) {
    try {
      const path = openFromFolder(folder, bytes, open);
      say(
        `libaeron was opened from a file below ${folder}, which is gone again; the system refused ${refusals.join("; ")}`,
      );
      return path;
    } catch (error) {
      refusals.push(`${folder}: ${reasonOf(error)}`);
    }
  }
  throw new NativeLibraryError(
    `the embedded libaeron could not be opened: expected a place to run code from, found ${refusals.join("; ")}; ` +
      "set TMPDIR to a folder that is not mounted noexec, or AERON_LIBRARY to a libaeron.so",
  );
}

function openFromMemory(bytes: Uint8Array, open: (path: string) => void): string {
  const fd = sealedMemoryFile(NAME, bytes);
  // The descriptor stays open for the life of the process: each symbol table opens the library by this path.
  const path = `/proc/self/fd/${fd}`;
  try {
    open(path);
    return path;
  } catch (error) {
    closeFile(fd);
    throw error;
  }
}

/** The path outlives its file: a library that is open is found by the name that it was opened by, without a look at the disk. */
function openFromFolder(folder: string, bytes: Uint8Array, open: (path: string) => void): string {
  const own = mkdtempSync(join(folder, "tensorpool-"));
  try {
    const path = join(own, NAME);
    writeFileSync(path, bytes, { flag: "wx", mode: 0o500 });
    open(path);
    return path;
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

/** Of the loader's messages the end is enough: they begin with the path, twice. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.startsWith("Failed to open library") ? (message.split(": ").at(-1) ?? message) : message;
}

function say(message: string): void {
  try {
    writeSync(STDERR, `tensorpool: ${message}\n`);
  } catch (error) {
    // No reader, or a full pipe: the work is worth more than this line.
    if (!(error instanceof Error)) throw error;
  }
}
