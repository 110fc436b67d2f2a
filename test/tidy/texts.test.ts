import { describe, expect, test } from "bun:test";
import { codeOf, ROOT, type SourceFile, textFiles } from "../support/source-tree.ts";

/** Tests may be longer: a table of cases is no second reason to exist. */
const MAX_LINES = { code: 350, test: 450 };

const files = textFiles();
const code = codeOf(files);
const prose = files.filter(({ path }) => path.endsWith(".md"));

/** Each place where the pattern occurs, as `file:line: what was found`. */
function occurrences(among: readonly SourceFile[], pattern: RegExp): string[] {
  return among.flatMap(({ path, text }) =>
    [...text.matchAll(pattern)].map(
      (match) => `${path}:${text.slice(0, match.index).split("\n").length}: ${match[0].trim()}`,
    ),
  );
}

/** Flags in the strings of a line, but for arguments of a process, which are strings of their own, and whole commands of ours. */
function flagsNamedIn(line: string): string[] {
  if (/^\s*(?:\/\/|\/?\*)/.test(line)) return [];
  return [...line.matchAll(/(?<=[\s(`])--[a-z][\w-]*/g)]
    .filter(({ index }) => {
      const before = line.slice(0, index);
      const isInString = (before.match(/["`]/g) ?? []).length > 0 && !/["`][^\w"`]*$/.test(before);
      return isInString && !/tensorpool [^`"]*$/.test(before);
    })
    .map(([flag]) => flag);
}

/** A pattern of alternatives that this file does not match itself. */
function pattern(flags: string, ...alternatives: readonly (readonly string[])[]): RegExp {
  return new RegExp(alternatives.map((parts) => parts.join("")).join("|"), flags);
}

describe("the texts of the project", () => {
  test("no file of code is too long to be read", () => {
    const long = code
      .filter(({ path }) => !path.startsWith("src/sbe/generated/"))
      .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
      .filter(({ path, lines }) => lines > (path.startsWith("test/") ? MAX_LINES.test : MAX_LINES.code));
    expect(long.map(({ path, lines }) => `${path}: ${lines} lines`)).toEqual([]);
  });

  test("nothing is left for later", () => {
    const words = pattern(
      "gi",
      ["\\bto", "do\\b"],
      ["\\bfix", "me\\b"],
      ["\\bx", "xx\\b"],
      ["\\bnot imp", "lemented\\b"],
    );
    // A test declared for later is looked for below, by its own name.
    expect(occurrences([...code, ...prose], words)).toEqual([]);
  });

  test("no test is skipped, postponed or run alone", () => {
    const calls = pattern("g", ["\\b(?:test|it|describe)(?:\\.\\w+)*\\.(?:sk", "ip|on", "ly|to", "do)\\b"]);
    expect(occurrences(code, calls)).toEqual([]);
  });

  test("no sentence for users names a rule of the specification: errors carry it as `rule`", () => {
    const program = code.filter(({ path }) => /^src\/(?!sbe\/generated\/|.*-advice\.ts$)/.test(path));
    // Comments may, and so may what counters mean, for the tables of the docs: a summary leaves the rule out. Advice is for the docs alone.
    const mayName = /^\s*(?:\*|\/\/|\/\*\*)|\bhelp: "/;
    const sentences = program.map(({ path, text }) => ({
      path,
      text: text
        .split("\n")
        .map((line) => (mayName.test(line) ? "" : line))
        .join("\n"),
    }));
    expect(occurrences(sentences, /["`][^"`\n]*\b[WD]-\d\d(?:: |\))[^"`\n]*/g)).toEqual([]);
  });

  test("layers below the command line name no flag of it: errors carry the option, and each surface has its own name for it", () => {
    const below = /^src\/(?!cli\/|config\/|view\/page\/|sbe\/generated\/|.*-advice\.ts$)/;
    const named = code
      .filter(({ path }) => below.test(path))
      .flatMap(({ path, text }) =>
        text.split("\n").flatMap((line, i) => flagsNamedIn(line).map((flag) => `${path}:${i + 1}: ${flag}`)),
      );
    expect(named).toEqual([]);
    expect(flagsNamedIn('  "or name another folder with --aeron-dir",')).toEqual(["--aeron-dir"]);
    expect(flagsNamedIn('  [file, "--aeron-dir", dir], "`tensorpool export --to npy` copies", --users;')).toEqual([]);
  });

  test("no error is caught without a word", () => {
    const silent = pattern(
      "g",
      ["\\bcatch\\s*(?:\\([^)]*\\)\\s*)?\\{", "\\s*\\}"],
      ["\\.catch\\(\\s*\\(\\w*\\)\\s*=>\\s*\\{", "\\s*\\}"],
    );
    expect(occurrences(code, silent)).toEqual([]);
  });

  test("no path of a single machine is written down", () => {
    const homes = pattern("g", ["(?<![\\w$}.-])/ho", "me/\\S*"], ["(?<![\\w$}.-])/ro", "ot(?:/\\S*|\\b)"]);
    expect(occurrences(files, homes)).toEqual([]);
    expect(files.filter(({ text }) => text.includes(`${ROOT}/`)).map(({ path }) => path)).toEqual([]);
  });

  test("no package registry is written down: what is fetched is named by version and checksum", () => {
    // Cargo's lock file names the index under its public name, whichever mirror is used.
    const others = files.filter(({ path }) => path !== "ffi/native/Cargo.lock");
    const hosts = pattern(
      "gi",
      ["https?://[^\\s\"'`)]*(?:registry\\.|artif", "actory|verdac", "cio|/npm/)[^\\s\"'`)]*"],
      ["https?://(?:index|static)\\.cra", "tes\\.io\\S*"],
      ["https?://(?:\\w+\\.)?(?:py", "pi\\.org|pythonho", "sted\\.org)\\S*"],
    );
    expect(occurrences(others, hosts)).toEqual([]);
    const lock = files.filter(({ path }) => path === "package-lock.json");
    expect(occurrences(lock, /"resolved": "http.*/g)).toEqual([]);
  });

  test("a promise that is returned out of the scope of a resource is awaited there: the resource would end before it", () => {
    const found = files
      .filter(({ path }) => path.startsWith("src/"))
      .flatMap(({ path, text }) =>
        /^\s+(await )?using \w+ = new \w*(Runtime|Process)\(/m.test(text)
          ? text
              .split("\n")
              .flatMap((line, i) => (/^\s*return \w+\.(run|runPart)\(/.test(line) ? [`${path}:${i + 1}`] : []))
          : [],
      );
    expect(found).toEqual([]);
  });
});
