import { closeSync, openSync, readSync } from "node:fs";

const CHUNK_BYTES = 256 * 1024;

/** Reads the lines that a file grows by. */
export class LogTail implements Disposable {
  readonly #fd: number;
  readonly #chunk = Buffer.alloc(CHUNK_BYTES);
  #offset = 0;
  #rest = "";

  constructor(path: string) {
    this.#fd = openSync(path, "r");
  }

  /** The complete lines since the last call. */
  lines(): string[] {
    let text = this.#rest;
    for (;;) {
      const length = readSync(this.#fd, this.#chunk, 0, CHUNK_BYTES, this.#offset);
      if (length === 0) break;
      this.#offset += length;
      text += this.#chunk.toString("latin1", 0, length);
    }
    const lines = text.split("\n");
    this.#rest = lines.pop() ?? "";
    return lines;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
