import { printable } from "../../core/text.ts";

/** What a monitoring plug-in answers with its exit code. */
export const PlugInCode = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 } as const;
export type PlugInCode = (typeof PlugInCode)[keyof typeof PlugInCode];

const NAMES = ["OK", "WARNING", "CRITICAL", "UNKNOWN"] as const;
export type PlugInState = (typeof NAMES)[number];

export function stateOf(code: PlugInCode): PlugInState {
  return NAMES[code];
}

/** The line of a plug-in: performance data follows a bar. */
export function plugInLine(code: PlugInCode, text: string, performance: readonly string[]): string {
  // A bar in the text would begin the data.
  const said = printable(text).replaceAll("|", "/");
  const data = performance.length === 0 ? "" : ` | ${performance.join(" ")}`;
  return `TENSORPOOL ${stateOf(code)}: ${said}${data}`;
}

/** What is said when there is no answer. */
export function unknownLine(why: string): string {
  return plugInLine(PlugInCode.UNKNOWN, why.split("\n")[0] ?? "", []);
}
