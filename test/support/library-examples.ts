import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./source-tree.ts";

/** A program of examples/library/: docs/LIBRARY.md quotes it, and a test compares what it prints. */
export interface LibraryExample {
  /** Relative to the checkout. */
  readonly path: string;
  readonly code: string;
  /** Standard output, as the comment at the end of the file has it. */
  readonly output: string;
}

const FOLDER = "examples/library";
const PRINTS = "\n// Prints:\n";

/** In alphabetical order, which is also the order in which they can be run: the recording is made before it is read. */
export function libraryExamples(): LibraryExample[] {
  return readdirSync(join(ROOT, FOLDER))
    .toSorted()
    .map((name) => libraryExample(`${FOLDER}/${name}`));
}

/** @throws when the file does not say what it prints */
export function libraryExample(path: string): LibraryExample {
  const [code, comment] = readFileSync(join(ROOT, path), "utf8").split(PRINTS);
  if (code === undefined || comment === undefined) throw new Error(`${path} must end with "// Prints:" and its output`);
  return { path, code: code.trimEnd(), output: comment.replace(/^\/\/ ?/gm, "") };
}
