import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { messageOf } from "../core/errors.ts";
import { RecordingError } from "./recording-error.ts";

/** Bytes read at a time if records are small. */
const WINDOW_BYTES = 64 * 1024;
/** Bytes read if the next record is expected far away. */
const GLANCE_BYTES = 1024;

/** Bytes at numbered offsets, partly in memory: a file's through a window, or a buffer's directly. */
export interface ByteWindow {
  /** For messages: the file's name, or the origin of the bytes in it. */
  readonly name: string;
  readonly byteLength: number;
  /** The bytes that `load` has made available. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /**
   * Makes the bytes [offset, offset + byteLength) available until the next call, and returns their position in `bytes`. At most
   * MAX_LOAD_BYTES. @throws RecordingError beyond the end
   */
  load(offset: number, byteLength: number): number;
  /** Fills `target` with the bytes at `offset`. @throws RecordingError beyond the end */
  copy(target: Uint8Array, offset: number): void;
}

export const MAX_LOAD_BYTES = WINDOW_BYTES;

/** A buffer as a window over itself. */
export class MemoryWindow implements ByteWindow {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(name: string, bytes: Uint8Array) {
    this.name = name;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get byteLength(): number {
    return this.bytes.length;
  }

  load(offset: number, byteLength: number): number {
    requireInside(this, offset, byteLength);
    return offset;
  }

  copy(target: Uint8Array, offset: number): void {
    requireInside(this, offset, target.length);
    target.set(this.bytes.subarray(offset, offset + target.length));
  }
}

/** A file with at most one window in memory; it is read and never mapped, so that a file that shrinks causes an error, not a crash. */
export class FileWindow implements ByteWindow, Disposable {
  readonly name: string;
  readonly fd: number;
  readonly bytes = new Uint8Array(new ArrayBuffer(WINDOW_BYTES));
  readonly view = new DataView(this.bytes.buffer);
  #byteLength: number;
  #from = 0;
  #to = 0;
  #isClosed = false;

  /** @throws RecordingError "not-found", "unreadable" */
  constructor(path: string, flags: "r" | "r+" = "r") {
    this.name = path;
    try {
      this.fd = openSync(path, flags);
    } catch (error) {
      throw openError(path, error);
    }
    const stats = fstatSync(this.fd);
    if (!stats.isFile()) {
      closeSync(this.fd);
      throw new RecordingError(
        "unreadable",
        `${path} is ${stats.isDirectory() ? "a folder" : "no regular file"}: give a file`,
      );
    }
    this.#byteLength = stats.size;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  load(offset: number, byteLength: number): number {
    if (offset >= this.#from && offset + byteLength <= this.#to) return offset - this.#from;
    requireInside(this, offset, byteLength);
    // If reading continues behind the window, more bytes are needed soon; elsewhere there may be a frame in between.
    const isNear = offset >= this.#from && offset <= this.#to + GLANCE_BYTES;
    const wanted = Math.max(byteLength, isNear ? WINDOW_BYTES : GLANCE_BYTES);
    const length = Math.min(wanted, this.#byteLength - offset);
    this.#from = offset;
    this.#to = offset;
    this.#read(this.bytes, length, offset);
    this.#to = offset + length;
    return 0;
  }

  copy(target: Uint8Array, offset: number): void {
    requireInside(this, offset, target.length);
    this.#read(target, target.length, offset);
  }

  /** Reads the file's length again, for a file that is still being written. */
  refresh(): void {
    this.#byteLength = fstatSync(this.fd).size;
    this.#to = this.#from;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #read(target: Uint8Array, length: number, offset: number): void {
    if (this.#isClosed) throw new RecordingError("closed", `${this.name} was closed: open it again to read from it`);
    for (let done = 0; done < length; ) {
      let count: number;
      try {
        count = readSync(this.fd, target, done, length - done, offset + done);
      } catch (error) {
        throw new RecordingError(
          "unreadable",
          `${this.name} cannot be read at byte ${offset + done}: ${messageOf(error)}`,
          {
            cause: error,
          },
        );
      }
      if (count === 0) {
        throw new RecordingError(
          "damaged",
          `${this.name} was truncated while it was read: byte ${offset + done} is gone`,
        );
      }
      done += count;
    }
  }
}

function requireInside({ name, byteLength }: ByteWindow, offset: number, length: number): void {
  if (offset >= 0 && length >= 0 && offset + length <= byteLength) return;
  throw new RecordingError(
    "damaged",
    `${name}: a record points at bytes ${offset} to ${offset + length}, and there are ${byteLength} bytes`,
    { found: String(offset + length), expected: `at most ${byteLength}` },
  );
}

function openError(path: string, error: unknown): RecordingError {
  const errno = error instanceof Error && "code" in error ? String(error.code) : "";
  if (errno === "ENOENT")
    return new RecordingError("not-found", `there is no file ${path}: check the path`, { cause: error });
  return new RecordingError("unreadable", `${path} cannot be opened: ${messageOf(error)}`, { cause: error });
}
