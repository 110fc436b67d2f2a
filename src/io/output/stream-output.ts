import { close, constants, fstat, ftruncate, open, realpath, rename, stat, unlink } from "node:fs";
import { promisify } from "node:util";
import { libc } from "../../../ffi/libc.ts";
import { messageOf } from "../../core/errors.ts";
import { errnoOf, writeProblem } from "../../core/system-errors.ts";
import { SinkError } from "../errors.ts";
import type { OpenOptions } from "../spec.ts";
import type { Batch } from "./frame-queue.ts";
import type { Output, WriteOutcome } from "./output.ts";
import { nameFile, openPart } from "./place-file.ts";
import { writeFully } from "./write-fully.ts";

const openAsync = promisify(open);
const closeAsync = promisify(close);
const fstatAsync = promisify(fstat);
const statAsync = promisify(stat);
const renameAsync = promisify(rename);
const unlinkAsync = promisify(unlink);
const truncateAsync = promisify(ftruncate);
const realpathAsync = promisify(realpath);

const O_CLOEXEC = 0o2000000;
const FIFO_RETRY_MS = 10;
const WAITING_NOTICE_MS = 250;
const STDOUT_FD = 1;
const F_SETFL = 4;
const F_SETPIPE_SZ = 1031;

/** Optional, as on the reading side: the reader empties while we fill, and both wake up less often. */
const PIPE_BYTES = 1024 * 1024;

/** True for the spellings of standard output. */
export function isStdout(path: string): boolean {
  return path === "-" || path === "/dev/stdout";
}

export function writeError(path: string, error: unknown): SinkError {
  const errno = errnoOf(error);
  const problem = errno === "" ? messageOf(error) : writeProblem(errno);
  return new SinkError("unwritable", `${path}: cannot be written: ${problem}`, { found: errno, cause: error });
}

interface Target {
  readonly name: string;
  readonly fd: number;
  /** Regular files are written under `FILE.part` and named at the end. Null: written under their own name. */
  readonly rename: { readonly from: string; readonly to: string; readonly mayReplace: boolean } | null;
  /** True for our own files, which can be truncated to whole frames. */
  readonly isOwned: boolean;
}

/** Opens a file, pipe, device or standard output for a stream of frames. @throws SinkError */
export async function openStreamOutput(path: string, options: OpenOptions = {}): Promise<StreamOutput> {
  try {
    return new StreamOutput(isStdout(path) ? await openStdout() : await openTarget(path, options));
  } catch (error) {
    throw error instanceof SinkError ? error : writeError(isStdout(path) ? "stdout" : path, error);
  }
}

/**
 * Standard output is shared: a process that makes it non-blocking does so for all (Bun does at the first use of process.stdout), and its
 * pipe would be written in small portions. So a pipe is reopened with its own mode.
 */
async function openStdout(): Promise<Target> {
  const shared: Target = { name: "stdout", fd: STDOUT_FD, rename: null, isOwned: false };
  if (!(await fstatAsync(STDOUT_FD)).isFIFO()) return shared;
  try {
    return { ...shared, fd: await openBlocking(`/proc/self/fd/${STDOUT_FD}`), isOwned: true };
  } catch (error) {
    // No reader, or another user's pipe: the shared descriptor is used; without a reader its writes fail with EPIPE.
    if (["ENXIO", "EACCES", "ENOENT"].includes(errnoOf(error))) return shared;
    throw error;
  }
}

/** A pipe for writing, opened without waiting for a reader (ENXIO if there is none), whose writes block. */
async function openBlocking(path: string): Promise<number> {
  const fd = await openAsync(path, constants.O_WRONLY | constants.O_NONBLOCK | O_CLOEXEC);
  // This open file is ours alone. Its writes run on the thread pool, where they may block.
  libc.fcntl(fd, F_SETFL, constants.O_WRONLY);
  libc.fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES);
  return fd;
}

async function openTarget(path: string, options: OpenOptions): Promise<Target> {
  let existing: Awaited<ReturnType<typeof statAsync>> | null = null;
  try {
    existing = await statAsync(path);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
  if (existing?.isDirectory()) {
    throw new SinkError("unwritable", `${path}: cannot be written: it is a folder; name a file in it`, {
      found: "a directory",
    });
  }
  if (existing?.isFIFO()) return { name: path, fd: await openFifo(path, options), rename: null, isOwned: true };
  // Files behind /dev/fd and /proc are open descriptors: their names cannot be swapped.
  const isPlain = existing === null || existing.isFile();
  if (!isPlain || path.startsWith("/dev/fd/") || path.startsWith("/proc/")) {
    const fd = await openAsync(path, constants.O_WRONLY | constants.O_NOCTTY | O_CLOEXEC);
    return { name: path, fd, rename: null, isOwned: true };
  }
  // An empty file is a reserved name (mktemp): replacing it loses nothing.
  const mayReplace = existing !== null && (existing.size === 0 || options.replaces === true);
  if (existing !== null && !mayReplace) throw existsError(path, "move or remove it first, or choose another name");
  const to = existing === null ? path : await realpathAsync(path);
  const from = `${to}.part`;
  return { name: path, fd: await openPart(from), rename: { from, to, mayReplace }, isOwned: true };
}

function existsError(path: string, next: string): SinkError {
  return new SinkError("unwritable", `${path}: there is a file of this name, which is not replaced; ${next}`, {
    found: "a file",
  });
}

/** Opening a FIFO for writing waits for its reader: repeated non-blocking attempts can be cancelled. */
async function openFifo(path: string, { signal, onWaiting }: OpenOptions): Promise<number> {
  const startMs = performance.now();
  let isNoticeDue = onWaiting !== undefined;
  for (;;) {
    if (signal?.aborted) throw new SinkError("aborted", `${path}: given up while waiting for a reader`);
    try {
      return await openBlocking(path);
    } catch (error) {
      if (errnoOf(error) !== "ENXIO") throw error;
    }
    if (isNoticeDue && performance.now() - startMs > WAITING_NOTICE_MS) {
      isNoticeDue = false;
      onWaiting?.(`waiting for a reader of ${path}`);
    }
    await new Promise((resolve) => setTimeout(resolve, FIFO_RETRY_MS));
  }
}

/** Batches appended to one file or pipe. */
class StreamOutput implements Output {
  readonly name: string;
  readonly #target: Target;
  #isWriting = false;
  #isGivenUp = false;
  #isClosed = false;
  /** End of the last whole batch, for files of our own. */
  #wholeBytes = 0;
  #isTorn = false;
  #whenIdle: (() => void) | null = null;

  constructor(target: Target) {
    this.name = target.name;
    this.#target = target;
  }

  write(batch: Batch, done: (outcome: WriteOutcome) => void): void {
    this.#isWriting = true;
    const isGivenUp = (): boolean => this.#isGivenUp;
    writeFully(this.#target.fd, batch.bytes, batch.byteLength, isGivenUp, (outcome, writtenBytes) => {
      this.#isWriting = false;
      if (writtenBytes === batch.byteLength) this.#wholeBytes += writtenBytes;
      else this.#isTorn = true;
      done(outcome);
      this.#whenIdle?.();
    });
  }

  /** The file gets its name; without a frame it is removed. */
  async #settle({ from, to, mayReplace }: NonNullable<Target["rename"]>): Promise<void> {
    if (this.#wholeBytes === 0) await unlinkAsync(from);
    else if (mayReplace) await renameAsync(from, to);
    else if (!(await nameFile(from, to))) throw existsError(to, `what was written is in ${from}`);
  }

  async close(isFailed: boolean): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { fd, rename: names, isOwned } = this.#target;
    if (names === null) {
      // The pipe may never be read: its descriptor is closed when the write returns, and the process may exit before.
      this.#isGivenUp = true;
      if (isOwned && this.#isWriting) this.#whenIdle = () => close(fd, () => {});
      else if (isOwned) await closeAsync(fd);
      return;
    }
    if (this.#isWriting) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
    try {
      if (this.#isTorn) await truncateAsync(fd, this.#wholeBytes);
      if (!isFailed || this.#wholeBytes === 0) await this.#settle(names);
      // Only now may another sink use the temporary name: the lock ends with the descriptor.
      await closeAsync(fd);
    } catch (error) {
      throw error instanceof SinkError ? error : writeError(names.from, error);
    }
  }
}
