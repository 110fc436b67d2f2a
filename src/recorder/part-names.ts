import { readdir, stat, unlink } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";

const NUMBER_DIGITS = 4;

/**
 * The names of a recording's files: the requested one, or `NAME-<UTC time>-<number>.mcap` if it is split. Parts of earlier runs have other
 * times, so that nothing is ever replaced; names sort by time.
 */
export class PartNames {
  readonly folder: string;
  readonly #path: string;
  readonly #stem: string;
  readonly #extension: string;
  readonly #isNumbered: boolean;
  #start: string;
  #number = 0;

  constructor(path: string, isNumbered: boolean, start: Date) {
    this.#path = path;
    this.folder = dirname(path);
    this.#extension = extname(path);
    this.#stem = basename(path, this.#extension);
    this.#isNumbered = isNumbered;
    this.#start = stampOf(start);
  }

  /** Sets the time of the following names. */
  beginAt(start: Date): void {
    this.#start = stampOf(start);
  }

  next(): string {
    this.#number++;
    if (!this.#isNumbered) return this.#path;
    const number = String(this.#number).padStart(NUMBER_DIGITS, "0");
    return join(this.folder, `${this.#stem}-${this.#start}-${number}${this.#extension}`);
  }

  /**
   * Removes the oldest parts, including those of earlier runs, while the total exceeds `keepBytes`; removes at least one if the disk is
   * full. Returns the removed ones.
   */
  async removeOldest(keepBytes: number, current: ReadonlySet<string>, isFull: boolean): Promise<readonly string[]> {
    const parts: { readonly path: string; readonly byteLength: number }[] = [];
    for (const name of (await readdir(this.folder)).filter((each) => this.#isPart(each)).sort()) {
      const path = join(this.folder, name);
      const found = await stat(path).catch(() => null);
      if (found?.isFile()) parts.push({ path, byteLength: found.size });
    }
    let total = parts.reduce((sum, part) => sum + part.byteLength, 0);
    const removed: string[] = [];
    for (const { path, byteLength } of parts) {
      if (total <= keepBytes && !(isFull && removed.length === 0)) break;
      if (current.has(path)) continue;
      await unlink(path);
      total -= byteLength;
      removed.push(path);
    }
    return removed;
  }

  #isPart(name: string): boolean {
    if (!this.#isNumbered || !name.startsWith(`${this.#stem}-`) || !name.endsWith(this.#extension)) return false;
    const middle = name.slice(this.#stem.length + 1, name.length - this.#extension.length);
    return /^\d{8}T\d{6}\.\d{3}Z-\d{4,}$/.test(middle);
  }
}

function stampOf(date: Date): string {
  return date.toISOString().replaceAll(/[-:]/g, "");
}
