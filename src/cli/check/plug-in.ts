import { printable } from "../../core/text.ts";

/** Exit codes of a monitoring plug-in. */
export const PlugInCode = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 } as const;
export type PlugInCode = (typeof PlugInCode)[keyof typeof PlugInCode];

const NAMES = ["OK", "WARNING", "CRITICAL", "UNKNOWN"] as const;
export type PlugInState = (typeof NAMES)[number];

export function stateOf(code: PlugInCode): PlugInState {
  return NAMES[code];
}

/** The output line of a plug-in: performance data follows a vertical bar. */
export function plugInLine(code: PlugInCode, text: string, performance: readonly string[]): string {
  // A bar in the text would start the performance data.
  const said = printable(text).replaceAll("|", "/");
  const data = performance.length === 0 ? "" : ` | ${performance.join(" ")}`;
  return `TENSORPOOL ${stateOf(code)}: ${said}${data}`;
}

/** The output line if there is no answer. */
export function unknownLine(why: string): string {
  return plugInLine(PlugInCode.UNKNOWN, why.split("\n")[0] ?? "", []);
}
