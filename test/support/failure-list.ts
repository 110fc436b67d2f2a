/** A test, or a check, that failed. */
export interface Failure {
  readonly name: string;
  /** What is known of the reason. */
  readonly text: string;
}

/** `.ci/run` looks for it. */
export const FAILURES_TITLE = "Failed tests:";
const MAX_LINES = 15;
const MAX_LINE_LENGTH = 240;
/** Of more failures than this, names only: they have one cause, as a rule. */
const MAX_TEXTS = 20;

const ATTRIBUTES = `(?:"[^"]*"|[^">])*`;
const FAILED_CASE = new RegExp(`<testcase (${ATTRIBUTES})>\\s*<failure (${ATTRIBUTES}?)(?:/>|>([^]*?)</failure>)`, "g");
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** The failures of a test run: of Bun's JUnit report, or by their names as they were printed when it has left none. */
export function failuresOf(report: string | null, output: string, failed: number): Failure[] {
  const plain = Bun.stripANSI(output);
  const found = report === null ? namesOf(plain) : [...report.matchAll(FAILED_CASE)].map(failureOf);
  if (found.length >= failed) return found;
  // A file that cannot be loaded has no test that could fail.
  const start = plain.search(/^# Unhandled error/m);
  return start === -1
    ? [
        ...found,
        { name: "the test run, which ended with", text: plain.trimEnd().split("\n").slice(-MAX_LINES).join("\n") },
      ]
    : [...found, { name: "an error outside the tests", text: plain.slice(start) }];
}

/** The list as it is printed; "" without failures. */
export function failureList(failures: readonly Failure[]): string {
  if (failures.length === 0) return "";
  const entries = failures.map(({ name, text }, index) => `${name}\n${index < MAX_TEXTS ? indented(text) : ""}`);
  return `${FAILURES_TITLE}\n${entries.join("")}`;
}

function failureOf([, test = "", failure = "", content = ""]: RegExpMatchArray): Failure {
  const groups = attribute(test, "classname");
  const name = `${attribute(test, "file")}: ${groups === "" ? "" : `${groups} > `}${attribute(test, "name")}`;
  return { name, text: content === "" ? attribute(failure, "message") : decoded(content) };
}

function namesOf(plain: string): Failure[] {
  const names = new Set([...plain.matchAll(/^\(fail\) (.*?)(?: \[[\d.]+ms\])?$/gm)].map(([, name = ""]) => name));
  return [...names].map((name) => ({ name, text: "" }));
}

function attribute(text: string, name: string): string {
  return decoded(new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(text)?.[1] ?? "");
}

function decoded(text: string): string {
  return text.replace(/&(?:#(\d+)|(\w+));/g, (whole, code?: string, entity?: string) =>
    code !== undefined ? String.fromCodePoint(Number(code)) : (ENTITIES[entity ?? ""] ?? whole),
  );
}

function indented(text: string): string {
  const lines = Bun.stripANSI(text)
    .split("\n")
    .filter((line) => line.trim() !== "");
  const shown = lines.slice(0, MAX_LINES).map((line) => `    ${line.slice(0, MAX_LINE_LENGTH)}\n`);
  return shown.join("") + (lines.length > MAX_LINES ? `    … ${lines.length - MAX_LINES} more lines above\n` : "");
}
