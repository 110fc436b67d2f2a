import { closeSync, openSync, rmSync, writeSync } from "node:fs";

const CHUNK_BYTES = 1 << 20;
const PAGE_BYTES = 4096;

/** Takes all the memory of a file system, and gives it back. */
export class Filler {
  readonly #path: string;
  #freeAtMs = Number.POSITIVE_INFINITY;

  constructor(path: string) {
    this.#path = path;
  }

  /** Takes every page that is left, until `freeAtMs`. */
  fill(freeAtMs: number): void {
    this.#freeAtMs = freeAtMs;
    const fd = openSync(this.#path, "w");
    try {
      for (const bytes of [CHUNK_BYTES, PAGE_BYTES]) {
        const chunk = new Uint8Array(bytes);
        while (writes(fd, chunk)) {
          // Until there is no room.
        }
      }
    } finally {
      closeSync(fd);
    }
  }

  /** Gives the memory back when it is time. @returns true while it is taken */
  step(nowMs: number): boolean {
    if (this.#freeAtMs === Number.POSITIVE_INFINITY) return false;
    if (nowMs >= this.#freeAtMs) this.free();
    return true;
  }

  free(): void {
    this.#freeAtMs = Number.POSITIVE_INFINITY;
    rmSync(this.#path, { force: true });
  }
}

/** False where there is no room for all of it. */
function writes(fd: number, chunk: Uint8Array): boolean {
  try {
    return writeSync(fd, chunk) === chunk.length;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") return false;
    throw error;
  }
}
