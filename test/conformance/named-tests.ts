import type { SourceFile } from "../support/source-tree.ts";

/** A test, or a group of tests, whose title names rules. */
export interface NamedTest {
  /** Relative to the checkout. */
  readonly file: string;
  readonly title: string;
  readonly rules: readonly string[];
  /** Tests that it stands for: 1, or those of the group. */
  readonly tests: number;
}

interface Title {
  readonly kind: "describe" | "test";
  readonly column: number;
  readonly text: string;
}

/** The rules of both specifications that a text names, ranges ("W-09 to W-13") included, each once. */
export function rulesNamedIn(text: string): string[] {
  const rules = new Set<string>();
  for (const [, letter, first, last] of text.matchAll(/\b([WD])-(\d\d)(?: to \1-(\d\d))?\b/g)) {
    for (let n = Number(first); n <= Number(last ?? first); n++) rules.add(`${letter}-${String(n).padStart(2, "0")}`);
  }
  return [...rules];
}

/**
 * The tests of a file that name rules, in their order. A group whose title names a rule stands for the tests in it that name none
 * themselves. Groups are known by their indentation, which the formatter sees to.
 */
export function namedTestsOf(file: SourceFile): NamedTest[] {
  const titles = titlesOf(file.text);
  return titles.flatMap((title, i) => {
    const rules = rulesNamedIn(title.text);
    if (rules.length === 0) return [];
    const named = { file: file.path, title: title.text, rules };
    if (title.kind === "test") return [{ ...named, tests: 1 }];
    const end = titles.findIndex((later, j) => j > i && later.column <= title.column);
    const inside = titles.slice(i + 1, end === -1 ? titles.length : end);
    const tests = inside.filter(({ kind, text }) => kind === "test" && rulesNamedIn(text).length === 0).length;
    return tests === 0 ? [] : [{ ...named, tests }];
  });
}

const CALL = /^([ \t]*)(describe|test)(?:\.each\([^\n]*\))?\(\s*(["'`])((?:\\.|(?!\3)[^\\])*)\3/gm;

function titlesOf(text: string): Title[] {
  return [...text.matchAll(CALL)].map((match) => ({
    kind: match[2] as Title["kind"],
    column: (match[1] as string).length,
    text: (match[4] as string).replace(/\\(.)/g, "$1"),
  }));
}
