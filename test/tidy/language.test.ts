import { expect, test } from "bun:test";
import { textFiles } from "../support/source-tree.ts";

/** Words that hide the subject, or that read as translated, with what to write instead. */
const WORDS: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\b(nobody|somebody|whoever)\b/i, "no process, the holder, a client that"],
  [/\banew\b|\bonce more\b/i, "again"],
  [/\bfor ever\b/i, "indefinitely, until it is stopped"],
  [/\blets? go of\b/i, "unmaps, releases, closes"],
  [/\bst(and|ands|ood) still\b/i, "is paused, was paused"],
  [/\bgets? into the way\b/i, "is a problem"],
  [/\bof another make\b/i, "of another implementation"],
  [/\b(is|are) told (apart|of)\b/i, "is distinguished, is reported"],
  [/\btells? of\b/i, "reports, announces"],
  [/\bfor want of\b/i, "without, because of a lack of"],
  [/\bput to rest\b/i, "made inactive"],
  [/\bthe last word\b/i, "takes precedence"],
  [/\bleft aside\b/i, "is ignored"],
];
/** Code and pages for people. The texts of licences are not ours. */
const READ = /^(?:(?:src|ffi|packaging|examples|clients|docs)\/(?!licences\/).*|[A-Z]+\.md|build\.ts)$/;

test("texts say who does what, in the words of the field", () => {
  const found = textFiles()
    .filter(({ path }) => READ.test(path) && !path.startsWith("packaging/licences/"))
    .flatMap(({ path, text }) =>
      text.split("\n").flatMap((line, i) =>
        WORDS.flatMap(([pattern, instead]) => {
          const word = pattern.exec(line)?.[0];
          return word === undefined ? [] : [`${path}:${i + 1}: "${word}"; better: ${instead}`];
        }),
      ),
    );
  expect(found).toEqual([]);
});
