import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";
import { clearedStatusLine } from "./status-line.ts";

export interface StreamWriterOptions {
  /** Limit for text that waits for a slow reader; text beyond it is dropped and counted. 1 MiB. */
  maxQueuedBytes?: number;
  /** Called once when the reader has closed its end (EPIPE). */
  onClosed?: () => void;
}

const NOTHING = Buffer.alloc(0);
const RETRY_MS = 5;
/** How long unread text may delay the process's exit. */
const EXIT_TIMEOUT_MS = 100;

/**
 * Writes text to standard output or standard error without ever blocking on an unread pipe or terminal: text that does not fit waits in a
 * bounded queue. Lines are written whole and in order. Never throws: a closed reader ends the writing silently (`isClosed`), any other
 * failure is kept in `error`.
 *
 * Pipes and terminals are reopened as non-blocking, which leaves the mode of the shared descriptor unchanged; regular files are written
 * through the given descriptor, whose position other processes may share.
 */
export class StreamWriter {
  readonly #sharedFd: number;
  readonly #maxQueuedBytes: number;
  readonly #onClosed: (() => void) | undefined;
  /** The buffer being written, from `#frontOffset` on. */
  #front: Buffer = NOTHING;
  #frontOffset = 0;
  /** Follows it, joined when it is due: one system call for many lines. */
  #queue: Buffer[] = [];
  readonly #retry = (): void => this.#onRetry();
  readonly #flushAtExit = (): void => this.#onExit();
  #fd = -1;
  #queuedBytes = 0;
  #droppedWrites = 0;
  #isClosed = false;
  #error: Error | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(fd: number, options: StreamWriterOptions = {}) {
    this.#sharedFd = fd;
    this.#maxQueuedBytes = options.maxQueuedBytes ?? 1_048_576;
    this.#onClosed = options.onClosed;
  }

  /** True once the reader has closed its end: later text is discarded. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Why writing failed, other than by a closed reader; e.g. a full disk. */
  get error(): Error | null {
    return this.#error;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Calls of `write` whose text was dropped because the queue was full. */
  get droppedWrites(): number {
    return this.#droppedWrites;
  }

  /** Writes or queues the text; false if it was dropped: the queue is full, the reader has closed its end, or writing failed. */
  write(text: string): boolean {
    if (this.#isClosed || this.#error !== null) return false;
    const bytes = Buffer.from(clearedStatusLine(this.#sharedFd) + text);
    if (bytes.length === 0) return true;
    if (this.#isOver(bytes.length)) this.#pump();
    if (this.#isOver(bytes.length)) {
      this.#droppedWrites += 1;
      return false;
    }
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    // While the reader is behind, the timer polls: polling for every line would cost more than the line.
    if (this.#timer === null) this.#pump();
    return !this.#isClosed && this.#error === null;
  }

  /** Resolves when everything was written or can never be. Waits for the reader. */
  async flush(): Promise<void> {
    this.#pump();
    while (this.#queuedBytes > 0) {
      await Bun.sleep(RETRY_MS);
      this.#pump();
    }
  }

  /** A text larger than the whole queue is accepted if nothing else waits. */
  #isOver(byteLength: number): boolean {
    return this.#queuedBytes > 0 && this.#queuedBytes + byteLength > this.#maxQueuedBytes;
  }

  #pump(): void {
    try {
      if (this.#fd < 0 && this.#queuedBytes > 0) this.#fd = openNonBlocking(this.#sharedFd);
      while (this.#queuedBytes > 0) {
        if (this.#frontOffset === this.#front.length) this.#takeFront();
        const written = writeSync(this.#fd, this.#front, this.#frontOffset, this.#front.length - this.#frontOffset);
        this.#frontOffset += written;
        this.#queuedBytes -= written;
      }
      this.#stopRetrying();
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "EAGAIN" || code === "EINTR") this.#retryLater();
      else this.#giveUp(error as Error, code);
    }
  }

  #takeFront(): void {
    this.#front = this.#queue.length === 1 ? (this.#queue[0] as Buffer) : Buffer.concat(this.#queue);
    this.#frontOffset = 0;
    this.#queue = [];
  }

  #giveUp(error: Error, code: string | undefined): void {
    this.#queue = [];
    this.#front = NOTHING;
    this.#frontOffset = 0;
    this.#queuedBytes = 0;
    this.#stopRetrying();
    // A FIFO without a reader cannot be opened (ENXIO); a terminal that hung up reports EIO; a closed descriptor EBADF.
    if (code === "EPIPE" || code === "ENXIO" || code === "EIO" || code === "EBADF") {
      this.#isClosed = true;
      this.#onClosed?.();
    } else {
      this.#error = error;
    }
  }

  #retryLater(): void {
    if (this.#timer !== null) return;
    process.once("exit", this.#flushAtExit);
    this.#timer = setTimeout(this.#retry, RETRY_MS);
    this.#timer.unref();
  }

  #stopRetrying(): void {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    process.off("exit", this.#flushAtExit);
  }

  #onRetry(): void {
    this.#pump();
    // Still blocked: try again.
    if (this.#queuedBytes > 0) this.#timer?.refresh();
  }

  #onExit(): void {
    const patientUntil = performance.now() + EXIT_TIMEOUT_MS;
    this.#pump();
    while (this.#queuedBytes > 0 && performance.now() < patientUntil) {
      Bun.sleepSync(1);
      this.#pump();
    }
  }

  /** Closes the reopened descriptor; the given one stays open. */
  close(): void {
    this.#stopRetrying();
    if (this.#fd >= 0 && this.#fd !== this.#sharedFd) closeSync(this.#fd);
    this.#fd = -1;
    this.#isClosed = true;
  }
}

function openNonBlocking(fd: number): number {
  const status = fstatSync(fd);
  if (!status.isFIFO() && !status.isCharacterDevice()) return fd;
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    // Another user's terminal (su, sudo) can be written but not opened: a write may then block.
    if ((error as NodeJS.ErrnoException).code === "EACCES") return fd;
    throw error;
  }
}
