import { mkdtempSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NativeLibraryError } from "./errors.ts";
import { closeFile, sealedMemoryFile } from "./libc.ts";

const NAME = "libaeron.so";
const STDERR = 2;

/**
 * Opens a library that exists only as bytes, and returns the path with which its symbol tables are opened afterwards.
 *
 * A sealed memory file leaves nothing in a temporary folder and cannot be replaced before it is opened. If the system
 * refuses memory files or executing code from them, a file in a private folder is used, which is deleted once it is open; the
 * user is informed.
 *
 * @param open opens a path once; an exception counts as a refusal
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

/** The path outlives its file: the loader identifies an open library by the name that it was opened with, without accessing the disk. */
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

/** The end of a loader message is sufficient: the message begins with the path, twice. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.startsWith("Failed to open library") ? (message.split(": ").at(-1) ?? message) : message;
}

function say(message: string): void {
  try {
    writeSync(STDERR, `tensorpool: ${message}\n`);
  } catch (error) {
    // Standard error has no reader or its pipe is full: the message is dropped so that the program can continue.
    if (!(error instanceof Error)) throw error;
  }
}
