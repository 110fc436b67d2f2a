// The table of log lines in docs/OPERATIONAL_PLAYBOOK.md follows from the code and from src/*/log-advice.ts; `npm run generate:docs`.
import { GeneratedPart, markdownTable } from "./generated-part.ts";
import { LOG_ADVICE } from "./log-advice.ts";
import { logMessages } from "./log-messages.ts";

export const LOG_PART = new GeneratedPart(
  "docs/OPERATIONAL_PLAYBOOK.md",
  "table of log lines",
  "test/support/log-table.ts",
);

/** What stands between the marks of the page. */
export function logTable(): string {
  const rows = logMessages().map(({ level, text, path }) => {
    const advice = LOG_ADVICE[path]?.[text];
    return [level, `\`${advice?.reads ?? text}\``, advice?.means ?? "", advice?.remedy ?? ""];
  });
  return markdownTable(["level", "line", "what it means", "what to do"], rows);
}
