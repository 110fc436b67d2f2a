import { join } from "node:path";
import { ROOT, textFiles } from "../support/source-tree.ts";
import { type NamedTest, namedTestsOf } from "./named-tests.ts";
import { CHAPTERS, type Rule, WITHOUT_TEST } from "./rules.ts";

/** Where the page is committed. */
export const PAGE = join(ROOT, "docs", "PROTOCOL.md");

/** All tests of the checkout that name rules. */
export function namedTests(): NamedTest[] {
  return textFiles("test")
    .filter(({ path }) => path.endsWith(".test.ts"))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .flatMap(namedTestsOf);
}

const HEAD = `# How the wire protocol is kept

Each rule of wire protocol 1.1, what we do about it, and the tests that prove it. Generated from test/conformance/rules.ts and
the titles of the tests: change those, then run \`npm run generate:protocol\`. Tests in test/full run with \`npm run test:full\`, all
others with \`npm test\`; \`npm test -- -t W-07\` runs those of one rule.

W-48 (bridge and decimator) has no code yet and is left out.
`;

/** The page as it should be. */
export function protocolPage(tests: readonly NamedTest[]): string {
  const chapters = CHAPTERS.map(({ title, rules }) =>
    [`## ${title}`, ...rules.map((rule) => ruleSection(rule, tests))].join("\n\n"),
  );
  return `${[HEAD.trimEnd(), ...chapters].join("\n\n")}\n`;
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
