import { close, mkdir, unlink } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Batch } from "./frame-queue.ts";
import { type Output, WRITTEN, type WriteOutcome } from "./output.ts";
import { createFile, nameFile } from "./place-file.ts";
import { writeError } from "./stream-output.ts";
import { writeFully } from "./write-fully.ts";

const closeAsync = promisify(close);
const mkdirAsync = promisify(mkdir);
const unlinkAsync = promisify(unlink);

/** Digits in a name, so that names sort numerically: of a frame number, and of nanoseconds. */
const SEQ_DIGITS = 10;
const TIMESTAMP_DIGITS = 19;

/**
 * One file per frame, `frame-<start>-<seq>-<timestamp>.npy`, in a folder that may contain files of earlier runs: nothing is ever replaced,
 * and names sort by time. `start` is the UTC time at which the recording, or the stream's epoch, began; `timestamp` is the frame's own, in
 * ns. A file gets its name when it is complete.
 */
export class DirectoryOutput implements Output {
  readonly name: string;
  readonly #extension: string;
  readonly #now: () => Date;
  #start = "";
  #lastSeq = Number.POSITIVE_INFINITY;
  #pending: Promise<void> = Promise.resolve();

  private constructor(path: string, extension: string, now: () => Date) {
    this.name = path;
    this.#extension = extension;
    this.#now = now;
  }

  /** Creates the directory if it is missing. @throws SinkError */
  static async open(path: string, extension: string, now = (): Date => new Date()): Promise<DirectoryOutput> {
    try {
      await mkdirAsync(path, { recursive: true });
      return new DirectoryOutput(path, extension, now);
    } catch (error) {
      throw writeError(path, error);
    }
  }

  write(batch: Batch, done: (outcome: WriteOutcome) => void): void {
    this.#pending = this.#writeFile(batch).then(
      () => done(WRITTEN),
      (error: unknown) => done({ kind: "failed", error }),
    );
  }

  async close(): Promise<void> {
    await this.#pending;
  }

  async #writeFile(batch: Batch): Promise<void> {
    const stem = this.#stemOf(batch);
    const { fd, partial, copy } = await this.#create(stem);
    try {
      const outcome = await new Promise<WriteOutcome>((resolve) => {
        writeFully(fd, batch.bytes, batch.byteLength, () => false, resolve);
      });
      if (outcome.kind === "failed") throw outcome.error;
    } catch (error) {
      // The first error counts; it also names a partial file that remains.
      await closeAsync(fd);
      await unlinkAsync(partial).catch(() => undefined);
      throw error;
    }
    await closeAsync(fd);
    for (let n = copy; !(await nameFile(partial, this.#pathOf(stem, n))); n++);
  }

  /** Frame numbers that go back belong to another epoch, whose recording begins now. */
  #stemOf({ seq, timestampNs }: Batch): string {
    if (seq <= this.#lastSeq) this.#start = this.#now().toISOString().replaceAll(/[-:]/g, "");
    this.#lastSeq = seq;
    const number = String(seq).padStart(SEQ_DIGITS, "0");
    return `frame-${this.#start}-${number}-${String(timestampNs).padStart(TIMESTAMP_DIGITS, "0")}`;
  }

  /** Our own temporary file. Its name already exists if two sinks write the same frame: then the next number is used. */
  async #create(stem: string): Promise<{ readonly fd: number; readonly partial: string; readonly copy: number }> {
    for (let copy = 1; ; copy++) {
      const partial = `${this.#pathOf(stem, copy)}.part`;
      const fd = await createFile(partial);
      if (fd !== null) return { fd, partial, copy };
    }
  }

  #pathOf(stem: string, copy: number): string {
    return join(this.name, `${stem}${copy === 1 ? "" : `-${copy}`}.${this.#extension}`);
  }
}
