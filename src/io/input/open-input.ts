import { close, constants, fstat, open, type Stats } from "node:fs";
import { promisify } from "node:util";
import { messageOf } from "../../core/errors.ts";
import { errnoOf, readProblem } from "../../core/system-errors.ts";
import { SourceError } from "../errors.ts";
import type { ByteInput } from "./byte-input.ts";
import { FileInput } from "./file-input.ts";
import { PipeInput } from "./pipe-input.ts";

const openAsync = promisify(open);
const closeAsync = promisify(close);
const fstatAsync = promisify(fstat);

/**
 * O_NONBLOCK on our own open file description: opening a FIFO does not wait for its writer, and no other process is affected. Node's
 * constants lack O_CLOEXEC; its value is the same on every architecture that Bun supports.
 */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY | 0o2000000;

/** True for the spellings of standard input. */
export function isStdin(path: string): boolean {
  return path === "-" || path === "/dev/stdin";
}

/** The name of an input in messages. */
export function inputName(path: string): string {
  return isStdin(path) ? "stdin" : path;
}

/** The error for a path that cannot be opened. */
export function openError(path: string, error: unknown): SourceError {
  const errno = errnoOf(error);
  const problem = errno === "" ? messageOf(error) : readProblem(errno);
  return new SourceError(
    errno === "ENOENT" || errno === "ENOTDIR" ? "not-found" : "unreadable",
    `${path}: cannot be read: ${problem}`,
    { expected: "a readable file", found: errno, cause: error },
  );
}

function inputOf(path: string, fd: number, isOwned: boolean, stats: Stats): ByteInput {
  const name = inputName(path);
  if (stats.isDirectory()) {
    throw new SourceError("unreadable", `${name}: cannot be read: it is a folder; name a file in it`, {
      found: "a directory",
    });
  }
  if (stats.isFile() || stats.isBlockDevice()) return new FileInput(name, fd, isOwned, stats.isFile() ? stats.size : 0);
  return new PipeInput(name, fd, isOwned, stats.isFIFO());
}

/** Opens a path, or `-`, outside the duty cycle. @throws SourceError */
export async function openInput(path: string): Promise<ByteInput> {
  if (isStdin(path)) {
    try {
      return inputOf(path, 0, false, await fstatAsync(0));
    } catch (error) {
      throw error instanceof SourceError ? error : openError("stdin", error);
    }
  }
  let fd: number;
  try {
    fd = await openAsync(path, OPEN_FLAGS);
  } catch (error) {
    throw openError(path, error);
  }
  try {
    return inputOf(path, fd, true, await fstatAsync(fd));
  } catch (error) {
    await closeAsync(fd);
    throw error instanceof SourceError ? error : openError(path, error);
  }
}
