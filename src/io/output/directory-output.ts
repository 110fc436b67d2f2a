import { close, constants, mkdir, open, rename, unlink } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Batch } from "./frame-queue.ts";
import { type Output, WRITTEN, type WriteOutcome } from "./output.ts";
import { writeError } from "./stream-output.ts";
import { writeFully } from "./write-fully.ts";

const openAsync = promisify(open);
const closeAsync = promisify(close);
const mkdirAsync = promisify(mkdir);
const renameAsync = promisify(rename);
const unlinkAsync = promisify(unlink);

const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | 0o2000000;

/** Digits of the frame number in a name, so that names sort as frames do. */
const SEQ_DIGITS = 10;

/** One file per frame, `frame-<seq>.npy` for the extension npy: whoever sees the name sees a whole file. */
export class DirectoryOutput implements Output {
  readonly name: string;
  readonly #extension: string;
  #pending: Promise<void> = Promise.resolve();

  private constructor(path: string, extension: string) {
    this.name = path;
    this.#extension = extension;
  }

  /** Makes the directory where there is none. @throws SinkError */
  static async open(path: string, extension: string): Promise<DirectoryOutput> {
    try {
      await mkdirAsync(path, { recursive: true });
      return new DirectoryOutput(path, extension);
    } catch (error) {
      throw writeError(path, error);
    }
  }

  /** The name of a frame's file within the directory. */
  static fileName(seq: number, extension: string): string {
    return `frame-${String(seq).padStart(SEQ_DIGITS, "0")}.${extension}`;
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
    const path = join(this.name, DirectoryOutput.fileName(batch.seq, this.#extension));
    const partial = `${path}.part`;
    const fd = await openAsync(partial, FLAGS, 0o666);
    try {
      const outcome = await new Promise<WriteOutcome>((resolve) => {
        writeFully(fd, batch.bytes, batch.byteLength, () => false, resolve);
      });
      if (outcome.kind === "failed") throw outcome.error;
    } catch (error) {
      // What went wrong first is what counts; a partial file that stays as well is named by it.
      await closeAsync(fd);
      await unlinkAsync(partial).catch(() => undefined);
      throw error;
    }
    await closeAsync(fd);
    await renameAsync(partial, path);
  }
}
