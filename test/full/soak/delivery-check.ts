import { nameOf, patternProblem } from "./pattern.ts";

/** Checks what a consumer accepts: no frame is torn, and none comes twice or out of order. */
export class DeliveryCheck {
  /** True when frames of a run are numbered; a file that is repeated has the same numbers again. */
  readonly #isNumbered: boolean;
  readonly #newestSeqs = new Map<string, number>();
  readonly #newestNumbers = new Map<number, number>();
  accepted = 0;

  constructor(isNumbered: boolean) {
    this.#isNumbered = isNumbered;
  }

  /** What is wrong with an accepted frame; null when nothing is. `problem`: what was found in its bytes while it was there. */
  accept(
    epoch: string,
    seq: number,
    { problem, run, number }: { problem: string | null; run: number; number: number },
  ): string | null {
    this.accepted++;
    const where = `frame ${seq} of epoch ${epoch}`;
    if (problem !== null) return `torn: ${where}: ${problem}`;
    const newestSeq = this.#newestSeqs.get(epoch) ?? -1;
    this.#newestSeqs.set(epoch, Math.max(newestSeq, seq));
    if (seq <= newestSeq) return `accepted twice: ${where}, after ${newestSeq}`;
    if (!this.#isNumbered) return null;
    const newest = this.#newestNumbers.get(run) ?? -1;
    this.#newestNumbers.set(run, Math.max(newest, number));
    return number > newest ? null : `accepted twice: ${where} is number ${number} of run ${run}, after ${newest}`;
  }
}

/** What a frame's bytes say, read while they are there. */
export function readFrame(bytes: Uint8Array): { problem: string | null; run: number; number: number } {
  if (bytes.length % 4 !== 0) return { problem: `${bytes.length} bytes`, run: 0, number: 0 };
  const words =
    bytes.byteOffset % 4 === 0
      ? new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
      : new Uint32Array(bytes.slice().buffer);
  const problem = patternProblem(words);
  return problem === null ? { problem, ...nameOf(words) } : { problem, run: 0, number: 0 };
}
