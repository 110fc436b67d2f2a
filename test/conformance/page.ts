import { join } from "node:path";
import { ROOT, textFiles } from "../support/source-tree.ts";
import { DRIVER_CHAPTERS, DRIVER_RULES_WITHOUT_TEST } from "./driver-rules.ts";
import { type NamedTest, namedTestsOf } from "./named-tests.ts";
import { CHAPTERS, type Chapter, type Rule, WITHOUT_TEST } from "./rules.ts";

/** Where the page is committed. */
export const PAGE = join(ROOT, "docs", "PROTOCOL_RULES.md");

/** All tests of the checkout that name rules. */
export function namedTests(): NamedTest[] {
  return textFiles("test")
    .filter(({ path }) => path.endsWith(".test.ts"))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .flatMap(namedTestsOf);
}

const HEAD = `# Rules and tests

[PROTOCOL.md](PROTOCOL.md) explains the protocol. Here is each rule of wire protocol 1.1 and of driver model 1.0, what we do about it, and the tests that prove
it. Generated from
test/conformance/rules.ts, driver-rules.ts and the titles of the tests: change those, then run \`npm run generate:protocol\`. Tests
in test/full run with \`npm run test:full\`, all others with \`npm test\`; \`npm test -- -t W-07\` runs those of one rule.
`;

/** The page as it should be. */
export function protocolPage(tests: readonly NamedTest[]): string {
  const parts = [HEAD.trimEnd(), ...chapterSections(CHAPTERS, tests), DRIVER_HEAD];
  if (DRIVER_RULES_WITHOUT_TEST.length > 0) {
    parts.push(`Rules without a test: ${DRIVER_RULES_WITHOUT_TEST.join(", ")}.`);
  }
  return `${[...parts, ...chapterSections(DRIVER_CHAPTERS, tests)].join("\n\n")}\n`;
}

const DRIVER_HEAD = "# The driver model";

function chapterSections(chapters: readonly Chapter[], tests: readonly NamedTest[]): string[] {
  return chapters.map(({ title, rules }) =>
    [`## ${title}`, ...rules.map((rule) => ruleSection(rule, tests))].join("\n\n"),
  );
}

function ruleSection({ id, asks, does }: Rule, tests: readonly NamedTest[]): string {
  const named = tests.filter(({ rules }) => rules.includes(id));
  const lines = named.map(({ file, title, tests: count }) => {
    const group = count > 1 ? ` (${count} tests)` : "";
    return `- \`${file}\`: ${title.replaceAll("`", "'")}${group}`;
  });
  const reason = WITHOUT_TEST[id];
  if (lines.length === 0 && reason !== undefined) lines.push(`No test: ${reason}`);
  return `### ${id}\n\n${asks}\n\n**We:** ${does}\n\n${lines.join("\n")}`;
}
