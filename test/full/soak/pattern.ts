// Frames whose every byte follows from the run of the producer, the frame's number and its size.

/** Words at the beginning that name the frame: run, number, words in all. */
const HEAD_WORDS = 3;

export interface FrameName {
  readonly run: number;
  readonly number: number;
}

/** Fills a frame of at least `HEAD_WORDS` words. */
export function fillPattern(words: Uint32Array, run: number, number: number): void {
  words[0] = run;
  words[1] = number;
  words[2] = words.length;
  const base = baseOf(run, number, words.length);
  for (let i = HEAD_WORDS; i < words.length; i++) words[i] = base + Math.imul(i, STEP);
}

/** What is wrong with a frame: the first word that does not belong to it; null when all of them do. */
export function patternProblem(words: Uint32Array): string | null {
  if (words.length < HEAD_WORDS) return `only ${words.length} words`;
  if (words[2] !== words.length) return `${words.length} words where ${words[2]} were written`;
  const base = baseOf(words[0] as number, words[1] as number, words.length);
  for (let i = HEAD_WORDS; i < words.length; i++) {
    const expected = (base + Math.imul(i, STEP)) >>> 0;
    if (words[i] !== expected) return `word ${i} of ${words.length} is ${words[i]}, expected ${expected}`;
  }
  return null;
}

/** Which frame it is; only of one without a problem. */
export function nameOf(words: Uint32Array): FrameName {
  return { run: words[0] as number, number: words[1] as number };
}

const STEP = 0x85eb_ca6b;

function baseOf(run: number, number: number, length: number): number {
  return Math.imul(run ^ 0x9e37_79b9, 0xc2b2_ae35) + Math.imul(number, 0x27d4_eb2f) + Math.imul(length, 0x1656_67b1);
}
